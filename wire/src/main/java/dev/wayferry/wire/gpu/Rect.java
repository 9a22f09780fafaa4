package dev.wayferry.wire.gpu;

import dev.wayferry.wire.Flyweight;
import java.lang.foreign.MemorySegment;

/**
 * struct virtio_gpu_rect.
 *
 * <p>Source: virtio specification, GPU Device, "Device Operation: controlq".
 */
public final class Rect extends Flyweight {
    /** Pixels. */
    public static final long X_OFFSET = 0;

    /** Pixels. */
    public static final long Y_OFFSET = 4;

    /** Pixels. */
    public static final long WIDTH_OFFSET = 8;

    /** Pixels. */
    public static final long HEIGHT_OFFSET = 12;

    /** Bytes in all. */
    public static final int LENGTH = 16;

    public int x() {
        return getInt(X_OFFSET);
    }

    public Rect x(int value) {
        setInt(X_OFFSET, value);
        return this;
    }

    public int y() {
        return getInt(Y_OFFSET);
    }

    public Rect y(int value) {
        setInt(Y_OFFSET, value);
        return this;
    }

    public int width() {
        return getInt(WIDTH_OFFSET);
    }

    public Rect width(int value) {
        setInt(WIDTH_OFFSET, value);
        return this;
    }

    public int height() {
        return getInt(HEIGHT_OFFSET);
    }

    public Rect height(int value) {
        setInt(HEIGHT_OFFSET, value);
        return this;
    }

    @Override
    public Rect wrap(MemorySegment segment, long offset) {
        super.wrap(segment, offset);
        return this;
    }
}
