package dev.wayferry.wire.vhostuser;

import dev.wayferry.wire.Flyweight;
import java.lang.foreign.MemorySegment;

/**
 * GET_INFLIGHT_FD and SET_INFLIGHT_FD.
 *
 * <p>Source: vhost-user.rst, "Inflight description".
 */
public final class InflightDescription extends Flyweight {
    /** Bytes of the buffer in which requests in flight are kept. */
    public static final long MMAP_SIZE_OFFSET = 0;

    /** Where in the file it begins, in bytes. */
    public static final long MMAP_OFFSET_OFFSET = 8;

    /** Queues. */
    public static final long NUM_QUEUES_OFFSET = 16;

    /** Entries of each. */
    public static final long QUEUE_SIZE_OFFSET = 18;

    /** Bytes in all. */
    public static final int LENGTH = 20;

    public long mmapSize() {
        return getLong(MMAP_SIZE_OFFSET);
    }

    public InflightDescription mmapSize(long value) {
        setLong(MMAP_SIZE_OFFSET, value);
        return this;
    }

    public long mmapOffset() {
        return getLong(MMAP_OFFSET_OFFSET);
    }

    public InflightDescription mmapOffset(long value) {
        setLong(MMAP_OFFSET_OFFSET, value);
        return this;
    }

    public int numQueues() {
        return getShort(NUM_QUEUES_OFFSET);
    }

    public InflightDescription numQueues(int value) {
        setShort(NUM_QUEUES_OFFSET, value);
        return this;
    }

    public int queueSize() {
        return getShort(QUEUE_SIZE_OFFSET);
    }

    public InflightDescription queueSize(int value) {
        setShort(QUEUE_SIZE_OFFSET, value);
        return this;
    }

    @Override
    public InflightDescription wrap(MemorySegment segment, long offset) {
        super.wrap(segment, offset);
        return this;
    }
}
