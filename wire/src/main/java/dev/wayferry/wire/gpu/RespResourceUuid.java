package dev.wayferry.wire.gpu;

import dev.wayferry.wire.Flyweight;
import java.lang.foreign.MemorySegment;
import java.util.UUID;

/**
 * struct virtio_gpu_resp_resource_uuid.
 *
 * <p>Source: virtio specification, GPU Device, VIRTIO_GPU_CMD_RESOURCE_ASSIGN_UUID.
 */
public final class RespResourceUuid extends Flyweight {
    /** 16 bytes, the most significant first (RFC 4122). */
    public static final long UUID_OFFSET = 24;

    /** Bytes in all. */
    public static final int LENGTH = 40;

    public UUID uuid() {
        return getUuid(UUID_OFFSET);
    }

    public RespResourceUuid uuid(UUID value) {
        setUuid(UUID_OFFSET, value);
        return this;
    }

    @Override
    public RespResourceUuid wrap(MemorySegment segment, long offset) {
        super.wrap(segment, offset);
        return this;
    }
}
