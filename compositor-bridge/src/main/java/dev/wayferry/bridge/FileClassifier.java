package dev.wayferry.bridge;

import dev.wayferry.posix.FileStatus;
import dev.wayferry.posix.Posix;
import dev.wayferry.posix.Sockets;
import java.lang.foreign.Arena;

/** Tells what kind of file a received descriptor is, without moving its offset. Reusable; not for several threads. */
public final class FileClassifier {
    private final FileStatus status;

    public FileClassifier(Arena arena) {
        status = new FileStatus(arena);
    }

    /** The kind of {@code fd}; its size is then in {@link #size}. */
    public FileKind classify(int fd) {
        if (status.read(fd) < 0) {
            return FileKind.OTHER;
        }
        return switch (status.type()) {
            case FileStatus.S_IFREG -> {
                FileKind kind = linkKind(fd, FileKind.MEMORY);
                yield kind == FileKind.MEMORY && !isReadable(fd) ? FileKind.OTHER : kind;
            }
            case FileStatus.S_IFIFO -> fifoKind(fd);
            case FileStatus.S_IFSOCK -> Sockets.isConnectable(fd) ? FileKind.SOCKET : FileKind.OTHER;
            case 0 -> linkKind(fd, FileKind.OTHER);
            default -> FileKind.OTHER;
        };
    }

    /** A pipe can be reopened at once; a named FIFO has a file system, whose server may be waited for. */
    private static FileKind fifoKind(int fd) {
        if (!Posix.linkOf(fd).startsWith("pipe:[")) {
            return FileKind.OTHER;
        }
        return switch (Posix.statusFlags(fd) & Posix.O_ACCMODE) {
            case Posix.O_WRONLY -> FileKind.WRITE_PIPE;
            case Posix.O_RDONLY -> FileKind.READ_PIPE;
            default -> FileKind.OTHER;
        };
    }

    private static boolean isReadable(int fd) {
        int flags = Posix.statusFlags(fd);
        return (flags & Posix.O_PATH) == 0 && (flags & Posix.O_ACCMODE) != Posix.O_WRONLY;
    }

    /** Anonymous inodes have no type, or on new kernels a wrong one; only their link's text tells them apart. */
    private static FileKind linkKind(int fd, FileKind otherwise) {
        String link = Posix.linkOf(fd);
        if (link.startsWith("/dmabuf:") && isDmaBuf(fd)) {
            return FileKind.DMA_BUF;
        }
        if (link.equals("anon_inode:[eventfd]")) {
            return FileKind.EVENT;
        }
        return link.startsWith("anon_inode:") ? FileKind.OTHER : otherwise;
    }

    /**
     * Whether a file with such a link is a dma-buf, of which fdinfo tells who exported it ({@code dma_buf_show_fdinfo} of
     * Linux's drivers/dma-buf/dma-buf.c), and not a file of that name at the root of another mount namespace, which can shrink.
     */
    private static boolean isDmaBuf(int fd) {
        return Posix.fdInfoOf(fd).lines().anyMatch(line -> line.startsWith("exp_name:"));
    }

    /** Bytes of the file last classified; 0 for pipes. */
    public long size() {
        return status.size();
    }
}
