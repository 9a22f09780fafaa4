package dev.wayferry.wire.gpu;

import dev.wayferry.wire.Flyweight;
import java.lang.foreign.MemorySegment;

/**
 * struct virtio_gpu_get_capset.
 *
 * <p>Source: virtio specification, GPU Device, VIRTIO_GPU_CMD_GET_CAPSET.
 */
public final class GetCapset extends Flyweight {
    /** VIRTIO_GPU_CAPSET_*. */
    public static final long CAPSET_ID_OFFSET = 24;

    /** At most capset_max_version. */
    public static final long CAPSET_VERSION_OFFSET = 28;

    /** Bytes in all. */
    public static final int LENGTH = 32;

    public int capsetId() {
        return getInt(CAPSET_ID_OFFSET);
    }

    public GetCapset capsetId(int value) {
        setInt(CAPSET_ID_OFFSET, value);
        return this;
    }

    public int capsetVersion() {
        return getInt(CAPSET_VERSION_OFFSET);
    }

    public GetCapset capsetVersion(int value) {
        setInt(CAPSET_VERSION_OFFSET, value);
        return this;
    }

    @Override
    public GetCapset wrap(MemorySegment segment, long offset) {
        super.wrap(segment, offset);
        return this;
    }
}
