package dev.wayferry.proxy.screen;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** What a scanout shows: words 0x??RRGGBB, row by row without gaps. Belongs to the screen's thread. */
final class Picture implements AutoCloseable {
    private static final ValueLayout.OfInt WORD = ValueLayout.JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final int width;
    private final int height;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment pixels;

    /** A black picture. */
    Picture(int width, int height) throws IOException {
        this.width = width;
        this.height = height;
        try {
            pixels = PixelMemory.allocate((long) width * height * PixelFormat.BYTES_PER_PIXEL, arena);
        } catch (IOException | RuntimeException e) {
            arena.close();
            throw e;
        }
    }

    int width() {
        return width;
    }

    int height() {
        return height;
    }

    MemorySegment pixels() {
        return pixels;
    }

    /**
     * Paints {@code area} with what {@code source} has for it.
     *
     * @param offset of the picture's first pixel in the source, in bytes
     * @param stride from row to row of the source, in bytes
     */
    void paint(PixelSource source, PixelFormat format, long offset, long stride, Area area) throws IOException {
        long length = (long) area.width() * PixelFormat.BYTES_PER_PIXEL;
        for (int y = area.y(); y < area.y() + area.height(); y++) {
            long first = (long) y * width + area.x();
            long from = offset + y * stride + (long) area.x() * PixelFormat.BYTES_PER_PIXEL;
            source.read(from, pixels, first * PixelFormat.BYTES_PER_PIXEL, length);
            if (!format.isXrgb()) {
                for (long i = first; i < first + area.width(); i++) {
                    pixels.setAtIndex(WORD, i, format.toXrgb(pixels.getAtIndex(WORD, i)));
                }
            }
        }
    }

    @Override
    public void close() {
        arena.close();
    }
}
