package dev.wayferry.wire.gpu;

import dev.wayferry.wire.Flyweight;
import java.lang.foreign.MemorySegment;

/**
 * struct virtio_gpu_set_scanout_blob.
 *
 * <p>Source: virtio specification, GPU Device, VIRTIO_GPU_CMD_SET_SCANOUT_BLOB.
 */
public final class SetScanoutBlob extends Flyweight {
    /** A {@link Rect}: what of the picture the scanout shows, in pixels. */
    public static final long RECT_OFFSET = 24;

    /** 0 to num_scanouts - 1. */
    public static final long SCANOUT_ID_OFFSET = 40;

    /** 0 disables the scanout. */
    public static final long RESOURCE_ID_OFFSET = 44;

    /** Of the picture in the blob, in pixels. */
    public static final long WIDTH_OFFSET = 48;

    /** Of the picture in the blob, in pixels. */
    public static final long HEIGHT_OFFSET = 52;

    /** VIRTIO_GPU_FORMAT_*. */
    public static final long FORMAT_OFFSET = 56;

    /** Four words, bytes from row to row of each plane. */
    public static final long STRIDES_OFFSET = 64;

    /** Four words, where each plane begins in the blob, in bytes. */
    public static final long OFFSETS_OFFSET = 80;

    /** Bytes in all. */
    public static final int LENGTH = 96;

    public int scanoutId() {
        return getInt(SCANOUT_ID_OFFSET);
    }

    public SetScanoutBlob scanoutId(int value) {
        setInt(SCANOUT_ID_OFFSET, value);
        return this;
    }

    public int resourceId() {
        return getInt(RESOURCE_ID_OFFSET);
    }

    public SetScanoutBlob resourceId(int value) {
        setInt(RESOURCE_ID_OFFSET, value);
        return this;
    }

    public int width() {
        return getInt(WIDTH_OFFSET);
    }

    public SetScanoutBlob width(int value) {
        setInt(WIDTH_OFFSET, value);
        return this;
    }

    public int height() {
        return getInt(HEIGHT_OFFSET);
    }

    public SetScanoutBlob height(int value) {
        setInt(HEIGHT_OFFSET, value);
        return this;
    }

    public int format() {
        return getInt(FORMAT_OFFSET);
    }

    public SetScanoutBlob format(int value) {
        setInt(FORMAT_OFFSET, value);
        return this;
    }

    /** Bytes from row to row of a plane, 0 to 3. */
    public int stride(int plane) {
        return getInt(STRIDES_OFFSET + (long) plane * Integer.BYTES);
    }

    public SetScanoutBlob stride(int plane, int value) {
        setInt(STRIDES_OFFSET + (long) plane * Integer.BYTES, value);
        return this;
    }

    /** Where a plane begins in the blob, in bytes. */
    public int planeOffset(int plane) {
        return getInt(OFFSETS_OFFSET + (long) plane * Integer.BYTES);
    }

    public SetScanoutBlob planeOffset(int plane, int value) {
        setInt(OFFSETS_OFFSET + (long) plane * Integer.BYTES, value);
        return this;
    }

    @Override
    public SetScanoutBlob wrap(MemorySegment segment, long offset) {
        super.wrap(segment, offset);
        return this;
    }
}
