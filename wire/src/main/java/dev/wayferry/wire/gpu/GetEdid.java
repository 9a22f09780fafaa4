package dev.wayferry.wire.gpu;

import dev.wayferry.wire.Flyweight;
import java.lang.foreign.MemorySegment;

/**
 * struct virtio_gpu_get_edid.
 *
 * <p>Source: virtio specification, GPU Device, VIRTIO_GPU_CMD_GET_EDID.
 */
public final class GetEdid extends Flyweight {
    /** 0 to num_scanouts - 1. */
    public static final long SCANOUT_OFFSET = 24;

    /** Bytes in all. */
    public static final int LENGTH = 32;

    public int scanout() {
        return getInt(SCANOUT_OFFSET);
    }

    public GetEdid scanout(int value) {
        setInt(SCANOUT_OFFSET, value);
        return this;
    }

    @Override
    public GetEdid wrap(MemorySegment segment, long offset) {
        super.wrap(segment, offset);
        return this;
    }
}
