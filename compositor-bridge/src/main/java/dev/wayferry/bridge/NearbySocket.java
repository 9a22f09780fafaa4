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
 * is the looking up of the path: here the socket itself is held by a descriptor, so that whatever is put in its place is never
 * followed, and before each connection it is seen, in its folder, that it is still there. The folder lies in a file system of
 * this kernel's own. (Overlayfs counts as one, though root may have laid it over a file system that is none.)
 */
public final class NearbySocket implements AutoCloseable {
    private final Arena arena = Arena.ofAuto();
    private final FileStatus status = new FileStatus(arena);
    private final OwnedFd folder;
    private final OwnedFd socket;
    private final MemorySegment name;
    private final MemorySegment address;
    private final long inode;
    private final long device;

    /** Takes ownership of both descriptors, of which {@code status} tells of the second. */
    private NearbySocket(OwnedFd folder, OwnedFd socket, String name, FileStatus status) throws PosixException {
        this.folder = folder;
        this.socket = socket;
        this.name = arena.allocateFrom(name);
        this.address = Sockets.address("/proc/self/fd/" + socket.number(), arena);
        this.inode = status.inode();
        this.device = status.device();
    }

    /** The one at {@code path}; null where connecting may have to wait for something. This itself may wait. */
    public static @Nullable NearbySocket at(String path) {
        Path file = Path.of(path);
        Path parent = file.getParent();
        Path name = file.getFileName();
        // An abstract name has no folder.
        if (!file.isAbsolute() || parent == null || name == null) {
            return null;
        }
        OwnedFd folder = hold(parent, Posix.O_PATH);
        // A link is held itself, and is no socket: what it leads to might lie anywhere.
        OwnedFd socket = hold(file, Posix.O_PATH | Posix.O_NOFOLLOW);
        try (Arena arena = Arena.ofConfined()) {
            FileStatus status = new FileStatus(arena);
            if (folder != null && socket != null
                    && FileSystems.isLocal(folder.number()) && FileSystems.isLocal(socket.number())
                    && status.read(socket.number()) == 0 && status.type() == FileStatus.S_IFSOCK) {
                NearbySocket nearby = new NearbySocket(folder, socket, name.toString(), status);
                folder = null;
                socket = null;
                return nearby;
            }
            return null;
        } catch (PosixException e) {
            return null;
        } finally {
            close(folder);
            close(socket);
        }
    }

    private static @Nullable OwnedFd hold(Path file, int flags) {
        int fd = Posix.open(file.toString(), flags);
        return fd < 0 ? null : new OwnedFd(fd);
    }

    private static void close(@Nullable OwnedFd held) {
        if (held != null) {
            held.close();
        }
    }

    /**
     * A connected socket; null if that is not possible now, of which {@link Sockets#connectWithin} tells why, or waits: also
     * where another socket has taken the place of this one.
     */
    public @Nullable OwnedFd connect() {
        if (status.readLink(folder.number(), name) < 0 || status.inode() != inode || status.device() != device) {
            return null;
        }
        int connected = Sockets.connectNow(address);
        return connected < 0 ? null : new OwnedFd(connected);
    }

    @Override
    public void close() {
        folder.close();
        socket.close();
    }
}
