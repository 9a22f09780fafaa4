package dev.wayferry.wire.vhostuser;

import dev.wayferry.wire.Flyweight;
import java.lang.foreign.MemorySegment;

/**
 * A region of the front-end's memory.
 *
 * <p>Source: vhost-user.rst, "Memory region description".
 */
public final class MemoryRegionDescription extends Flyweight {
    /** Guest-physical. */
    public static final long GUEST_ADDRESS_OFFSET = 0;

    /** Bytes. */
    public static final long SIZE_OFFSET = 8;

    /** In the front-end's address space. */
    public static final long USER_ADDRESS_OFFSET = 16;

    /** Where in the file the region starts, in bytes. */
    public static final long MMAP_OFFSET_OFFSET = 24;

    /** Bytes in all. */
    public static final int LENGTH = 32;

    public long guestAddress() {
        return getLong(GUEST_ADDRESS_OFFSET);
    }

    public MemoryRegionDescription guestAddress(long value) {
        setLong(GUEST_ADDRESS_OFFSET, value);
        return this;
    }

    public long size() {
        return getLong(SIZE_OFFSET);
    }

    public MemoryRegionDescription size(long value) {
        setLong(SIZE_OFFSET, value);
        return this;
    }

    public long userAddress() {
        return getLong(USER_ADDRESS_OFFSET);
    }

    public MemoryRegionDescription userAddress(long value) {
        setLong(USER_ADDRESS_OFFSET, value);
        return this;
    }

    public long mmapOffset() {
        return getLong(MMAP_OFFSET_OFFSET);
    }

    public MemoryRegionDescription mmapOffset(long value) {
        setLong(MMAP_OFFSET_OFFSET, value);
        return this;
    }

    @Override
    public MemoryRegionDescription wrap(MemorySegment segment, long offset) {
        super.wrap(segment, offset);
        return this;
    }
}
