package dev.wayferry.proxy;

import static java.util.Objects.requireNonNull;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wayferry.proxy.warmup.SyntheticVm;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;
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
    private static final long PATIENCE_NANOS = TimeUnit.MINUTES.toNanos(2);

    interface Round {
        void run() throws IOException;
    }

    @Test
    void aMillionMessagesAllocateNothingOnTheLoop() throws IOException {
        try (TestVm vm = new TestVm(); LoadGuest guest = new LoadGuest(vm, CONTEXTS, QUEUE)) {
            guest.open();
            warmUp(guest::syncAll);
            // A SEND and a RECEIVE of each context.
            assertAllocatesNothing(guest::syncAll, 1_000_000 / 2 / CONTEXTS);
        }
    }

    @Test
    void askingHowImagesLieAllocatesNothingOnTheLoop() throws IOException {
        try (TestVm vm = new TestVm(); LoadGuest guest = new LoadGuest(vm, CONTEXTS, QUEUE)) {
            guest.open();
            warmUp(guest::queryAll);
            assertAllocatesNothing(guest::queryAll, 3000);
        }
    }

    /** What depends on the compiler's having seen through everything shows where there is no compiler. */
    @Test
    void messagesAllocateNothingEvenWhereNothingIsCompiled() throws Exception {
        List<String> command = CommandLineTest.java(UncompiledMessages.class.getName());
        command.add(1, "-Xint");
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        // One that hangs says nothing, and the test fails.
        CompletableFuture.delayedExecutor(PATIENCE_NANOS, TimeUnit.NANOSECONDS).execute(process::destroyForcibly);
        String allocated = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor());
        assertEquals("0", allocated.strip());
    }

    @Test
    void whatEachMessageAllocatesShows() throws IOException {
        int rounds = 100;
        AtomicReference<@Nullable AllocatingContexts> contexts = new AtomicReference<>();
        try (SyntheticVm vm = new SyntheticVm("test", 1, factory -> {
            AllocatingContexts allocating = new AllocatingContexts(factory);
            contexts.set(allocating);
            return allocating;
        })) {
            vm.open();
            // A POLL and a SEND a round.
            long planted = rounds * 2L * AllocatingContexts.SIZE;
            LongSupplier here = LoadGuest.ALLOCATED::getCurrentThreadAllocatedBytes;
            long deadline = System.nanoTime() + PATIENCE_NANOS;
            while (allocated(() -> vm.sync(1), here, rounds) >= planted) {
                assertTrue(System.nanoTime() < deadline, "so much is allocated without it");
            }
            requireNonNull(contexts.get()).allocates = true;
            assertTrue(leastAllocated(() -> vm.sync(1), here, rounds) >= planted);
        }
    }

    /** Until a part allocates nothing, but not for ever: the JVM's compilers may have to wait for a CPU. */
    private static void warmUp(Round round) throws IOException {
        long deadline = System.nanoTime() + PATIENCE_NANOS;
        long allocated = allocated(round, LoadGuest::allocatedByLoop, 300);
        while (allocated > 0 && System.nanoTime() < deadline) {
            allocated = allocated(round, LoadGuest::allocatedByLoop, 300);
        }
    }

    /** That so many rounds allocate nothing on the loop, as soon as the JVM has compiled all that they come by. */
    private static void assertAllocatesNothing(Round round, int rounds) throws IOException {
        long deadline = System.nanoTime() + 2 * PATIENCE_NANOS;
        long allocated = allocated(round, LoadGuest::allocatedByLoop, rounds);
        while (allocated > 0 && System.nanoTime() < deadline) {
            allocated = allocated(round, LoadGuest::allocatedByLoop, rounds);
        }
        assertEquals(0, allocated);
    }

    /** What so many rounds allocated, in bytes: the least of some tries. */
    private static long leastAllocated(Round round, LongSupplier bytes, int rounds) throws IOException {
        long least = allocated(round, bytes, rounds);
        for (int part = 1; part < PARTS && least > 0; part++) {
            least = Math.min(least, allocated(round, bytes, rounds));
        }
        return least;
    }

    private static long allocated(Round round, LongSupplier bytes, int rounds) throws IOException {
        long before = bytes.getAsLong();
        for (int i = 0; i < rounds; i++) {
            round.run();
        }
        return bytes.getAsLong() - before;
    }
}
