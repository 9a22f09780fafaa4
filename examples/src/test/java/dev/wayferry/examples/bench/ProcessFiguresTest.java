package dev.wayferry.examples.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

class ProcessFiguresTest {
    private static final long MEMORY = 64L << 20;
    private static final long BURNT_NANOS = 60_000_000;

    /** What may be missing of a thread that comes and goes unseen, and the thread's own clock's error. */
    private static final long UNSEEN_NANOS = 25_000_000;

    @Test
    void countsTheTimeThatItsOwnProcessSpends() throws Exception {
        ProcessFigures own = ProcessFigures.of(ProcessHandle.current().pid());
        long before = own.cpuNanos();
        long start = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
        while (ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - start < BURNT_NANOS) {
            Thread.onSpinWait();
        }
        long spent = own.cpuNanos() - before;
        assertTrue(spent >= BURNT_NANOS - UNSEEN_NANOS, spent + " ns");
    }

    @Test
    void keepsTheTimeOfThreadsThatHaveEnded() throws Exception {
        try (ChildProcess child = ChildProcess.java(BusyThreads.class, "2", "0", Long.toString(BURNT_NANOS))) {
            child.await();
            ProcessFigures figures = ProcessFigures.of(child.pid());
            long before = figures.cpuNanos();
            child.tell();
            child.await();
            long spent = figures.cpuNanos() - before;
            assertTrue(spent >= 2 * BURNT_NANOS - UNSEEN_NANOS, spent + " ns");
        }
    }

    @Test
    void neverFallsAlsoWhenTheProcessHasEnded() throws Exception {
        try (ChildProcess child = ChildProcess.java(BusyThreads.class, "1", "0", Long.toString(BURNT_NANOS))) {
            child.await();
            ProcessFigures figures = ProcessFigures.of(child.pid());
            long last = figures.cpuNanos();
            for (int i = 0; i < 3; i++) {
                child.tell();
                child.await();
                long now = figures.cpuNanos();
                assertTrue(now >= last, now + " after " + last);
                last = now;
            }
            child.end();
            assertTrue(figures.cpuNanos() >= last);
            assertEquals(0, figures.rssKb());
            assertEquals(0, figures.voluntarySwitches().size());
        }
    }

    @Test
    void leavesMemoryOfSharedFilesOut() throws Exception {
        ProcessFigures own = ProcessFigures.of(ProcessHandle.current().pid());
        Path file = Files.createTempFile(Path.of("/dev/shm"), "figures", null);
        try (var arena = Arena.ofConfined();
                FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            long shared = shmemKb();
            long before = own.rssKb();
            MemorySegment segment = channel.map(FileChannel.MapMode.READ_WRITE, 0, MEMORY, arena);
            segment.fill((byte) 1);
            assertTrue(shmemKb() - shared >= MEMORY / 1024, "it is there");
            assertTrue(own.rssKb() - before < MEMORY / 1024 / 2, "and not counted");
        } finally {
            Files.delete(file);
        }
    }

    private static long shmemKb() throws IOException {
        String line = Files.readAllLines(Path.of("/proc/self/status")).stream()
                .filter(each -> each.startsWith("RssShmem:"))
                .findFirst()
                .orElseThrow();
        return Long.parseLong(line.replaceAll("\\D", ""));
    }

    @Test
    void countsMemoryOfItsOwn() throws Exception {
        ProcessFigures own = ProcessFigures.of(ProcessHandle.current().pid());
        try (var arena = Arena.ofConfined()) {
            long before = own.rssKb();
            arena.allocate(MEMORY).fill((byte) 1);
            assertTrue(own.rssKb() - before >= MEMORY / 1024 / 2);
        }
    }

    @Test
    void knowsEachThreadsSleepsByItsName() throws Exception {
        ProcessFigures own = ProcessFigures.of(ProcessHandle.current().pid());
        var leave = new CountDownLatch(1);
        Thread sleeper = Thread.ofPlatform().name("sleeper of many sheep").start(() -> {
            try {
                leave.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        try {
            while (switches(own) < 1) {
                Thread.sleep(1);
            }
        } finally {
            leave.countDown();
            sleeper.join();
        }
    }

    /** Of the thread above, whose name is cut to 15 bytes. */
    private static long switches(ProcessFigures own) throws IOException {
        return own.voluntarySwitches().stream()
                .filter(thread -> thread.name().equals("sleeper of many"))
                .mapToLong(ProcessFigures.ThreadSwitches::voluntary)
                .sum();
    }
}
