package dev.wayferry.proxy.vhostuser;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.wayferry.posix.Memory;
import dev.wayferry.wire.vhostuser.LegacyShmemMap;
import dev.wayferry.wire.vhostuser.LegacyShmemRegion;
import dev.wayferry.wire.vhostuser.LegacyShmemUnmap;
import dev.wayferry.wire.vhostuser.ShmemMap;
import dev.wayferry.wire.vhostuser.VhostUser;
import java.lang.foreign.MemorySegment;
import java.util.function.IntToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * How a VMM wants shared memory regions spoken of. The idea was always the same; the feature bit, the requests' numbers
 * and their layout have changed with the years, and VMMs of every year are in use.
 */
public enum ShmemDialect {
    /** vhost-user.rst, "VIRTIO Shared Memory mmap messages": QEMU from 11.1, crosvm from 2026-08. */
    STANDARD(VhostUser.PROTOCOL_F_SHMEM),

    /** As the standard, under a bit that is GPA_ADDRESSES there: crosvm from 2026-03 to 2026-08, rust-vmm. */
    BIT21(VhostUser.PROTOCOL_F_SHMEM_BIT21),

    /** As the standard, under a bit that is GET_VRING_BASE_INFLIGHT there: crosvm from 2025-12 to 2026-03. */
    BIT20(VhostUser.PROTOCOL_F_SHMEM_BIT20),

    /** Messages of crosvm's own, always answered: crosvm from 2024-03 to 2025-12, Spectrum's cloud-hypervisor. */
    LEGACY(VhostUser.PROTOCOL_F_SHMEM_LEGACY);

    private final long feature;

    ShmemDialect(int bit) {
        this.feature = 1L << bit;
    }

    /** Its protocol feature, as a mask. */
    public long feature() {
        return feature;
    }

    /** The dialect that a VMM has acknowledged, the standard one of several; null when it can't map at all. */
    static @Nullable ShmemDialect of(long acknowledged) {
        for (ShmemDialect dialect : values()) {
            if ((acknowledged & dialect.feature) != 0) {
                return dialect;
            }
        }
        return null;
    }

    /**
     * Whether the VMM answers maps and unmaps that do not ask for it. crosvm did so too when it first used the standard's
     * messages, before it knew REPLY_ACK.
     */
    boolean answersUnasked() {
        return this == LEGACY || this == BIT20;
    }

    int mapRequest() {
        return this == LEGACY ? VhostUser.BACKEND_LEGACY_SHMEM_MAP : VhostUser.BACKEND_SHMEM_MAP;
    }

    int unmapRequest() {
        return this == LEGACY ? VhostUser.BACKEND_LEGACY_SHMEM_UNMAP : VhostUser.BACKEND_SHMEM_UNMAP;
    }

    /** Writes a request to map {@code length} bytes of a file from its start; returns the payload's bytes. */
    int writeMap(MemorySegment payload, int shmid, long offset, long length) {
        if (this == LEGACY) {
            new LegacyShmemMap()
                    .wrap(cleared(payload, LegacyShmemMap.LENGTH), 0)
                    .flags(Memory.PROT_READ | Memory.PROT_WRITE)
                    .shmid(shmid)
                    .shmOffset(offset)
                    .len(length);
            return LegacyShmemMap.LENGTH;
        }
        return writeStandard(payload, shmid, offset, length, VhostUser.SHMEM_MAP_RW);
    }

    /** Writes a request to unmap exactly what an earlier one mapped; returns the payload's bytes. */
    int writeUnmap(MemorySegment payload, int shmid, long offset, long length) {
        if (this == LEGACY) {
            new LegacyShmemUnmap()
                    .wrap(cleared(payload, LegacyShmemUnmap.LENGTH), 0)
                    .shmid(shmid)
                    .shmOffset(offset)
                    .len(length);
            return LegacyShmemUnmap.LENGTH;
        }
        return writeStandard(payload, shmid, offset, length, 0);
    }

    private static int writeStandard(MemorySegment payload, int shmid, long offset, long length, long flags) {
        new ShmemMap()
                .wrap(cleared(payload, ShmemMap.LENGTH), 0)
                .shmid(shmid)
                .shmOffset(offset)
                .len(length)
                .mmapFlags(flags);
        return ShmemMap.LENGTH;
    }

    /** Writes the reply to GET_SHMEM_CONFIG, of sizes by shmid, 0 for none; returns the payload's bytes. */
    static int writeConfig(MemorySegment payload, IntToLongFunction sizeOf) {
        MemorySegment reply = cleared(payload, VhostUser.SHMEM_CONFIG_LENGTH);
        int count = 0;
        for (int shmid = 0; shmid < VhostUser.MAX_SHMEM_REGIONS; shmid++) {
            long size = sizeOf.applyAsLong(shmid);
            if (size > 0) {
                count++;
                reply.setAtIndex(JAVA_LONG, 1L + shmid, size);
            }
        }
        reply.set(JAVA_INT, 0, count);
        return VhostUser.SHMEM_CONFIG_LENGTH;
    }

    /** Writes the reply to GET_SHARED_MEMORY_REGIONS; returns the payload's bytes. */
    static int writeRegions(MemorySegment payload, IntToLongFunction sizeOf) {
        long count = 0;
        int length = Long.BYTES;
        for (int shmid = 0; shmid < VhostUser.MAX_SHMEM_REGIONS; shmid++) {
            long size = sizeOf.applyAsLong(shmid);
            if (size > 0) {
                count++;
                new LegacyShmemRegion()
                        .wrap(payload.asSlice(length, LegacyShmemRegion.LENGTH).fill((byte) 0), 0)
                        .shmid(shmid)
                        .length(size);
                length += LegacyShmemRegion.LENGTH;
            }
        }
        payload.set(JAVA_LONG, 0, count);
        return length;
    }

    private static MemorySegment cleared(MemorySegment payload, int length) {
        return payload.asSlice(0, length).fill((byte) 0);
    }
}
