package dev.wayferry.wire.vhostuser;

import dev.wayferry.wire.Flyweight;
import java.lang.foreign.MemorySegment;

/**
 * SHMEM_MAP of the dialect before vhost-user.rst had one.
 *
 * <p>Source: crosvm, third_party/vmm_vhost, as of 2024-03 to 2025-12; Spectrum's patches to cloud-hypervisor.
 */
public final class LegacyShmemMap extends Flyweight {
    /** PROT_READ and PROT_WRITE, as mmap takes them. */
    public static final long FLAGS_OFFSET = 0;

    /** The shared memory region. */
    public static final long SHMID_OFFSET = 1;

    /** Where in the region, in bytes. */
    public static final long SHM_OFFSET_OFFSET = 8;

    /** Where in the file, in bytes. */
    public static final long FD_OFFSET_OFFSET = 16;

    /** Bytes. */
    public static final long LEN_OFFSET = 24;

    /** Bytes in all. */
    public static final int LENGTH = 32;

    public int flags() {
        return getByte(FLAGS_OFFSET);
    }

    public LegacyShmemMap flags(int value) {
        setByte(FLAGS_OFFSET, value);
        return this;
    }

    public int shmid() {
        return getByte(SHMID_OFFSET);
    }

    public LegacyShmemMap shmid(int value) {
        setByte(SHMID_OFFSET, value);
        return this;
    }

    public long shmOffset() {
        return getLong(SHM_OFFSET_OFFSET);
    }

    public LegacyShmemMap shmOffset(long value) {
        setLong(SHM_OFFSET_OFFSET, value);
        return this;
    }

    public long fdOffset() {
        return getLong(FD_OFFSET_OFFSET);
    }

    public LegacyShmemMap fdOffset(long value) {
        setLong(FD_OFFSET_OFFSET, value);
        return this;
    }

    public long len() {
        return getLong(LEN_OFFSET);
    }

    public LegacyShmemMap len(long value) {
        setLong(LEN_OFFSET, value);
        return this;
    }

    @Override
    public LegacyShmemMap wrap(MemorySegment segment, long offset) {
        super.wrap(segment, offset);
        return this;
    }
}
