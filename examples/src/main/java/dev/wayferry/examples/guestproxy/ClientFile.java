package dev.wayferry.examples.guestproxy;

import dev.wayferry.posix.Errno;
import dev.wayferry.posix.Posix;
import java.io.IOException;
import java.lang.foreign.MemorySegment;

/**
 * A program's shared memory, held by its pool and the pool's buffers.
 *
 * <p>It is read by pread, not mapped: a program may truncate its file at any time, and what would be a SIGBUS in a mapping
 * is then only a short read.
 */
final class ClientFile {
    private final int fd;
    private int holders = 1;

    /** Takes ownership of {@code fd}. */
    ClientFile(int fd) {
        this.fd = fd;
    }

    void hold() {
        holders++;
    }

    /** Gives up one hold; the last closes the file. */
    void drop() {
        if (--holders == 0) {
            Posix.close(fd);
        }
    }

    /** Reads into {@code target} from {@code offset} on; returns how many bytes, fewer where the file ends. */
    long read(MemorySegment target, long offset) throws IOException {
        return read(fd, target, offset);
    }

    static long read(int fd, MemorySegment target, long offset) throws IOException {
        long done = 0;
        while (done < target.byteSize()) {
            long count = Posix.pread(fd, target.asSlice(done), offset + done);
            if (count == -Errno.EINTR) {
                continue;
            }
            if (count < 0) {
                throw new IOException("pread of " + target.byteSize() + " bytes at " + offset
                        + " of the program's file: " + Errno.name(count));
            }
            if (count == 0) {
                break;
            }
            done += count;
        }
        return done;
    }
}
