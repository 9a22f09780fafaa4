package dev.wayferry.proxy.vhostuser;

import dev.wayferry.posix.Errno;
import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.Posix;
import dev.wayferry.posix.PosixException;
import dev.wayferry.posix.SocketMessage;
import dev.wayferry.posix.Sockets;
import dev.wayferry.wire.vhostuser.VhostUser;
import dev.wayferry.wire.vhostuser.VhostUserHeader;
import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * Messages of vhost-user on a stream socket: a header, with which descriptors may come, then a payload. For one thread.
 *
 * <p>The header is received alone, because a receive that went on into the payload could not tell to which message
 * descriptors belong.
 */
final class MessageSocket implements AutoCloseable {
    /** Stands for a descriptor where none goes along. */
    static final int NO_FD = -1;

    /** More than any message has: a configuration space of 4096 bytes and its header. */
    static final int MAX_PAYLOAD = VhostUser.MAX_CONFIG_SIZE + 64;

    private static final int MAX_FDS = 32;
    private static final long PADDING = 4;

    private final OwnedFd socket;
    private final Arena arena = Arena.ofShared();
    private final SocketMessage message = new SocketMessage(1, arena);

    /** Begins where its payload is aligned for 64-bit words, the header being 12 bytes. */
    private final MemorySegment buffer = arena.allocate(
                    PADDING + VhostUserHeader.LENGTH + MAX_PAYLOAD, Long.BYTES)
            .asSlice(PADDING);

    private final VhostUserHeader header = new VhostUserHeader().wrap(buffer, 0);
    private final MemorySegment payload = buffer.asSlice(VhostUserHeader.LENGTH);
    private final List<OwnedFd> fds = new ArrayList<>();

    /** Takes ownership of {@code socket}. */
    MessageSocket(OwnedFd socket) {
        this.socket = socket;
        // It is read by a thread of its own, whatever whoever made it had in mind; if this fails, so does the first read.
        int unused = Posix.setNonBlocking(socket.number(), false);
    }

    VhostUserHeader header() {
        return header;
    }

    /** The payload of the message last received, or to be sent. */
    MemorySegment payload() {
        return payload;
    }

    /** The descriptors of the message last received; whoever takes one out owns it, the next receive closes the rest. */
    List<OwnedFd> fds() {
        return fds;
    }

    /** Waits for something to {@link #receive}, the end included; false when nothing comes. */
    boolean awaitMessage(int millis) {
        return Posix.poll(socket.number(), Posix.POLLIN, millis) != 0;
    }

    /** Waits for the next message; false at the end of the stream. */
    boolean receive() throws IOException {
        closeFds();
        if (!fill(0, VhostUserHeader.LENGTH, true)) {
            return false;
        }
        if ((header.flags() & VhostUser.VERSION_MASK) != VhostUser.VERSION) {
            throw new VhostUserException(String.format(
                    "%s with flags 0x%x: the version is not 1", VhostUser.requestName(header.request()), header.flags()));
        }
        long size = Integer.toUnsignedLong(header.size());
        if (size > MAX_PAYLOAD) {
            throw new VhostUserException(VhostUser.requestName(header.request()) + " with a payload of " + size
                    + " bytes, at most " + MAX_PAYLOAD);
        }
        if (size > 0 && !fill(VhostUserHeader.LENGTH, (int) size, false)) {
            throw new EOFException("the front-end hung up inside " + VhostUser.requestName(header.request()));
        }
        return true;
    }

    private boolean fill(long offset, int length, boolean mayEnd) throws IOException {
        int filled = 0;
        while (filled < length) {
            message.clear().addBuffer(buffer.asSlice(offset + filled, length - filled));
            long count = message.receiveBlocking(socket.number());
            for (int i = 0; i < message.fdCount(); i++) {
                fds.add(new OwnedFd(message.fd(i)));
            }
            if (count == -Errno.EINTR) {
                continue;
            }
            if (count == 0 || count == -Errno.ECONNRESET) {
                if (filled == 0) {
                    return false;
                }
                throw new EOFException("the front-end hung up inside a header");
            }
            PosixException.check(count, "receiving from the front-end");
            if (message.controlTruncated()) {
                throw new VhostUserException("descriptors were lost, this process has too many open");
            }
            if (fds.size() > MAX_FDS || (!mayEnd && message.fdCount() > 0)) {
                throw new VhostUserException(fds.size() + " descriptors where there may be none or " + MAX_FDS);
            }
            filled += (int) count;
        }
        return true;
    }

    /** Sends the header, to be filled by the caller but for the size, and {@code size} bytes of the payload. */
    void send(int size) throws IOException {
        send(size, NO_FD);
    }

    /** Sends as {@link #send(int)}, with the descriptor {@code fd}, which stays the caller's, unless it is negative. */
    void send(int size, int fd) throws IOException {
        header.size(size);
        int length = VhostUserHeader.LENGTH + size;
        int sent = 0;
        while (sent < length) {
            message.clear().addBuffer(buffer.asSlice(sent, length - sent));
            if (fd >= 0 && sent == 0) {
                boolean unused = message.addFd(fd);
            }
            long count = message.sendBlocking(socket.number());
            if (count != -Errno.EINTR) {
                sent += (int) PosixException.check(count, "sending to the front-end");
            }
        }
    }

    /** Wakes whoever is blocked here, from any thread; the socket is of no use afterwards. */
    void shutdown() {
        if (socket.isOpen()) {
            int unused = Sockets.shutdown(socket.number());
        }
    }

    private void closeFds() {
        fds.forEach(OwnedFd::close);
        fds.clear();
    }

    @Override
    public void close() {
        closeFds();
        socket.close();
        arena.close();
    }
}
