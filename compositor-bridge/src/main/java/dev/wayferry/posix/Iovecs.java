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
    private long byteCount;

    public Iovecs(int capacity, Arena arena) {
        this.capacity = capacity;
        this.iovecs = arena.allocate(capacity * IOVEC_SIZE, Long.BYTES);
    }

    public void clear() {
        count = 0;
        byteCount = 0;
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
        byteCount += length;
        return true;
    }

    public int count() {
        return count;
    }

    public int capacity() {
        return capacity;
    }

    /** The sum of the buffers' lengths. */
    public long byteCount() {
        return byteCount;
    }

    /** The native address of the buffer at {@code index}. */
    public long address(int index) {
        return iovecs.get(JAVA_LONG, index * IOVEC_SIZE);
    }

    /** The length in bytes of the buffer at {@code index}. */
    public long length(int index) {
        return iovecs.get(JAVA_LONG, index * IOVEC_SIZE + IOV_LEN_OFFSET);
    }

    MemorySegment segment() {
        return iovecs;
    }
}
