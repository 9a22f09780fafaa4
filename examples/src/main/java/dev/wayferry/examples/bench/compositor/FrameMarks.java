package dev.wayferry.examples.bench.compositor;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The pixels of a frame by which the compositor knows it: some on the picture's diagonal, from the first to the last. Their
 * value is the frame's number plus one, as memory that nobody wrote is zero.
 */
public record FrameMarks(int width, int height) {
    public static final int NONE = -1;
    private static final int COUNT = 8;

    /** Where mark {@code index} lies. */
    long at(int index, int stride) {
        long x = (width - 1L) * index / (COUNT - 1);
        long y = (height - 1L) * index / (COUNT - 1);
        return y * stride + x * Integer.BYTES;
    }

    /** What the marks of frame {@code number} are. */
    public static int value(int number) {
        return number + 1;
    }

    /** Puts the marks of frame {@code number} into a picture. */
    public void put(MemorySegment pixels, int stride, int number) {
        for (int i = 0; i < COUNT; i++) {
            pixels.set(ValueLayout.JAVA_INT, at(i, stride), value(number));
        }
    }

    /** The first mark that is not of frame {@code number}, or {@link #NONE}; the picture begins at {@code offset}. */
    int firstWrong(MemorySegment memory, long offset, int stride, int number) {
        for (int i = 0; i < COUNT; i++) {
            if (memory.get(ValueLayout.JAVA_INT, offset + at(i, stride)) != value(number)) {
                return i;
            }
        }
        return NONE;
    }
}
