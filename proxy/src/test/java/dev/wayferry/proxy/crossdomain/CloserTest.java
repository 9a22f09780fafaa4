package dev.wayferry.proxy.crossdomain;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wayferry.posix.OwnedFd;
import java.io.IOException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** How many files may wait to be closed; that hanging ones hold up nobody is tested with real ones, elsewhere. */
class CloserTest {
    private static final int BURST = 4000;
    private static final int TOO_MANY = 17_000;

    private final AtomicLong now = new AtomicLong();
    private final Closer closer = new Closer(now::get);
    private final CountDownLatch mayClose = new CountDownLatch(1);

    private void close(int files) {
        for (int i = 0; i < files; i++) {
            closer.close(new OwnedFd(Integer.MAX_VALUE, this::hang));
        }
    }

    private void hang() throws IOException {
        try {
            mayClose.await();
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
    }

    @BeforeEach
    void hasBeenIdleForLong() {
        now.addAndGet(TimeUnit.HOURS.toNanos(1));
    }

    @AfterEach
    void goOn() {
        mayClose.countDown();
        closer.shutdown();
    }

    @Test
    void manyAtOnceAreNotTakenForHanging() {
        close(BURST);
        assertFalse(closer.isOverloaded());
    }

    @Test
    void manyThatHangAreTooMany() throws InterruptedException {
        close(BURST);
        now.addAndGet(TimeUnit.SECONDS.toNanos(2));
        assertTrue(closer.isOverloaded());
        close(1);
        assertTrue(closer.isOverloaded());
        mayClose.countDown();
        while (closer.isOverloaded()) {
            Thread.sleep(1);
        }
    }

    @Test
    void noMoreWaitThanThereIsRoomForHoweverShortTheyHang() {
        close(TOO_MANY);
        assertTrue(closer.isOverloaded());
    }
}
