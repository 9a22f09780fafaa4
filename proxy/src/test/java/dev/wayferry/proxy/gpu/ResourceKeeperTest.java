package dev.wayferry.proxy.gpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wayferry.proxy.log.GuestLog;
import dev.wayferry.proxy.virtio.SharedMemory;
import dev.wayferry.proxy.virtio.VmmNotices;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What waits behind a VMM that answers nothing. */
class ResourceKeeperTest {
    private final CountDownLatch answer = new CountDownLatch(1);
    private final AtomicInteger dropped = new AtomicInteger();

    private final SharedMemory sharedMemory = new SharedMemory() {
        @Override
        public boolean isAvailable() {
            return true;
        }

        @Override
        public int map(int shmid, long offset, long length, int fd) {
            return 0;
        }

        @Override
        public int unmap(int shmid, long offset, long length) {
            return 0;
        }

        @Override
        public boolean keepsMappingsOverReset() {
            return true;
        }

        @Override
        public void awaitResume() {}

        @Override
        public void dropped() {
            dropped.incrementAndGet();
        }
    };

    private final VmmNotices notices = new VmmNotices() {
        @Override
        public boolean canTellOfConfig() {
            return true;
        }

        @Override
        public void configChanged() {
            try {
                answer.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }

        @Override
        public boolean canShareObjects() {
            return false;
        }

        @Override
        public boolean addSharedObject(UUID uuid) {
            return false;
        }

        @Override
        public void removeSharedObject(UUID uuid) {}
    };

    private final ResourceKeeper keeper = new ResourceKeeper("test", GuestLog.silent(), sharedMemory, notices);

    @BeforeEach
    void theVmmStopsAnswering() {
        keeper.tell(notices::configChanged);
    }

    @AfterEach
    void close() {
        answer.countDown();
        keeper.close();
    }

    @Test
    void resetsOfADeviceThatNobodyUsesDoNotPileUp() {
        for (int i = 0; i < 1 << 17; i++) {
            keeper.reset(List.of(), i % 2 == 0);
        }
        assertFalse(keeper.isOverloaded());
        answer.countDown();
        keeper.close();
        assertEquals(1, dropped.get(), "it keeps what it was not said to have dropped");
    }

    @Test
    void theVmmIsToldOnceMoreThatAllIsDroppedBehindAResetThatKeptIt() {
        keeper.reset(List.of(), false);
        keeper.reset(List.of(), true);
        answer.countDown();
        keeper.close();
        assertEquals(1, dropped.get());
    }

    @Test
    void resetsOfADeviceThatIsUsedInBetweenAreTooManyOnce() {
        for (int i = 0; i < ResourceKeeper.MAX_RESETS; i++) {
            assertFalse(keeper.isOverloaded(), "after " + i);
            keeper.close(null, () -> {});
            keeper.reset(List.of(), true);
        }
        assertTrue(keeper.isOverloaded());
        answer.countDown();
        keeper.close();
        assertFalse(keeper.isOverloaded(), "it is over when the VMM answers");
    }
}
