package dev.wayferry.wire.gpu;

import dev.wayferry.wire.Flyweight;
import java.lang.foreign.MemorySegment;

/**
 * struct virtio_gpu_transfer_to_host_2d.
 *
 * <p>Source: virtio specification, GPU Device, VIRTIO_GPU_CMD_TRANSFER_TO_HOST_2D.
 */
public final class TransferToHost2d extends Flyweight {
    /** A {@link Rect}: what of the resource, in pixels. */
    public static final long RECT_OFFSET = 24;

    /** Where in the backing the rectangle begins, in bytes. */
    public static final long BUFFER_OFFSET_OFFSET = 40;

    /** The resource, never 0. */
    public static final long RESOURCE_ID_OFFSET = 48;

    /** Bytes in all. */
    public static final int LENGTH = 56;

    public long bufferOffset() {
        return getLong(BUFFER_OFFSET_OFFSET);
    }

    public TransferToHost2d bufferOffset(long value) {
        setLong(BUFFER_OFFSET_OFFSET, value);
        return this;
    }

    public int resourceId() {
        return getInt(RESOURCE_ID_OFFSET);
    }

    public TransferToHost2d resourceId(int value) {
        setInt(RESOURCE_ID_OFFSET, value);
        return this;
    }

    @Override
    public TransferToHost2d wrap(MemorySegment segment, long offset) {
        super.wrap(segment, offset);
        return this;
    }
}
