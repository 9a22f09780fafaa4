package dev.wayferry.wire.vhostuser;

import dev.wayferry.wire.Flyweight;
import java.lang.foreign.MemorySegment;

/**
 * SHMEM_MAP and SHMEM_UNMAP on the back-channel.
 *
 * <p>Source: vhost-user.rst, "VIRTIO Shared Memory mmap messages".
 */
public final class ShmemMap extends Flyweight {
    /** The shared memory region. */
    public static final long SHMID_OFFSET = 0;

    /** Where in the file, in bytes. */
    public static final long FD_OFFSET_OFFSET = 8;

    /** Where in the region, in bytes. */
    public static final long SHM_OFFSET_OFFSET = 16;

    /** Bytes. */
    public static final long LEN_OFFSET = 24;

    /** Bit 0: read-write. */
    public static final long MMAP_FLAGS_OFFSET = 32;

    /** Bytes in all. */
    public static final int LENGTH = 40;

    public int shmid() {
        return getByte(SHMID_OFFSET);
    }

    public ShmemMap shmid(int value) {
        setByte(SHMID_OFFSET, value);
        return this;
    }

    public long fdOffset() {
        return getLong(FD_OFFSET_OFFSET);
    }

    public ShmemMap fdOffset(long value) {
        setLong(FD_OFFSET_OFFSET, value);
        return this;
    }

    public long shmOffset() {
        return getLong(SHM_OFFSET_OFFSET);
    }

    public ShmemMap shmOffset(long value) {
        setLong(SHM_OFFSET_OFFSET, value);
        return this;
    }

    public long len() {
        return getLong(LEN_OFFSET);
    }

    public ShmemMap len(long value) {
        setLong(LEN_OFFSET, value);
        return this;
    }

    public long mmapFlags() {
        return getLong(MMAP_FLAGS_OFFSET);
    }

    public ShmemMap mmapFlags(long value) {
        setLong(MMAP_FLAGS_OFFSET, value);
        return this;
    }

    @Override
    public ShmemMap wrap(MemorySegment segment, long offset) {
        super.wrap(segment, offset);
        return this;
    }
}
