package dev.wayferry.wire.gpu;

import dev.wayferry.wire.Flyweight;
import java.lang.foreign.MemorySegment;

/**
 * struct virtio_gpu_resource_create_2d.
 *
 * <p>Source: virtio specification, GPU Device, VIRTIO_GPU_CMD_RESOURCE_CREATE_2D.
 */
public final class ResourceCreate2d extends Flyweight {
    /** The resource, never 0. */
    public static final long RESOURCE_ID_OFFSET = 24;

    /** VIRTIO_GPU_FORMAT_*. */
    public static final long FORMAT_OFFSET = 28;

    /** Pixels. */
    public static final long WIDTH_OFFSET = 32;

    /** Pixels. */
    public static final long HEIGHT_OFFSET = 36;

    /** Bytes in all. */
    public static final int LENGTH = 40;

    public int resourceId() {
        return getInt(RESOURCE_ID_OFFSET);
    }

    public ResourceCreate2d resourceId(int value) {
        setInt(RESOURCE_ID_OFFSET, value);
        return this;
    }

    public int format() {
        return getInt(FORMAT_OFFSET);
    }

    public ResourceCreate2d format(int value) {
        setInt(FORMAT_OFFSET, value);
        return this;
    }

    public int width() {
        return getInt(WIDTH_OFFSET);
    }

    public ResourceCreate2d width(int value) {
        setInt(WIDTH_OFFSET, value);
        return this;
    }

    public int height() {
        return getInt(HEIGHT_OFFSET);
    }

    public ResourceCreate2d height(int value) {
        setInt(HEIGHT_OFFSET, value);
        return this;
    }

    @Override
    public ResourceCreate2d wrap(MemorySegment segment, long offset) {
        super.wrap(segment, offset);
        return this;
    }
}
