package dev.wayferry.wire.gpu;

import dev.wayferry.wire.Flyweight;
import java.lang.foreign.MemorySegment;

/**
 * struct virtio_gpu_ctrl_hdr, which starts every request and response.
 *
 * <p>Source: virtio specification, GPU Device, "Device Operation: Request header".
 */
public final class CtrlHeader extends Flyweight {
    /** VIRTIO_GPU_CMD_* or VIRTIO_GPU_RESP_*. */
    public static final long TYPE_OFFSET = 0;

    /** VIRTIO_GPU_FLAG_*. */
    public static final long FLAGS_OFFSET = 4;

    /** Meaningful with FLAG_FENCE. */
    public static final long FENCE_ID_OFFSET = 8;

    /** The context, 0 for none. */
    public static final long CTX_ID_OFFSET = 16;

    /** The timeline of the context, with FLAG_INFO_RING_IDX; 0 to 63. */
    public static final long RING_IDX_OFFSET = 20;

    /** Bytes in all. */
    public static final int LENGTH = 24;

    public int type() {
        return getInt(TYPE_OFFSET);
    }

    public CtrlHeader type(int value) {
        setInt(TYPE_OFFSET, value);
        return this;
    }

    public int flags() {
        return getInt(FLAGS_OFFSET);
    }

    public CtrlHeader flags(int value) {
        setInt(FLAGS_OFFSET, value);
        return this;
    }

    public long fenceId() {
        return getLong(FENCE_ID_OFFSET);
    }

    public CtrlHeader fenceId(long value) {
        setLong(FENCE_ID_OFFSET, value);
        return this;
    }

    public int ctxId() {
        return getInt(CTX_ID_OFFSET);
    }

    public CtrlHeader ctxId(int value) {
        setInt(CTX_ID_OFFSET, value);
        return this;
    }

    public int ringIdx() {
        return getByte(RING_IDX_OFFSET);
    }

    public CtrlHeader ringIdx(int value) {
        setByte(RING_IDX_OFFSET, value);
        return this;
    }

    @Override
    public CtrlHeader wrap(MemorySegment segment, long offset) {
        super.wrap(segment, offset);
        return this;
    }
}
