package dev.wayferry.wire.gpu;

import dev.wayferry.wire.Flyweight;
import java.lang.foreign.MemorySegment;

/**
 * struct virtio_gpu_resp_edid.
 *
 * <p>Source: virtio specification, GPU Device, VIRTIO_GPU_CMD_GET_EDID.
 */
public final class RespEdid extends Flyweight {
    /** Bytes of edid used. */
    public static final long SIZE_OFFSET = 24;

    /** At most 1024 bytes. */
    public static final long EDID_OFFSET = 32;

    /** Bytes in all. */
    public static final int LENGTH = 1056;

    public int size() {
        return getInt(SIZE_OFFSET);
    }

    public RespEdid size(int value) {
        setInt(SIZE_OFFSET, value);
        return this;
    }

    @Override
    public RespEdid wrap(MemorySegment segment, long offset) {
        super.wrap(segment, offset);
        return this;
    }
}
