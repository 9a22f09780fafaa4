package dev.wayferry.wire.vhostuser;

import dev.wayferry.wire.Flyweight;
import java.lang.foreign.MemorySegment;

/**
 * SHMEM_UNMAP of the dialect before vhost-user.rst had one.
 *
 * <p>Source: crosvm, third_party/vmm_vhost, as of 2024-03 to 2025-12; Spectrum's patches to cloud-hypervisor.
 */
public final class LegacyShmemUnmap extends Flyweight {
    /** The shared memory region. */
    public static final long SHMID_OFFSET = 0;

    /** Where in the region, in bytes. */
    public static final long SHM_OFFSET_OFFSET = 8;

    /** Bytes. */
    public static final long LEN_OFFSET = 16;

    /** Bytes in all. */
    public static final int LENGTH = 24;

    public int shmid() {
        return getByte(SHMID_OFFSET);
    }

    public LegacyShmemUnmap shmid(int value) {
        setByte(SHMID_OFFSET, value);
        return this;
    }

    public long shmOffset() {
        return getLong(SHM_OFFSET_OFFSET);
    }

    public LegacyShmemUnmap shmOffset(long value) {
        setLong(SHM_OFFSET_OFFSET, value);
        return this;
    }

    public long len() {
        return getLong(LEN_OFFSET);
    }

    public LegacyShmemUnmap len(long value) {
        setLong(LEN_OFFSET, value);
        return this;
    }

    @Override
    public LegacyShmemUnmap wrap(MemorySegment segment, long offset) {
        super.wrap(segment, offset);
        return this;
    }
}
