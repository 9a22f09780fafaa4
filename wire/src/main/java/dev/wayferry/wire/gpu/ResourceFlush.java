package dev.wayferry.wire.gpu;

import dev.wayferry.wire.Flyweight;
import java.lang.foreign.MemorySegment;

/**
 * struct virtio_gpu_resource_flush.
 *
 * <p>Source: virtio specification, GPU Device, VIRTIO_GPU_CMD_RESOURCE_FLUSH.
 */
public final class ResourceFlush extends Flyweight {
    /** A {@link Rect}: what of the resource, in pixels. */
    public static final long RECT_OFFSET = 24;

    /** The resource, never 0. */
    public static final long RESOURCE_ID_OFFSET = 40;

    /** Bytes in all. */
    public static final int LENGTH = 48;

    public int resourceId() {
        return getInt(RESOURCE_ID_OFFSET);
    }

    public ResourceFlush resourceId(int value) {
        setInt(RESOURCE_ID_OFFSET, value);
        return this;
    }

    @Override
    public ResourceFlush wrap(MemorySegment segment, long offset) {
        super.wrap(segment, offset);
        return this;
    }
}
