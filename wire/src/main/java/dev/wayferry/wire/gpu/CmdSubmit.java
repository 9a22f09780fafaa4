package dev.wayferry.wire.gpu;

import dev.wayferry.wire.Flyweight;
import java.lang.foreign.MemorySegment;

/**
 * struct virtio_gpu_cmd_submit, followed by the command buffer.
 *
 * <p>Source: virtio specification, GPU Device, VIRTIO_GPU_CMD_SUBMIT_3D.
 */
public final class CmdSubmit extends Flyweight {
    /** Bytes of the command buffer. */
    public static final long SIZE_OFFSET = 24;

    /** u64s before the buffer; 0 from Linux. */
    public static final long NUM_IN_FENCES_OFFSET = 28;

    /** Bytes before the command buffer. */
    public static final int LENGTH = 32;

    public int size() {
        return getInt(SIZE_OFFSET);
    }

    public CmdSubmit size(int value) {
        setInt(SIZE_OFFSET, value);
        return this;
    }

    public int numInFences() {
        return getInt(NUM_IN_FENCES_OFFSET);
    }

    public CmdSubmit numInFences(int value) {
        setInt(NUM_IN_FENCES_OFFSET, value);
        return this;
    }

    @Override
    public CmdSubmit wrap(MemorySegment segment, long offset) {
        super.wrap(segment, offset);
        return this;
    }
}
