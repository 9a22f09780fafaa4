package dev.wayferry.examples.loopback;

import dev.wayferry.posix.FileStatus;
import dev.wayferry.posix.PosixException;
import java.lang.foreign.Arena;

/** What makes two descriptors the same file. */
record FileIdentity(long device, long inode) {
    static FileIdentity of(int fd) throws PosixException {
        try (Arena arena = Arena.ofConfined()) {
            FileStatus status = new FileStatus(arena);
            PosixException.check(status.read(fd), "status of fd " + fd);
            return new FileIdentity(status.device(), status.inode());
        }
    }
}
