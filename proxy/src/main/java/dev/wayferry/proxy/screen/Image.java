package dev.wayferry.proxy.screen;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * The host's copy of a 2D resource: TRANSFER_TO_HOST_2D writes it, a scanout shows it. Its memory is there from the first
 * transfer on.
 */
public final class Image implements PixelSource {
    private final int width;
    private final int height;
    private final PixelFormat format;
    private @Nullable Arena arena;
    private MemorySegment pixels = MemorySegment.NULL;

    /** An image of at most {@link Screen#MAX_PICTURE_BYTES}. */
    public Image(int width, int height, PixelFormat format) {
        this.width = width;
        this.height = height;
        this.format = format;
    }

    public int width() {
        return width;
    }

    public int height() {
        return height;
    }

    public PixelFormat format() {
        return format;
    }

    /** Bytes from row to row. */
    public long stride() {
        return (long) width * PixelFormat.BYTES_PER_PIXEL;
    }

    public long size() {
        return stride() * height;
    }

    /**
     * Copies {@code area} from the bytes at {@code offset} of {@code source}, {@code sourceStride} from row to row. On the
     * screen's thread.
     */
    public void copyFrom(PixelSource source, Area area, long offset, long sourceStride) throws IOException {
        if (arena == null) {
            Arena made = Arena.ofShared();
            try {
                pixels = PixelMemory.allocate(size(), made);
            } catch (IOException | RuntimeException e) {
                made.close();
                throw e;
            }
            arena = made;
        }
        long length = (long) area.width() * PixelFormat.BYTES_PER_PIXEL;
        long target = area.y() * stride() + (long) area.x() * PixelFormat.BYTES_PER_PIXEL;
        if (length == stride() && sourceStride == stride()) {
            source.read(offset, pixels, target, length * area.height());
            return;
        }
        for (int row = 0; row < area.height(); row++) {
            source.read(offset + row * sourceStride, pixels, target + row * stride(), length);
        }
    }

    @Override
    public void read(long offset, MemorySegment target, long targetOffset, long length) {
        if (arena == null) {
            target.asSlice(targetOffset, length).fill((byte) 0);
        } else {
            MemorySegment.copy(pixels, offset, target, targetOffset, length);
        }
    }

    @Override
    public void close() {
        if (arena != null) {
            arena.close();
            arena = null;
        }
    }
}
