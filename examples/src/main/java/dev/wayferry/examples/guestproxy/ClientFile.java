package dev.wayferry.examples.guestproxy;

import dev.wayferry.posix.Errno;
import dev.wayferry.posix.FileStatus;
import dev.wayferry.posix.Memory;
import dev.wayferry.posix.Posix;
import dev.wayferry.posix.PosixException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * A program's shared memory, held by its pool and the pool's buffers.
 *
 * <p>A program may truncate its file at any time, and touching a mapping beyond its end is a SIGBUS. So only a file that is
 * sealed against shrinking is mapped, as most programs' are. Any other is read by pread: slower by half, but what is missing
 * is then only a short read.
 */
final class ClientFile {
    private final int fd;
    private final FileStatus status;
    private int holders = 1;
    private boolean mappable;
    private @Nullable Arena arena;
    private MemorySegment mapping = MemorySegment.NULL;

    /**
     * Takes ownership of {@code fd}.
     *
     * @param status a buffer for its status, shared with others
     */
    ClientFile(int fd, FileStatus status) {
        this.fd = fd;
        this.status = status;
        int seals = Memory.seals(fd);
        mappable = seals >= 0 && (seals & Memory.F_SEAL_SHRINK) != 0;
    }

    void hold() {
        holders++;
    }

    /** Gives up one hold; the last closes the file. */
    void drop() {
        if (--holders == 0) {
            unmap();
            Posix.close(fd);
        }
    }

    /** Whether it is memory or a regular file at all. */
    boolean isRegular() {
        return status.read(fd) == 0 && status.type() == FileStatus.S_IFREG;
    }

    /** Whether it is a dma-buf, which on new kernels passes for a regular file otherwise. */
    boolean isDmaBuf() {
        return isDmaBuf(fd);
    }

    static boolean isDmaBuf(int fd) {
        return Posix.linkOf(fd).startsWith("/dmabuf:");
    }

    /** Bytes that it has now; 0 where that can't be told. */
    long size() {
        return status.read(fd) == 0 ? status.size() : 0;
    }

    /** The descriptor, which stays this object's. */
    int fd() {
        return fd;
    }

    /** Copies into {@code target} from {@code offset} on; returns how many bytes, fewer where the file ends. */
    long read(MemorySegment target, long offset) throws IOException {
        long length = target.byteSize();
        if (mappable && mapping.byteSize() < offset + length) {
            map();
        }
        if (mapping.byteSize() < offset + length) {
            return read(fd, target, offset);
        }
        MemorySegment.copy(mapping, offset, target, 0, length);
        return length;
    }

    /** Maps all that the file has now. */
    private void map() {
        if (status.read(fd) < 0 || status.size() <= mapping.byteSize()) {
            return;
        }
        unmap();
        arena = Arena.ofConfined();
        try {
            mapping = Memory.map(fd, 0, status.size(), Memory.PROT_READ, arena);
        } catch (PosixException e) {
            mappable = false;
            unmap();
        }
    }

    private void unmap() {
        mapping = MemorySegment.NULL;
        if (arena != null) {
            arena.close();
            arena = null;
        }
    }

    /** Copies {@code source} into the file from {@code offset} on, but not beyond its end. */
    void write(MemorySegment source, long offset) throws IOException {
        PosixException.check(status.read(fd), "statx of a program's file");
        long length = Math.min(source.byteSize(), status.size() - offset);
        long done = 0;
        while (done < length) {
            long count = Posix.pwrite(fd, source.asSlice(done, length - done), offset + done);
            if (count != -Errno.EINTR) {
                done += PosixException.check(count, "pwrite to a program's file");
            }
        }
    }

    /** Reads from a file that is not mapped. */
    static long read(int fd, MemorySegment target, long offset) throws IOException {
        long done = 0;
        while (done < target.byteSize()) {
            long count = Posix.pread(fd, target.asSlice(done), offset + done);
            if (count == -Errno.EINTR) {
                continue;
            }
            PosixException.check(count, "pread of a program's file");
            if (count == 0) {
                break;
            }
            done += count;
        }
        return done;
    }
}
