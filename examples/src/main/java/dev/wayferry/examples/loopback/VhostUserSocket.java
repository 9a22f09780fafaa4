package dev.wayferry.examples.loopback;

import dev.wayferry.posix.Errno;
import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.Posix;
import dev.wayferry.posix.PosixException;
import dev.wayferry.posix.SocketMessage;
import dev.wayferry.wire.vhostuser.VhostUser;
import dev.wayferry.wire.vhostuser.VhostUserHeader;
import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.SocketTimeoutException;
import java.util.ArrayList;
import java.util.List;

/**
 * One end of a stream of vhost-user messages. One thread at a time sends and receives.
 *
 * <p>Source: vhost-user.rst, "Message Specification".
 */
public final class VhostUserSocket implements AutoCloseable {
    private static final int MAX_PAYLOAD = 8192;
    private static final int MAX_FDS = 8;

    /** A received message. Its descriptors belong to whoever received it. */
    public record Message(int request, int flags, MemorySegment payload, List<OwnedFd> fds) {
        public boolean isReply() {
            return (flags & VhostUser.FLAG_REPLY) != 0;
        }

        public boolean needsReply() {
            return (flags & VhostUser.FLAG_NEED_REPLY) != 0;
        }

        void closeFds() {
            fds.forEach(OwnedFd::close);
        }
    }

    private final Arena arena = Arena.ofShared();
    private final OwnedFd socket;
    private final SocketMessage message = new SocketMessage(1, arena);
    private final MemorySegment buffer = arena.allocate(VhostUserHeader.LENGTH + MAX_PAYLOAD, Long.BYTES);
    private final VhostUserHeader header = new VhostUserHeader().wrap(buffer, 0);

    /** Takes ownership of {@code socket}. */
    public VhostUserSocket(OwnedFd socket) {
        this.socket = socket;
    }

    /** The socket's number, to be polled; it stays this object's. */
    int fd() {
        return socket.number();
    }

    /**
     * Sends a message, waiting for room.
     *
     * @param flags {@link VhostUser#FLAG_REPLY} and {@link VhostUser#FLAG_NEED_REPLY}; the version is added
     * @param fds descriptors that go along and stay the caller's
     */
    public void send(int request, int flags, MemorySegment payload, int... fds) throws IOException {
        int size = (int) payload.byteSize();
        header.request(request).flags(VhostUser.VERSION | flags).size(size);
        MemorySegment.copy(payload, 0, buffer, VhostUserHeader.LENGTH, size);
        sendBuffer(VhostUserHeader.LENGTH + size, fds);
    }

    /** Sends bytes as they are, for messages that are not well formed. */
    public void sendRaw(MemorySegment bytes, int... fds) throws IOException {
        MemorySegment.copy(bytes, 0, buffer, 0, bytes.byteSize());
        sendBuffer((int) bytes.byteSize(), fds);
    }

    private void sendBuffer(int length, int... fds) throws IOException {
        message.clear();
        message.addBuffer(buffer.asSlice(0, length));
        for (int fd : fds) {
            message.addFd(fd);
        }
        int sent = 0;
        while (sent < length) {
            long result = message.sendBlocking(socket.number());
            if (result == -Errno.EINTR) {
                continue;
            }
            sent += (int) PosixException.check(result, "send to the back-end");
            message.clear();
            message.addBuffer(buffer.asSlice(sent, length - sent));
        }
    }

    /**
     * Receives a message.
     *
     * @throws EOFException when the other side has closed
     * @throws SocketTimeoutException when nothing came in time
     */
    public Message receive(int timeoutMillis) throws IOException {
        List<OwnedFd> fds = new ArrayList<>();
        try {
            fill(0, VhostUserHeader.LENGTH, fds, timeoutMillis);
            int request = header.request();
            int flags = header.flags();
            int size = header.size();
            if ((flags & VhostUser.VERSION_MASK) != VhostUser.VERSION) {
                throw new IOException(describe(request, flags, size) + ": not version " + VhostUser.VERSION);
            }
            if (size < 0 || size > MAX_PAYLOAD) {
                throw new IOException(describe(request, flags, size) + ": more than " + MAX_PAYLOAD + " bytes");
            }
            fill(VhostUserHeader.LENGTH, size, fds, timeoutMillis);
            MemorySegment payload = MemorySegment.ofArray(new byte[size]);
            MemorySegment.copy(buffer, VhostUserHeader.LENGTH, payload, 0, size);
            return new Message(request, flags, payload, List.copyOf(fds));
        } catch (IOException e) {
            fds.forEach(OwnedFd::close);
            throw e;
        }
    }

    private void fill(int at, int length, List<OwnedFd> fds, int timeoutMillis) throws IOException {
        int filled = 0;
        while (filled < length) {
            int ready = Posix.poll(socket.number(), Posix.POLLIN, timeoutMillis);
            if (ready == 0) {
                throw new SocketTimeoutException(
                        filled + " of " + length + " bytes came within " + timeoutMillis + " ms");
            }
            if (ready == -Errno.EINTR) {
                continue;
            }
            PosixException.check(ready, "poll");
            message.clear();
            message.addBuffer(buffer.asSlice(at + filled, length - filled));
            long result = message.receive(socket.number());
            if (result == -Errno.EAGAIN || result == -Errno.EINTR) {
                continue;
            }
            PosixException.check(result, "receive from the back-end");
            for (int i = 0; i < message.fdCount(); i++) {
                fds.add(new OwnedFd(message.fd(i)));
            }
            if (fds.size() > MAX_FDS) {
                throw new IOException(fds.size() + " descriptors came with one message, " + MAX_FDS + " are allowed");
            }
            if (result == 0) {
                throw new EOFException("the host process has closed the connection");
            }
            filled += (int) result;
        }
    }

    static String describe(int request, int flags, int size) {
        return "message " + request + " flags 0x" + Integer.toHexString(flags) + " size "
                + Integer.toUnsignedString(size);
    }

    /** No other thread may be in a call. */
    @Override
    public void close() {
        socket.close();
        arena.close();
    }
}
