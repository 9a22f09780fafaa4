package dev.wayferry.posix;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * Waits until one descriptor is readable or a number of nanoseconds is over, where {@link Epoll} and {@link PollSet} count
 * milliseconds. How late the kernel wakes a thread is up to its timer slack, 50 us unless it was changed.
 */
public final class PreciseWait {
    private static final long POLLFD_SIZE = 8;
    private static final long EVENTS_OFFSET = 4;
    private static final long TIMESPEC_SIZE = 16;
    private static final long NSEC_OFFSET = 8;
    private static final long NANOS_PER_SECOND = 1_000_000_000;

    private static final MethodHandle PPOLL =
            NativeCall.link("ppoll", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG, ADDRESS, ADDRESS));

    private final MemorySegment pollfd;
    private final MemorySegment timespec;

    /** To be used by one thread, living in {@code arena}. */
    public PreciseWait(Arena arena) {
        pollfd = arena.allocate(POLLFD_SIZE, Integer.BYTES);
        timespec = arena.allocate(TIMESPEC_SIZE, Long.BYTES);
    }

    /** Waits for {@code fd}; 1 when it is readable, 0 when the time is over, or a negative error number. */
    public int await(int fd, long nanos) {
        pollfd.set(JAVA_INT, 0, fd);
        pollfd.set(JAVA_SHORT, EVENTS_OFFSET, (short) Posix.POLLIN);
        timespec.set(JAVA_LONG, 0, nanos / NANOS_PER_SECOND);
        timespec.set(JAVA_LONG, NSEC_OFFSET, nanos % NANOS_PER_SECOND);
        MemorySegment capture = NativeCall.capture();
        try {
            return NativeCall.result(
                    (int) PPOLL.invokeExact(capture, pollfd, 1L, timespec, MemorySegment.NULL), capture);
        } catch (Throwable t) {
            throw NativeCall.broken(t);
        }
    }
}
