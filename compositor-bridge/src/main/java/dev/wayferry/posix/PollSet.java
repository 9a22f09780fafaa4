package dev.wayferry.posix;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** A reusable array of {@code struct pollfd}. */
public final class PollSet {
    private static final long POLLFD_SIZE = 8;
    private static final long EVENTS_OFFSET = 4;
    private static final long REVENTS_OFFSET = 6;

    private final MemorySegment pollfds;
    private int count;

    /** A set of at most {@code capacity} descriptors, living in {@code arena}. */
    public PollSet(int capacity, Arena arena) {
        pollfds = arena.allocate(capacity * POLLFD_SIZE, Integer.BYTES);
    }

    public void clear() {
        count = 0;
    }

    /** Adds a descriptor (a negative one is ignored by the kernel) and returns its index. */
    public int add(int fd, int events) {
        long at = count * POLLFD_SIZE;
        pollfds.set(JAVA_INT, at, fd);
        pollfds.set(JAVA_SHORT, at + EVENTS_OFFSET, (short) events);
        pollfds.set(JAVA_SHORT, at + REVENTS_OFFSET, (short) 0);
        return count++;
    }

    /** Waits; returns how many have events, 0 when the time is over, or a negative error number. */
    public int poll(int timeoutMillis) {
        return Posix.poll(pollfds, count, timeoutMillis);
    }

    /** What the last {@link #poll} saw on the descriptor at {@code index}. */
    public int revents(int index) {
        return pollfds.get(JAVA_SHORT, index * POLLFD_SIZE + REVENTS_OFFSET);
    }
}
