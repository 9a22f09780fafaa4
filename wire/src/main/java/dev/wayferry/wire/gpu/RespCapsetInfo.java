package dev.wayferry.wire.gpu;

import dev.wayferry.wire.Flyweight;
import java.lang.foreign.MemorySegment;

/**
 * struct virtio_gpu_resp_capset_info.
 *
 * <p>Source: virtio specification, GPU Device, VIRTIO_GPU_CMD_GET_CAPSET_INFO.
 */
public final class RespCapsetInfo extends Flyweight {
    /** VIRTIO_GPU_CAPSET_*. */
    public static final long CAPSET_ID_OFFSET = 24;

    /** The newest version known. */
    public static final long CAPSET_MAX_VERSION_OFFSET = 28;

    /** Bytes. */
    public static final long CAPSET_MAX_SIZE_OFFSET = 32;

    /** Bytes in all. */
    public static final int LENGTH = 40;

    public int capsetId() {
        return getInt(CAPSET_ID_OFFSET);
    }

    public RespCapsetInfo capsetId(int value) {
        setInt(CAPSET_ID_OFFSET, value);
        return this;
    }

    public int capsetMaxVersion() {
        return getInt(CAPSET_MAX_VERSION_OFFSET);
    }

    public RespCapsetInfo capsetMaxVersion(int value) {
        setInt(CAPSET_MAX_VERSION_OFFSET, value);
        return this;
    }

    public int capsetMaxSize() {
        return getInt(CAPSET_MAX_SIZE_OFFSET);
    }

    public RespCapsetInfo capsetMaxSize(int value) {
        setInt(CAPSET_MAX_SIZE_OFFSET, value);
        return this;
    }

    @Override
    public RespCapsetInfo wrap(MemorySegment segment, long offset) {
        super.wrap(segment, offset);
        return this;
    }
}
