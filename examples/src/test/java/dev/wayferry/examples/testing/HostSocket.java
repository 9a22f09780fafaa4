package dev.wayferry.examples.testing;

import dev.wayferry.posix.Errno;
import dev.wayferry.posix.ListeningSocket;
import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.Posix;
import dev.wayferry.posix.PosixException;
import dev.wayferry.posix.SocketMessage;
import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.SocketTimeoutException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.newsclub.net.unix.AFUNIXServerSocketChannel;
import org.newsclub.net.unix.FileDescriptorCast;

/** Stands where a compositor would: a listening socket whose connections the test itself reads and writes. */
public final class HostSocket implements AutoCloseable {
    private static final int PATIENCE_MILLIS = 60_000;
    private static final int BUFFER = 65536;

    private final Path path;
    private final OwnedFd listener;
    private final AFUNIXServerSocketChannel channel;

    public HostSocket(Path path) throws IOException {
        this.path = path;
        this.listener = ListeningSocket.open(path.toString(), 0600);
        this.channel = FileDescriptorCast.unsafeUsing(listener.number()).as(AFUNIXServerSocketChannel.class);
    }

    public Path path() {
        return path;
    }

    /** Waits for the next connection. */
    public Connection accept() throws IOException {
        if (Posix.poll(listener.number(), Posix.POLLIN, PATIENCE_MILLIS) <= 0) {
            throw new SocketTimeoutException("nobody connected to " + path);
        }
        var accepted = channel.accept();
        return new Connection(
                new OwnedFd(FileDescriptorCast.using(accepted.getFileDescriptor()).as(Integer.class), accepted));
    }

    /** Whether nobody has connected for {@code millis}. */
    public boolean isQuiet(int millis) {
        return Posix.poll(listener.number(), Posix.POLLIN, millis) == 0;
    }

    @Override
    public void close() throws IOException {
        listener.close();
        Files.deleteIfExists(path);
    }

    /** One accepted connection. */
    public static final class Connection implements AutoCloseable {
        private final Arena arena = Arena.ofShared();
        private final SocketMessage message = new SocketMessage(1, arena);
        private final MemorySegment buffer = arena.allocate(BUFFER);
        private final OwnedFd socket;
        private final List<OwnedFd> fds = new ArrayList<>();

        public Connection(OwnedFd socket) {
            this.socket = socket;
        }

        /** Receives exactly {@code length} bytes; descriptors are kept for {@link #takeFd}. */
        public byte[] receive(int length) throws IOException {
            byte[] bytes = new byte[length];
            int filled = 0;
            while (filled < length) {
                filled += receiveSome(bytes, filled);
            }
            return bytes;
        }

        /** Waits, however long, until something can be received. */
        void awaitReadable() throws IOException {
            int ready = Posix.poll(socket.number(), Posix.POLLIN, -1);
            if (ready != -Errno.EINTR) {
                PosixException.check(ready, "poll");
            }
        }

        /** Whether nothing comes for {@code millis}. */
        public boolean isQuiet(int millis) {
            return Posix.poll(socket.number(), Posix.POLLIN, millis) == 0;
        }

        private int receiveSome(byte[] bytes, int at) throws IOException {
            if (Posix.poll(socket.number(), Posix.POLLIN, PATIENCE_MILLIS) == 0) {
                throw new SocketTimeoutException(at + " of " + bytes.length + " bytes came");
            }
            int length = Math.min(bytes.length - at, BUFFER);
            message.clear();
            message.addBuffer(buffer.asSlice(0, length));
            int received = (int) PosixException.check(message.receive(socket.number()), "receive");
            for (int i = 0; i < message.fdCount(); i++) {
                fds.add(new OwnedFd(message.fd(i)));
            }
            if (received == 0) {
                throw new EOFException("closed after " + at + " of " + bytes.length + " bytes");
            }
            MemorySegment.copy(buffer, ValueLayout.JAVA_BYTE, 0, bytes, at, received);
            return received;
        }

        /** The descriptor that came first, now the caller's. */
        public OwnedFd takeFd() {
            return fds.removeFirst();
        }

        public int fdCount() {
            return fds.size();
        }

        public void send(byte[] bytes, int... toSend) throws IOException {
            int sent = 0;
            while (sent < bytes.length) {
                int length = Math.min(bytes.length - sent, BUFFER);
                MemorySegment.copy(bytes, sent, buffer, ValueLayout.JAVA_BYTE, 0, length);
                message.clear();
                message.addBuffer(buffer.asSlice(0, length));
                if (sent == 0) {
                    for (int fd : toSend) {
                        message.addFd(fd);
                    }
                }
                long result = message.sendBlocking(socket.number());
                if (result != -Errno.EINTR) {
                    sent += (int) PosixException.check(result, "send");
                }
            }
        }

        /** Waits for the end of the stream. */
        public void awaitEnd() throws IOException {
            try {
                receive(1);
            } catch (EOFException expected) {
                return;
            } catch (PosixException e) {
                if (e.errno() == Errno.ECONNRESET) {
                    return;
                }
                throw e;
            }
            throw new IOException("bytes came instead of the end");
        }

        @Override
        public void close() {
            fds.forEach(OwnedFd::close);
            fds.clear();
            socket.close();
        }
    }
}
