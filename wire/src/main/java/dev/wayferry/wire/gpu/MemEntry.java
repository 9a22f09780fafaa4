package dev.wayferry.wire.gpu;

import dev.wayferry.wire.Flyweight;
import java.lang.foreign.MemorySegment;

/**
 * struct virtio_gpu_mem_entry: a run of guest memory.
 *
 * <p>Source: virtio specification, GPU Device, VIRTIO_GPU_CMD_RESOURCE_ATTACH_BACKING.
 */
public final class MemEntry extends Flyweight {
    /** Guest-physical address. */
    public static final long ADDR_OFFSET = 0;

    /** Bytes. */
    public static final long LENGTH_OFFSET = 8;

    /** Bytes in all. */
    public static final int LENGTH = 16;

    public long addr() {
        return getLong(ADDR_OFFSET);
    }

    public MemEntry addr(long value) {
        setLong(ADDR_OFFSET, value);
        return this;
    }

    public int length() {
        return getInt(LENGTH_OFFSET);
    }

    public MemEntry length(int value) {
        setInt(LENGTH_OFFSET, value);
        return this;
    }

    @Override
    public MemEntry wrap(MemorySegment segment, long offset) {
        super.wrap(segment, offset);
        return this;
    }
}
