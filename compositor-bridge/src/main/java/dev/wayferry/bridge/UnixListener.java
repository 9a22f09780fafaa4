package dev.wayferry.bridge;

import dev.wayferry.posix.Errno;
import dev.wayferry.posix.ListeningSocket;
import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.PosixException;
import dev.wayferry.posix.Sockets;
import java.io.IOException;
import java.net.BindException;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.newsclub.net.unix.AFUNIXServerSocketChannel;
import org.newsclub.net.unix.AFUNIXSocket;
import org.newsclub.net.unix.AFUNIXSocketChannel;
import org.newsclub.net.unix.AFUNIXSocketCredentials;
import org.newsclub.net.unix.FileDescriptorCast;

/** A listening stream socket at a path. */
public final class UnixListener implements AutoCloseable {
    private static final int OWNER_ONLY = 0600;

    /** An accepted connection, owned by the caller, and who connected: the process, and its user at that moment. */
    public record Connection(OwnedFd socket, long peerPid, long peerUid) {}

    private final Path path;

    /** What listens until {@link #prepare}, in place of {@link #socket}. */
    private volatile @Nullable ServerSocketChannel quick;

    private volatile @Nullable OwnedFd socket;
    private volatile @Nullable AFUNIXServerSocketChannel channel;

    private UnixListener(Path path) {
        this.path = path;
    }

    /**
     * Listens at {@code path} with mode 0600 from the first instant. A socket that is there already is replaced if nobody
     * listens on it; any other file is left alone.
     *
     * @throws IOException when somebody listens there, the path is no socket or too long, or the kernel refuses
     */
    public static UnixListener bind(Path path) throws IOException {
        UnixListener listener = bindFirst(path, OWNER_ONLY);
        try {
            listener.prepare();
        } catch (IOException e) {
            listener.close();
            throw e;
        }
        return listener;
    }

    /** The same with another mode, but {@link #prepare} is left to the caller: others can connect at once, and wait to be accepted. */
    public static UnixListener bindFirst(Path path, int mode) throws IOException {
        removeStale(path);
        UnixListener listener = new UnixListener(path);
        listener.quick = mode == OWNER_ONLY ? QuickBind.listen(path) : null;
        if (listener.quick == null) {
            listener.socket = ListeningSocket.open(path.toString(), mode);
        }
        return listener;
    }

    /** Loads what {@link #accept} needs, which takes its time. */
    public void prepare() throws IOException {
        if (!AFUNIXSocket.isSupported()) {
            throw new IOException("junixsocket has no library for this machine");
        }
        ServerSocketChannel first = quick;
        if (first != null) {
            // The JDK's channel would carry no descriptors.
            socket = ListeningSocket.duplicate(path.toString());
            quick = null;
            first.close();
        }
        channel = FileDescriptorCast.unsafeUsing(fd()).as(AFUNIXServerSocketChannel.class);
    }

    private static void removeStale(Path path) throws IOException {
        if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        int type = (int) Files.getAttribute(path, "unix:mode", LinkOption.NOFOLLOW_LINKS) & 0xf000;
        if (type != 0xc000) {
            throw new FileSystemException(path.toString(), null, "is there already and is not a socket");
        }
        try {
            Sockets.connect(path.toString()).close();
        } catch (PosixException e) {
            // Any other error says nothing about who listens there.
            if (e.errno() != Errno.ECONNREFUSED) {
                throw e;
            }
            Files.deleteIfExists(path);
            return;
        }
        throw new BindException(path + ": another process listens on this socket");
    }

    /** Waits for the next connection. */
    public Connection accept() throws IOException {
        AFUNIXServerSocketChannel prepared = channel;
        if (prepared == null) {
            throw new IllegalStateException("not prepared");
        }
        AFUNIXSocketChannel accepted = prepared.accept();
        try {
            AFUNIXSocketCredentials peer = accepted.getPeerCredentials();
            return new Connection(UnixSockets.own(accepted), peer.getPid(), peer.getUid());
        } catch (IOException | RuntimeException e) {
            accepted.close();
            throw e;
        }
    }

    /** The listening descriptor, which stays this object's; for waiting until {@link #accept} has something. */
    public int fd() {
        OwnedFd own = socket;
        if (own == null) {
            throw new IllegalStateException("not prepared");
        }
        return own.number();
    }

    public Path path() {
        return path;
    }

    public boolean isOpen() {
        AFUNIXServerSocketChannel prepared = channel;
        OwnedFd own = socket;
        return prepared == null ? quick != null || (own != null && own.isOpen()) : prepared.isOpen();
    }

    /** Removes the socket from its path; from any thread, also while another one waits in {@link #accept}. */
    public void removePath() throws IOException {
        Files.deleteIfExists(path);
    }

    /** Stops listening and removes the socket from its path. */
    @Override
    public void close() throws IOException {
        // junixsocket leaves open what it has not opened itself.
        AFUNIXServerSocketChannel prepared = channel;
        if (prepared != null) {
            prepared.close();
        }
        ServerSocketChannel first = quick;
        if (first != null) {
            first.close();
        }
        OwnedFd own = socket;
        if (own != null) {
            own.close();
        }
        removePath();
    }
}
