package dev.wayferry.bridge;

import dev.wayferry.posix.FileStatus;
import dev.wayferry.posix.FileSystems;
import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.Posix;
import dev.wayferry.posix.PosixException;
import dev.wayferry.posix.Sockets;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * A listening socket to which a connection is made without waiting for anything, so that a loop may do it.
 *
 * <p>A Unix socket is connected at once or, while its listener's backlog is full, not at all if it must not wait. What is left
 * is the looking up of the path: here its folder is held by a descriptor and lies in a file system of this kernel's own, and
 * what a listener is bound to stays in memory for as long as it listens.
 */
public final class NearbySocket implements AutoCloseable {
    private final Arena arena = Arena.ofAuto();
    private final OwnedFd folder;
    private final MemorySegment address;

    private NearbySocket(OwnedFd folder, String name) throws PosixException {
        this.folder = folder;
        this.address = Sockets.address("/proc/self/fd/" + folder.number() + "/" + name, arena);
    }

    /** The one at {@code path}; null where connecting may have to wait for something. This itself may wait. */
    public static @Nullable NearbySocket at(String path) {
        Path file = Path.of(path);
        Path parent = file.getParent();
        Path name = file.getFileName();
        // An abstract name has no folder.
        if (!file.isAbsolute() || parent == null || name == null || !isSocket(file)) {
            return null;
        }
        int fd = Posix.open(parent.toString(), Posix.O_PATH);
        if (fd < 0) {
            return null;
        }
        OwnedFd folder = new OwnedFd(fd);
        try {
            if (FileSystems.isLocal(fd)) {
                return new NearbySocket(folder, name.toString());
            }
        } catch (PosixException e) {
            // Its name is too long.
        }
        folder.close();
        return null;
    }

    /** Whether it is one, and no link to one, which might lie anywhere. */
    private static boolean isSocket(Path file) {
        int fd = Posix.open(file.toString(), Posix.O_PATH | Posix.O_NOFOLLOW);
        if (fd < 0) {
            return false;
        }
        try (OwnedFd opened = new OwnedFd(fd); Arena arena = Arena.ofConfined()) {
            FileStatus status = new FileStatus(arena);
            return status.read(opened.number()) == 0 && status.type() == FileStatus.S_IFSOCK;
        }
    }

    /** A connected socket; null if that is not possible now, of which {@link UnixSockets#connect} tells why, or waits. */
    public @Nullable OwnedFd connect() {
        int socket = Sockets.connectNow(address);
        return socket < 0 ? null : new OwnedFd(socket);
    }

    @Override
    public void close() {
        folder.close();
    }
}
