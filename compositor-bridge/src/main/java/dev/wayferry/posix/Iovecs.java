package dev.wayferry.posix;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * A reusable array of {@code struct iovec}.
 *
 * <p>It holds native addresses only: whoever adds a buffer has checked its bounds and keeps its memory mapped until the
 * call is over.
 */
public final class Iovecs {
    private static final long IOVEC_SIZE = 16;
    private static final long IOV_LEN_OFFSET = 8;

    private final MemorySegment iovecs;
    private final int capacity;
    private int count;

    public Iovecs(int capacity, Arena arena) {
        this.capacity = capacity;
        this.iovecs = arena.allocate(capacity * IOVEC_SIZE, Long.BYTES);
    }

    public void clear() {
        count = 0;
    }

    /** Adds a buffer; false when the array is full. */
    public boolean add(long address, long length) {
        if (count == capacity) {
            return false;
        }
        long at = count * IOVEC_SIZE;
        iovecs.set(JAVA_LONG, at, address);
        iovecs.set(JAVA_LONG, at + IOV_LEN_OFFSET, length);
        count++;
        return true;
    }

    /** Forgets all buffers behind the first {@code newCount}. */
    public void truncate(int newCount) {
        count = newCount;
    }

    public int count() {
        return count;
    }

    MemorySegment segment() {
        return iovecs;
    }
}
