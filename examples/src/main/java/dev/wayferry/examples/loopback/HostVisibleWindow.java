package dev.wayferry.examples.loopback;

import dev.wayferry.posix.FileStatus;
import dev.wayferry.posix.Memory;
import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.PosixException;
import dev.wayferry.wire.gpu.VirtioGpu;
import dev.wayferry.wire.vhostuser.ShmemMap;
import dev.wayferry.wire.vhostuser.VhostUser;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The VMM's side of the host-visible shared memory region: which files lie where in it. Safe for use from several threads.
 *
 * <p>Requests are checked as QEMU 11.1 does. Source: {@code hw/virtio/vhost-user.c} there.
 */
final class HostVisibleWindow implements AutoCloseable {
    /** In the VMM's own address space QEMU reserves the window's range; nothing of this process lies here. */
    private static final long USER_BASE = 0x1000_0000_0000L;

    /** A file, or part of it, in the window. Its descriptor is the window's. */
    private record Mapping(long offset, long length, long fdOffset, OwnedFd file) {}

    private final long guestBase;
    private final long size;
    private final TreeMap<Long, Mapping> mappings = new TreeMap<>();

    /** An empty window of {@code size} bytes at guest-physical {@code guestBase}. */
    HostVisibleWindow(long guestBase, long size) {
        this.guestBase = guestBase;
        this.size = size;
    }

    long size() {
        return size;
    }

    /**
     * Why a SHMEM_MAP must be refused, or null if it can be done.
     *
     * @param fd the file that came with it, -1 for none
     */
    synchronized @Nullable String refusesMap(ShmemMap request, int fd) {
        long offset = request.shmOffset();
        long length = request.len();
        String wrong = refuses(request);
        if (wrong != null) {
            return wrong;
        }
        if (fd < 0) {
            return "no file came along";
        }
        if (request.fdOffset() % Memory.PAGE_SIZE != 0) {
            return "fd_offset 0x" + Long.toHexString(request.fdOffset()) + " is not page-aligned";
        }
        if (Long.compareUnsigned(request.mmapFlags(), VhostUser.SHMEM_MAP_RW) > 0) {
            return "unknown flags 0x" + Long.toHexString(request.mmapFlags());
        }
        var before = mappings.lowerEntry(offset + length);
        if (before != null && before.getKey() + before.getValue().length > offset) {
            return "overlaps the mapping at 0x" + Long.toHexString(before.getKey()) + " len "
                    + before.getValue().length;
        }
        try (Arena arena = Arena.ofConfined()) {
            FileStatus status = new FileStatus(arena);
            if (status.read(fd) < 0 || request.fdOffset() < 0 || status.size() - request.fdOffset() < length) {
                return "the file has " + status.size() + " bytes, fd_offset " + request.fdOffset() + " len " + length;
            }
        }
        return null;
    }

    /** Why a SHMEM_UNMAP must be refused, or null if it can be done. */
    synchronized @Nullable String refusesUnmap(ShmemMap request) {
        String wrong = refuses(request);
        if (wrong != null) {
            return wrong;
        }
        Mapping mapping = mappings.get(request.shmOffset());
        return mapping == null || mapping.length != request.len() ? "is not exactly one mapping" : null;
    }

    private @Nullable String refuses(ShmemMap request) {
        long offset = request.shmOffset();
        long length = request.len();
        if (request.shmid() != VirtioGpu.SHM_ID_HOST_VISIBLE) {
            return "no region " + request.shmid();
        }
        if (length == 0) {
            return "len 0";
        }
        if (offset < 0 || length < 0 || offset > size || length > size - offset) {
            return "shm_offset 0x" + Long.toHexString(offset) + " len " + length + " lies outside of " + size;
        }
        return null;
    }

    /** Takes ownership of {@code file} and puts it where the checked {@code request} says. */
    synchronized void map(ShmemMap request, OwnedFd file) {
        mappings.put(
                request.shmOffset(), new Mapping(request.shmOffset(), request.len(), request.fdOffset(), file));
    }

    /** Removes what the checked {@code request} says. */
    synchronized void unmap(ShmemMap request) {
        Mapping gone = mappings.remove(request.shmOffset());
        if (gone != null) {
            gone.file.close();
        }
    }

    /** Removes everything, as a reset of the machine does. */
    synchronized void clear() {
        mappings.values().forEach(mapping -> mapping.file.close());
        mappings.clear();
    }

    /** Whether exactly {@code length} bytes are mapped at {@code offset}. */
    synchronized boolean isMapped(long offset, long length) {
        Mapping mapping = mappings.get(offset);
        return mapping != null && mapping.length == length;
    }

    /** Whether anything is mapped between {@code offset} and {@code offset + length}. */
    synchronized boolean isTouched(long offset, long length) {
        var before = mappings.lowerEntry(offset + length);
        return before != null && before.getKey() + before.getValue().length > offset;
    }

    /** How many mappings there are. */
    synchronized int count() {
        return mappings.size();
    }

    /** A duplicate, owned by the caller, of the file mapped at {@code offset}, and where in it the mapping starts. */
    synchronized FileRange fileAt(long offset) throws PosixException {
        Mapping mapping = mappings.get(offset);
        if (mapping == null) {
            throw new IllegalStateException("nothing is mapped at 0x" + Long.toHexString(offset));
        }
        return new FileRange(mapping.file.duplicate(), mapping.fdOffset, mapping.length);
    }

    /** Part of a file. The descriptor is the holder's. */
    record FileRange(OwnedFd file, long offset, long length) {}

    /** What the back-end is told of: QEMU shows it its own files as memory of the guest. */
    synchronized List<MemoryRegion> regions() {
        List<MemoryRegion> regions = new ArrayList<>();
        for (Mapping mapping : mappings.values()) {
            regions.add(new MemoryRegion(
                    guestBase + mapping.offset,
                    mapping.length,
                    USER_BASE + mapping.offset,
                    mapping.fdOffset,
                    mapping.file.number()));
        }
        return regions;
    }

    @Override
    public void close() {
        clear();
    }
}
