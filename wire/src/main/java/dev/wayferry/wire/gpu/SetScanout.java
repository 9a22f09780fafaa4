package dev.wayferry.wire.gpu;

import dev.wayferry.wire.Flyweight;
import java.lang.foreign.MemorySegment;

/**
 * struct virtio_gpu_set_scanout.
 *
 * <p>Source: virtio specification, GPU Device, VIRTIO_GPU_CMD_SET_SCANOUT.
 */
public final class SetScanout extends Flyweight {
    /** A {@link Rect}: what of the resource the scanout shows, in pixels. */
    public static final long RECT_OFFSET = 24;

    /** 0 to num_scanouts - 1. */
    public static final long SCANOUT_ID_OFFSET = 40;

    /** 0 disables the scanout. */
    public static final long RESOURCE_ID_OFFSET = 44;

    /** Bytes in all. */
    public static final int LENGTH = 48;

    public int scanoutId() {
        return getInt(SCANOUT_ID_OFFSET);
    }

    public SetScanout scanoutId(int value) {
        setInt(SCANOUT_ID_OFFSET, value);
        return this;
    }

    public int resourceId() {
        return getInt(RESOURCE_ID_OFFSET);
    }

    public SetScanout resourceId(int value) {
        setInt(RESOURCE_ID_OFFSET, value);
        return this;
    }

    @Override
    public SetScanout wrap(MemorySegment segment, long offset) {
        super.wrap(segment, offset);
        return this;
    }
}
