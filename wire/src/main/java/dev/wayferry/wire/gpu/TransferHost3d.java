package dev.wayferry.wire.gpu;

import dev.wayferry.wire.Flyweight;
import java.lang.foreign.MemorySegment;

/**
 * struct virtio_gpu_transfer_host_3d.
 *
 * <p>Source: virtio specification, GPU Device, VIRTIO_GPU_CMD_TRANSFER_TO_HOST_3D; Linux's virtio_gpu.h.
 */
public final class TransferHost3d extends Flyweight {
    /** Pixels. */
    public static final long X_OFFSET = 24;

    /** Pixels. */
    public static final long Y_OFFSET = 28;

    /** Pixels, or layers. */
    public static final long Z_OFFSET = 32;

    /** Pixels. */
    public static final long WIDTH_OFFSET = 36;

    /** Pixels. */
    public static final long HEIGHT_OFFSET = 40;

    /** Pixels, or layers. */
    public static final long DEPTH_OFFSET = 44;

    /** Where in the backing the box begins, in bytes. */
    public static final long BUFFER_OFFSET_OFFSET = 48;

    /** The resource, never 0. */
    public static final long RESOURCE_ID_OFFSET = 56;

    /** The mipmap level. */
    public static final long LEVEL_OFFSET = 60;

    /** Bytes from row to row of the backing, 0 for rows without gaps. */
    public static final long STRIDE_OFFSET = 64;

    /** Bytes from layer to layer of the backing. */
    public static final long LAYER_STRIDE_OFFSET = 68;

    /** Bytes in all. */
    public static final int LENGTH = 72;

    public int x() {
        return getInt(X_OFFSET);
    }

    public TransferHost3d x(int value) {
        setInt(X_OFFSET, value);
        return this;
    }

    public int y() {
        return getInt(Y_OFFSET);
    }

    public TransferHost3d y(int value) {
        setInt(Y_OFFSET, value);
        return this;
    }

    public int z() {
        return getInt(Z_OFFSET);
    }

    public TransferHost3d z(int value) {
        setInt(Z_OFFSET, value);
        return this;
    }

    public int width() {
        return getInt(WIDTH_OFFSET);
    }

    public TransferHost3d width(int value) {
        setInt(WIDTH_OFFSET, value);
        return this;
    }

    public int height() {
        return getInt(HEIGHT_OFFSET);
    }

    public TransferHost3d height(int value) {
        setInt(HEIGHT_OFFSET, value);
        return this;
    }

    public int depth() {
        return getInt(DEPTH_OFFSET);
    }

    public TransferHost3d depth(int value) {
        setInt(DEPTH_OFFSET, value);
        return this;
    }

    public long bufferOffset() {
        return getLong(BUFFER_OFFSET_OFFSET);
    }

    public TransferHost3d bufferOffset(long value) {
        setLong(BUFFER_OFFSET_OFFSET, value);
        return this;
    }

    public int resourceId() {
        return getInt(RESOURCE_ID_OFFSET);
    }

    public TransferHost3d resourceId(int value) {
        setInt(RESOURCE_ID_OFFSET, value);
        return this;
    }

    public int level() {
        return getInt(LEVEL_OFFSET);
    }

    public TransferHost3d level(int value) {
        setInt(LEVEL_OFFSET, value);
        return this;
    }

    public int stride() {
        return getInt(STRIDE_OFFSET);
    }

    public TransferHost3d stride(int value) {
        setInt(STRIDE_OFFSET, value);
        return this;
    }

    public int layerStride() {
        return getInt(LAYER_STRIDE_OFFSET);
    }

    public TransferHost3d layerStride(int value) {
        setInt(LAYER_STRIDE_OFFSET, value);
        return this;
    }

    @Override
    public TransferHost3d wrap(MemorySegment segment, long offset) {
        super.wrap(segment, offset);
        return this;
    }
}
