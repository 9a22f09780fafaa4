package dev.wayferry.proxy;

import static java.util.Objects.requireNonNull;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wayferry.proxy.warmup.SyntheticVm;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * What the ordinary way of messages costs the loop.
 *
 * <p>Each call into the kernel allocates a little until the JVM has compiled its caller as well as it can, which it does when
 * it likes, and again when something happens for the first time. So a part that allocated something is followed by another:
 * what each message allocates shows in all of them.
 */
final class HotPathTest {
    private static final int CONTEXTS = 32;
    private static final int QUEUE = 256;
    private static final int PARTS = 5;

    interface Round {
        void run() throws IOException;
    }

    @Test
    void aMillionMessagesAllocateNothingOnTheLoop() throws IOException {
        try (TestVm vm = new TestVm(); LoadGuest guest = new LoadGuest(vm, CONTEXTS, QUEUE)) {
            guest.open();
            warmUp(guest::syncAll);
            // A SEND and a RECEIVE of each context.
            assertEquals(0, leastAllocated(guest::syncAll, 1_000_000 / 2 / CONTEXTS));
        }
    }

    @Test
    void askingHowImagesLieAllocatesNothingOnTheLoop() throws IOException {
        try (TestVm vm = new TestVm(); LoadGuest guest = new LoadGuest(vm, CONTEXTS, QUEUE)) {
            guest.open();
            warmUp(guest::queryAll);
            assertEquals(0, leastAllocated(guest::queryAll, 3000));
        }
    }

    @Test
    void whatEachMessageAllocatesShows() throws IOException {
        int rounds = 100;
        AtomicReference<@Nullable AllocatingContexts> contexts = new AtomicReference<>();
        try (SyntheticVm vm = new SyntheticVm("loop test", 1, factory -> {
            AllocatingContexts allocating = new AllocatingContexts(factory);
            contexts.set(allocating);
            return allocating;
        })) {
            vm.open();
            warmUp(() -> vm.sync(1));
            assertEquals(0, leastAllocated(() -> vm.sync(1), rounds));
            requireNonNull(contexts.get()).allocates = true;
            // A POLL and a SEND a round.
            assertTrue(leastAllocated(() -> vm.sync(1), rounds) >= rounds * 2 * AllocatingContexts.SIZE);
        }
    }

    /** Until a part allocates nothing, but not for ever. */
    private static void warmUp(Round round) throws IOException {
        for (int i = 0; i < 100 && allocated(round, 300) > 0; i++) {
            // Once more.
        }
    }

    /** What the loop allocated in so many rounds, in bytes: the least of some tries. */
    private static long leastAllocated(Round round, int rounds) throws IOException {
        long least = allocated(round, rounds);
        for (int part = 1; part < PARTS && least > 0; part++) {
            least = Math.min(least, allocated(round, rounds));
        }
        return least;
    }

    private static long allocated(Round round, int rounds) throws IOException {
        long before = LoadGuest.allocatedByLoop();
        for (int i = 0; i < rounds; i++) {
            round.run();
        }
        return LoadGuest.allocatedByLoop() - before;
    }
}
