package dev.wayferry.examples.bench.compositor;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.SplittableRandom;

/**
 * Bytes that go through pipes. They repeat after a prime number, so that bytes that were lost or came twice show, whichever
 * pieces they came in.
 */
public final class PipePattern {
    /** The most bytes that are written or checked at once. */
    public static final int MAX_PIECE = 64 << 10;

    private static final int PERIOD = 65_521;
    private static final int SEED = 1;

    private final MemorySegment bytes;

    public PipePattern(Arena arena) {
        bytes = arena.allocate(PERIOD + (long) MAX_PIECE);
        SplittableRandom random = new SplittableRandom(SEED);
        for (int i = 0; i < PERIOD; i++) {
            bytes.set(ValueLayout.JAVA_BYTE, i, (byte) random.nextInt());
        }
        for (int i = PERIOD; i < PERIOD + MAX_PIECE; i++) {
            bytes.set(ValueLayout.JAVA_BYTE, i, bytes.get(ValueLayout.JAVA_BYTE, i - PERIOD));
        }
    }

    /** The {@code length} bytes at {@code position}, at most {@link #MAX_PIECE}. */
    MemorySegment at(long position, int length) {
        return bytes.asSlice(position % PERIOD, length);
    }

    /** Puts the {@code length} bytes at {@code position} into {@code memory} at {@code to}. */
    public void copyTo(MemorySegment memory, long to, long position, int length) {
        MemorySegment.copy(bytes, position % PERIOD, memory, to, length);
    }

    /** Whether {@code memory} holds at {@code from} the {@code length} bytes at {@code position}. */
    public boolean isIn(MemorySegment memory, long from, long position, int length) {
        long start = position % PERIOD;
        return MemorySegment.mismatch(bytes, start, start + length, memory, from, from + length) < 0;
    }
}
