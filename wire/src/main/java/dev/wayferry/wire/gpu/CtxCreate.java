package dev.wayferry.wire.gpu;

import dev.wayferry.wire.Flyweight;
import java.lang.foreign.MemorySegment;

/**
 * struct virtio_gpu_ctx_create.
 *
 * <p>Source: virtio specification, GPU Device, VIRTIO_GPU_CMD_CTX_CREATE.
 */
public final class CtxCreate extends Flyweight {
    /** Bytes of debug_name used. */
    public static final long NLEN_OFFSET = 24;

    /** The capset in the low 8 bits. */
    public static final long CONTEXT_INIT_OFFSET = 28;

    /** At most 64 bytes, of the guest's choice. */
    public static final long DEBUG_NAME_OFFSET = 32;

    /** Bytes in all. */
    public static final int LENGTH = 96;

    public int nlen() {
        return getInt(NLEN_OFFSET);
    }

    public CtxCreate nlen(int value) {
        setInt(NLEN_OFFSET, value);
        return this;
    }

    public int contextInit() {
        return getInt(CONTEXT_INIT_OFFSET);
    }

    public CtxCreate contextInit(int value) {
        setInt(CONTEXT_INIT_OFFSET, value);
        return this;
    }

    @Override
    public CtxCreate wrap(MemorySegment segment, long offset) {
        super.wrap(segment, offset);
        return this;
    }
}
