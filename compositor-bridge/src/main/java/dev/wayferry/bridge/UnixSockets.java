package dev.wayferry.bridge;

import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.Posix;
import dev.wayferry.posix.PosixException;
import java.io.IOException;
import java.nio.file.Path;
import org.newsclub.net.unix.AFUNIXSocketAddress;
import org.newsclub.net.unix.AFUNIXSocketChannel;
import org.newsclub.net.unix.FileDescriptorCast;

/**
 * Opens stream sockets with junixsocket and hands them over as plain descriptors.
 *
 * <p>Bytes and descriptors then travel by {@link dev.wayferry.posix.SocketMessage}: junixsocket forgets the descriptors
 * of a write that met EAGAIN, and closes received ones with their socket, so it must not carry them.
 */
public final class UnixSockets {
    private UnixSockets() {}

    /** Connects to the stream socket at {@code path}; blocks while the listener's backlog is full. */
    public static OwnedFd connect(Path path) throws IOException {
        AFUNIXSocketChannel channel = AFUNIXSocketChannel.open();
        try {
            channel.connect(AFUNIXSocketAddress.of(path));
            return own(channel);
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    /** Takes ownership of the connected stream socket {@code fd}, which this process inherited; it blocks from now on. */
    public static OwnedFd adopt(int fd) throws IOException {
        PosixException.check(Posix.setNonBlocking(fd, false), "fcntl of inherited fd " + fd);
        PosixException.check(Posix.setCloseOnExec(fd), "fcntl of inherited fd " + fd);
        AFUNIXSocketChannel channel;
        try {
            channel = FileDescriptorCast.unsafeUsing(fd).as(AFUNIXSocketChannel.class);
        } catch (ClassCastException e) {
            throw new IOException("descriptor " + fd + " is no Unix socket", e);
        }
        return new OwnedFd(fd, () -> {
            // junixsocket leaves open what it has not opened itself.
            channel.close();
            Posix.close(fd);
        });
    }

    /** The channel's descriptor, which lives as long as the channel and is closed by closing it. */
    static OwnedFd own(AFUNIXSocketChannel channel) throws IOException {
        return new OwnedFd(FileDescriptorCast.using(channel.getFileDescriptor()).as(Integer.class), channel);
    }
}
