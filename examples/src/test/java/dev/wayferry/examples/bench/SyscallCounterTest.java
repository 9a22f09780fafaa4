package dev.wayferry.examples.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class SyscallCounterTest {
    private static final int CALLS = 1_000;

    /** What {@link ChildProcess#thatCalls} enters besides: it writes one byte, and reads another. */
    private static final int OTHERS = 2;

    /** At its attaching and its end strace interrupts the call that the process is in, and may count it or not. */
    private static final int STRACE_ERROR = 2;

    @Test
    void countsEachCallOfAProcess() throws Exception {
        try (ChildProcess child = ChildProcess.thatCalls(CALLS)) {
            SyscallCounter counter = attached(SyscallCounter.attach(child.pid()));
            child.tell();
            child.await();
            child.awaitReading();
            int error = counter.tool().equals("perf") ? 0 : STRACE_ERROR;
            assertBetween(CALLS + OTHERS - error, counter.stop(), CALLS + OTHERS + error);
        }
    }

    @Test
    void countsByStraceWherePerfIsNotPermitted() throws Exception {
        try (ChildProcess child = ChildProcess.thatCalls(CALLS)) {
            var errors = new StringBuilder();
            SyscallCounter counter = attached(SyscallCounter.byStrace(child.pid(), errors), errors);
            assertEquals("strace", counter.tool());
            child.tell();
            child.await();
            child.awaitReading();
            assertBetween(CALLS + OTHERS - STRACE_ERROR, counter.stop(), CALLS + OTHERS + STRACE_ERROR);
            assertTrue(child.isAlive());
        }
    }

    @Test
    void countsThreadsThatBeginLater() throws Exception {
        int threads = 3;
        try (ChildProcess child = ChildProcess.java(BusyThreads.class, "3", Integer.toString(CALLS), "0")) {
            child.await();
            SyscallCounter counter = attached(SyscallCounter.attach(child.pid()));
            child.tell();
            child.await();
            long count = counter.stop();
            assertTrue(count >= (long) threads * CALLS, count + " calls");
        }
    }

    @Test
    void aProcessThatDoesNothingMakesNoCall() throws Exception {
        try (ChildProcess child = ChildProcess.thatCalls(CALLS)) {
            SyscallCounter counter = attached(SyscallCounter.attach(child.pid()));
            int error = counter.tool().equals("perf") ? 0 : STRACE_ERROR;
            assertBetween(0, counter.stop(), error);
        }
    }

    @Test
    void hasTheCountOfAProcessThatHasEnded() throws Exception {
        try (ChildProcess child = ChildProcess.thatCalls(CALLS)) {
            SyscallCounter counter = attached(SyscallCounter.attach(child.pid()));
            child.tell();
            child.await();
            child.end();
            long count = counter.stop();
            assertTrue(count >= CALLS, count + " calls");
        }
    }

    @Test
    void saysWhyItCannotCount() throws Exception {
        long gone;
        try (ChildProcess child = ChildProcess.thatCalls(CALLS)) {
            gone = child.pid();
            child.end();
        }
        var errors = new StringBuilder();
        assertNull(SyscallCounter.byPerf(gone, errors));
        assertTrue(errors.toString().startsWith(" perf"), errors.toString());
        errors.setLength(0);
        assertNull(SyscallCounter.byStrace(gone, errors));
        assertTrue(errors.toString().startsWith(" strace: "), errors.toString());
    }

    private static SyscallCounter attached(@Nullable SyscallCounter counter, Object... why) {
        assertNotNull(counter, () -> "neither perf nor strace may count here " + Arrays.toString(why));
        return counter;
    }

    private static void assertBetween(long least, long actual, long most) {
        assertTrue(actual >= least && actual <= most, actual + " calls, not " + least + " to " + most);
    }
}
