package dev.wayferry.examples.bench.guest;

import java.lang.foreign.MemorySegment;

/**
 * Memory for one picture of 32-bit pixels, which the guest writes and the compositor reads.
 *
 * @param memory the pixels
 * @param stride bytes of a row
 * @param fileOffset where in the file that the compositor gets the pixels begin, in bytes
 * @param fileSize bytes of that file
 * @param modifier how the pixels lie, of a dma-buf
 * @param blob what the guest knows it by
 */
public record Picture(MemorySegment memory, int stride, int fileOffset, int fileSize, long modifier, int blob) {
    /** Where pixel ({@code x}, {@code y}) lies in the memory. */
    public long at(int x, int y) {
        return (long) y * stride + (long) x * Integer.BYTES;
    }
}
