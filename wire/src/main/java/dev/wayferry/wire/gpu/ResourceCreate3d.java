package dev.wayferry.wire.gpu;

import dev.wayferry.wire.Flyweight;
import java.lang.foreign.MemorySegment;

/**
 * struct virtio_gpu_resource_create_3d.
 *
 * <p>Source: virtio specification, GPU Device, VIRTIO_GPU_CMD_RESOURCE_CREATE_3D; Linux's virtio_gpu.h.
 */
public final class ResourceCreate3d extends Flyweight {
    /** The resource, never 0. */
    public static final long RESOURCE_ID_OFFSET = 24;

    /** What it is to Gallium: 2 is a texture of two dimensions. */
    public static final long TARGET_OFFSET = 28;

    /** VIRTIO_GPU_FORMAT_*, and others of virgl's. */
    public static final long FORMAT_OFFSET = 32;

    /** What it is used for, to Gallium. */
    public static final long BIND_OFFSET = 36;

    /** Pixels. */
    public static final long WIDTH_OFFSET = 40;

    /** Pixels. */
    public static final long HEIGHT_OFFSET = 44;

    /** Pixels. */
    public static final long DEPTH_OFFSET = 48;

    /** Layers. */
    public static final long ARRAY_SIZE_OFFSET = 52;

    /** The number of its smallest mipmap level. */
    public static final long LAST_LEVEL_OFFSET = 56;

    /** Samples of a pixel, 0 and 1 being one. */
    public static final long NR_SAMPLES_OFFSET = 60;

    /** VIRTIO_GPU_RESOURCE_FLAG_*. */
    public static final long FLAGS_OFFSET = 64;

    /** Bytes in all. */
    public static final int LENGTH = 72;

    public int resourceId() {
        return getInt(RESOURCE_ID_OFFSET);
    }

    public ResourceCreate3d resourceId(int value) {
        setInt(RESOURCE_ID_OFFSET, value);
        return this;
    }

    public int target() {
        return getInt(TARGET_OFFSET);
    }

    public ResourceCreate3d target(int value) {
        setInt(TARGET_OFFSET, value);
        return this;
    }

    public int format() {
        return getInt(FORMAT_OFFSET);
    }

    public ResourceCreate3d format(int value) {
        setInt(FORMAT_OFFSET, value);
        return this;
    }

    public int bind() {
        return getInt(BIND_OFFSET);
    }

    public ResourceCreate3d bind(int value) {
        setInt(BIND_OFFSET, value);
        return this;
    }

    public int width() {
        return getInt(WIDTH_OFFSET);
    }

    public ResourceCreate3d width(int value) {
        setInt(WIDTH_OFFSET, value);
        return this;
    }

    public int height() {
        return getInt(HEIGHT_OFFSET);
    }

    public ResourceCreate3d height(int value) {
        setInt(HEIGHT_OFFSET, value);
        return this;
    }

    public int depth() {
        return getInt(DEPTH_OFFSET);
    }

    public ResourceCreate3d depth(int value) {
        setInt(DEPTH_OFFSET, value);
        return this;
    }

    public int arraySize() {
        return getInt(ARRAY_SIZE_OFFSET);
    }

    public ResourceCreate3d arraySize(int value) {
        setInt(ARRAY_SIZE_OFFSET, value);
        return this;
    }

    public int lastLevel() {
        return getInt(LAST_LEVEL_OFFSET);
    }

    public ResourceCreate3d lastLevel(int value) {
        setInt(LAST_LEVEL_OFFSET, value);
        return this;
    }

    public int nrSamples() {
        return getInt(NR_SAMPLES_OFFSET);
    }

    public ResourceCreate3d nrSamples(int value) {
        setInt(NR_SAMPLES_OFFSET, value);
        return this;
    }

    public int flags() {
        return getInt(FLAGS_OFFSET);
    }

    public ResourceCreate3d flags(int value) {
        setInt(FLAGS_OFFSET, value);
        return this;
    }

    @Override
    public ResourceCreate3d wrap(MemorySegment segment, long offset) {
        super.wrap(segment, offset);
        return this;
    }
}
