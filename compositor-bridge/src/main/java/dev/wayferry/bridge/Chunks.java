package dev.wayferry.bridge;

import dev.wayferry.posix.NativeHeap;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;

/**
 * Native memory in pieces of one size, for bytes that wait. What is given back is kept for the next, up to so many, so that
 * a stream that stops and goes allocates nothing. For one thread.
 */
public final class Chunks implements AutoCloseable {
    /** Bytes of one piece, a power of two. */
    public static final int SIZE = 1 << 14;

    private static final int MAX_SPARE = 64;

    private final ArrayDeque<MemorySegment> spare = new ArrayDeque<>();
    private boolean closed;

    public Chunks() {
        // The first call links the native function, which takes longer than a loop should.
        give(NativeHeap.allocate(SIZE));
    }

    MemorySegment take() {
        MemorySegment chunk = spare.pollLast();
        return chunk == null ? NativeHeap.allocate(SIZE) : chunk;
    }

    void give(MemorySegment chunk) {
        if (closed || spare.size() == MAX_SPARE) {
            NativeHeap.free(chunk);
        } else {
            spare.addLast(chunk);
        }
    }

    /** Keeps nothing any more; what was taken may still be given back. */
    @Override
    public void close() {
        closed = true;
        spare.forEach(NativeHeap::free);
        spare.clear();
    }
}
