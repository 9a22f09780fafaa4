package dev.wayferry.wire.gpu;

import dev.wayferry.wire.Flyweight;
import java.lang.foreign.MemorySegment;

/**
 * struct virtio_gpu_resource_map_blob.
 *
 * <p>Source: virtio specification, GPU Device, VIRTIO_GPU_CMD_RESOURCE_MAP_BLOB.
 */
public final class ResourceMapBlob extends Flyweight {
    /** The resource, never 0. */
    public static final long RESOURCE_ID_OFFSET = 24;

    /** Where in the host-visible region, in bytes. */
    public static final long MAP_OFFSET_OFFSET = 32;

    /** Bytes in all. */
    public static final int LENGTH = 40;

    public int resourceId() {
        return getInt(RESOURCE_ID_OFFSET);
    }

    public ResourceMapBlob resourceId(int value) {
        setInt(RESOURCE_ID_OFFSET, value);
        return this;
    }

    public long mapOffset() {
        return getLong(MAP_OFFSET_OFFSET);
    }

    public ResourceMapBlob mapOffset(long value) {
        setLong(MAP_OFFSET_OFFSET, value);
        return this;
    }

    @Override
    public ResourceMapBlob wrap(MemorySegment segment, long offset) {
        super.wrap(segment, offset);
        return this;
    }
}
