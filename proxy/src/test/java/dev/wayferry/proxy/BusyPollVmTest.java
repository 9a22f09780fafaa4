package dev.wayferry.proxy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wayferry.posix.OwnedFd;
import dev.wayferry.proxy.loop.LoopTuning;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A loop that looks for more work before it sleeps, with a driver that kicks only when it is asked to. */
class BusyPollVmTest {
    private static final int EVENT_IDX = 29;
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(60);

    /** How often a driver that paces itself at random offers something. */
    private static final int OFFERS = Integer.getInteger("wayferry.offers", 100_000);

    /** Looks that a driver has for its answer before it sleeps. */
    private static final int LOOKS = 200;

    private static TestVm vm(int micros, boolean eventIdx) throws IOException {
        return new TestVm(
                socket -> eventIdx ? new FrontEnd(socket) : new WithoutEventIdx(socket),
                settings -> settings.loop = new LoopTuning(micros, LoopTuning.NOT_REALTIME));
    }

    private static final class WithoutEventIdx extends FrontEnd {
        WithoutEventIdx(OwnedFd socket) throws IOException {
            super(socket);
        }

        @Override
        long driverFeatures() {
            return offered & ~(1L << EVENT_IDX);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void losesNoRequestThatComesWhileTheLoopFallsAsleep(boolean eventIdx) throws IOException {
        int micros = 4;
        SplittableRandom random = new SplittableRandom(4);
        int kicks = 0;
        try (TestVm vm = vm(micros, eventIdx)) {
            for (int i = 0; i < OFFERS; i++) {
                // Up to twice the time the loop looks: the next comes while it looks, falls asleep or sleeps.
                long until = System.nanoTime() + random.nextLong(2000L * micros);
                while (System.nanoTime() < until) {
                    Thread.onSpinWait();
                }
                kicks += vm.guest.moveCursor() ? 1 : 0;
                vm.guest.awaitCursor(LOOKS);
            }
            vm.guest.barrier();
        }
        assertTrue(kicks > 0, "the loop never slept");
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void wantsNoKicksWhileItLooks(boolean eventIdx) throws IOException {
        try (TestVm vm = vm(10_000, eventIdx)) {
            long end = System.nanoTime() + PATIENCE_NANOS;
            boolean wanted = true;
            while (wanted && System.nanoTime() < end) {
                wanted = vm.guest.moveCursor();
                vm.guest.awaitCursor(LOOKS);
            }
            assertEquals(false, wanted, "each request had to be kicked");
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void leavesTheDriverToldToKickWhenItIsPaused(boolean eventIdx) throws IOException {
        try (TestVm vm = vm(10_000, eventIdx)) {
            vm.guest.moveCursor();
            vm.guest.awaitCursor(LOOKS);
            int[] bases = vm.guest.stop();
            assertTrue(vm.guest.moveCursor(), "nobody would tell the back-end that serves it next");
            vm.guest.start(bases[0], bases[1]);
            vm.guest.awaitCursor(LOOKS);
            vm.guest.barrier();
        }
    }

    @Test
    void sleepsWhenNothingComes() throws Exception {
        try (TestVm vm = vm(10_000, true)) {
            vm.guest.barrier();
            long loop = Thread.getAllStackTraces().keySet().stream()
                    .filter(thread -> thread.getName().equals("loop test"))
                    .findAny()
                    .orElseThrow()
                    .threadId();
            long end = System.nanoTime() + PATIENCE_NANOS;
            long before;
            long after = cpuNanos(loop);
            do {
                assertTrue(System.nanoTime() < end, "the loop goes on running");
                before = after;
                Thread.sleep(200);
                after = cpuNanos(loop);
            } while (after != before);
            vm.guest.barrier();
        }
    }

    private static long cpuNanos(long thread) {
        return ManagementFactory.getThreadMXBean().getThreadCpuTime(thread);
    }
}
