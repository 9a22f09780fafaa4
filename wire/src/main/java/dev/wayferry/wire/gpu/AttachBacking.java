package dev.wayferry.wire.gpu;

import dev.wayferry.wire.Flyweight;
import java.lang.foreign.MemorySegment;

/**
 * struct virtio_gpu_resource_attach_backing, followed by nr_entries memory entries.
 *
 * <p>Source: virtio specification, GPU Device, VIRTIO_GPU_CMD_RESOURCE_ATTACH_BACKING.
 */
public final class AttachBacking extends Flyweight {
    /** The resource, never 0. */
    public static final long RESOURCE_ID_OFFSET = 24;

    /** How many struct virtio_gpu_mem_entry follow. */
    public static final long NR_ENTRIES_OFFSET = 28;

    /** Bytes before the entries. */
    public static final int LENGTH = 32;

    public int resourceId() {
        return getInt(RESOURCE_ID_OFFSET);
    }

    public AttachBacking resourceId(int value) {
        setInt(RESOURCE_ID_OFFSET, value);
        return this;
    }

    public int nrEntries() {
        return getInt(NR_ENTRIES_OFFSET);
    }

    public AttachBacking nrEntries(int value) {
        setInt(NR_ENTRIES_OFFSET, value);
        return this;
    }

    @Override
    public AttachBacking wrap(MemorySegment segment, long offset) {
        super.wrap(segment, offset);
        return this;
    }
}
