package dev.wayferry.wire.gpu;

import dev.wayferry.wire.Flyweight;
import java.lang.foreign.MemorySegment;

/**
 * struct virtio_gpu_display_one, of which a display info holds 16.
 *
 * <p>Source: virtio specification, GPU Device, VIRTIO_GPU_CMD_GET_DISPLAY_INFO.
 */
public final class DisplayOne extends Flyweight {
    /** Pixels. */
    public static final long X_OFFSET = 0;

    /** Pixels. */
    public static final long Y_OFFSET = 4;

    /** Pixels. */
    public static final long WIDTH_OFFSET = 8;

    /** Pixels. */
    public static final long HEIGHT_OFFSET = 12;

    /** 1 or 0. */
    public static final long ENABLED_OFFSET = 16;

    /** None defined. */
    public static final long FLAGS_OFFSET = 20;

    /** Bytes in all. */
    public static final int LENGTH = 24;

    public int x() {
        return getInt(X_OFFSET);
    }

    public DisplayOne x(int value) {
        setInt(X_OFFSET, value);
        return this;
    }

    public int y() {
        return getInt(Y_OFFSET);
    }

    public DisplayOne y(int value) {
        setInt(Y_OFFSET, value);
        return this;
    }

    public int width() {
        return getInt(WIDTH_OFFSET);
    }

    public DisplayOne width(int value) {
        setInt(WIDTH_OFFSET, value);
        return this;
    }

    public int height() {
        return getInt(HEIGHT_OFFSET);
    }

    public DisplayOne height(int value) {
        setInt(HEIGHT_OFFSET, value);
        return this;
    }

    public int enabled() {
        return getInt(ENABLED_OFFSET);
    }

    public DisplayOne enabled(int value) {
        setInt(ENABLED_OFFSET, value);
        return this;
    }

    public int flags() {
        return getInt(FLAGS_OFFSET);
    }

    public DisplayOne flags(int value) {
        setInt(FLAGS_OFFSET, value);
        return this;
    }

    @Override
    public DisplayOne wrap(MemorySegment segment, long offset) {
        super.wrap(segment, offset);
        return this;
    }
}
