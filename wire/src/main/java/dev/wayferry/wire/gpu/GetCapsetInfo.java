package dev.wayferry.wire.gpu;

import dev.wayferry.wire.Flyweight;
import java.lang.foreign.MemorySegment;

/**
 * struct virtio_gpu_get_capset_info.
 *
 * <p>Source: virtio specification, GPU Device, VIRTIO_GPU_CMD_GET_CAPSET_INFO.
 */
public final class GetCapsetInfo extends Flyweight {
    /** 0 to num_capsets - 1. */
    public static final long CAPSET_INDEX_OFFSET = 24;

    /** Bytes in all. */
    public static final int LENGTH = 32;

    public int capsetIndex() {
        return getInt(CAPSET_INDEX_OFFSET);
    }

    public GetCapsetInfo capsetIndex(int value) {
        setInt(CAPSET_INDEX_OFFSET, value);
        return this;
    }

    @Override
    public GetCapsetInfo wrap(MemorySegment segment, long offset) {
        super.wrap(segment, offset);
        return this;
    }
}
