package dev.wayferry.wire.gpu;

import dev.wayferry.wire.Flyweight;
import java.lang.foreign.MemorySegment;

/**
 * struct virtio_gpu_resp_map_info.
 *
 * <p>Source: virtio specification, GPU Device, VIRTIO_GPU_CMD_RESOURCE_MAP_BLOB.
 */
public final class RespMapInfo extends Flyweight {
    /** VIRTIO_GPU_MAP_CACHE_*. */
    public static final long MAP_INFO_OFFSET = 24;

    /** Bytes in all. */
    public static final int LENGTH = 32;

    public int mapInfo() {
        return getInt(MAP_INFO_OFFSET);
    }

    public RespMapInfo mapInfo(int value) {
        setInt(MAP_INFO_OFFSET, value);
        return this;
    }

    @Override
    public RespMapInfo wrap(MemorySegment segment, long offset) {
        super.wrap(segment, offset);
        return this;
    }
}
