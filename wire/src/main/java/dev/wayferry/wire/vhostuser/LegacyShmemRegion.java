package dev.wayferry.wire.vhostuser;

import dev.wayferry.wire.Flyweight;
import java.lang.foreign.MemorySegment;

/**
 * One region in the reply to GET_SHARED_MEMORY_REGIONS, behind a count of 8 bytes.
 *
 * <p>Source: crosvm, third_party/vmm_vhost, as of 2024-03 to 2025-12; Spectrum's patches to cloud-hypervisor.
 */
public final class LegacyShmemRegion extends Flyweight {
    /** The shared memory region. */
    public static final long SHMID_OFFSET = 0;

    /** Its size in bytes. */
    public static final long LENGTH_OFFSET = 8;

    /** Bytes in all. */
    public static final int LENGTH = 16;

    public int shmid() {
        return getByte(SHMID_OFFSET);
    }

    public LegacyShmemRegion shmid(int value) {
        setByte(SHMID_OFFSET, value);
        return this;
    }

    public long length() {
        return getLong(LENGTH_OFFSET);
    }

    public LegacyShmemRegion length(long value) {
        setLong(LENGTH_OFFSET, value);
        return this;
    }

    @Override
    public LegacyShmemRegion wrap(MemorySegment segment, long offset) {
        super.wrap(segment, offset);
        return this;
    }
}
