package dev.wayferry.bridge;

import dev.wayferry.posix.Errno;
import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.SocketMessage;
import dev.wayferry.wire.wayland.MalformedMessageException;
import dev.wayferry.wire.wayland.WaylandReader;
import dev.wayferry.wire.wayland.WaylandWriter;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * One Wayland connection: bytes and descriptors, buffered both ways, never blocking.
 *
 * <p>Writing: {@link #begin} and the writer's calls up to {@link WaylandWriter#end}, {@link #queueFd} for the message's
 * descriptors, {@link #flush} when the turn is over. Reading: {@link #fill} once the socket is readable, then
 * {@link #next} and {@link #reader} until it says false. Everything by the thread that made it.
 */
public final class WaylandConnection implements AutoCloseable {
    /** The most descriptors in one sendmsg, as in libwayland ({@code MAX_FDS_OUT}), whose receivers count on it. */
    public static final int MAX_FDS_OUT = 28;

    /** More bytes than this unsent means that the peer does not read; further messages are dropped, the end is near. */
    public static final long MAX_PENDING = 4 << 20;

    private static final int MAX_FDS_QUEUED = 1024;
    private static final long MESSAGE_ROOM = WaylandReader.MAX_MESSAGE_SIZE + 4;
    /** What a writer may run over {@link #MESSAGE_ROOM} before it notices. */
    private static final long WRITER_ROOM = 2 * MESSAGE_ROOM;

    private static final long IN_CAPACITY = 2 * MESSAGE_ROOM;

    private final OwnedFd socket;
    private final Arena arena = Arena.ofConfined();
    private final SocketMessage message = new SocketMessage(1, arena);
    private final MemorySegment in = arena.allocate(IN_CAPACITY, Long.BYTES);
    private final WaylandReader reader = new WaylandReader();
    private final WaylandWriter writer = new WaylandWriter();
    private final FdQueue inFds = new FdQueue();
    private final FdQueue outFds = new FdQueue();
    private MemorySegment out = arena.allocate(WRITER_ROOM + MESSAGE_ROOM, Long.BYTES);
    private long inEnd;
    private long outStart;
    private boolean overflowed;

    /** Takes ownership of a connected stream socket. */
    public WaylandConnection(OwnedFd socket) {
        this.socket = socket;
        writer.wrap(out, 0);
    }

    /** The socket's descriptor, to wait on; it stays this object's. */
    public int fd() {
        return socket.number();
    }

    /** Starts a message; complete it by {@link WaylandWriter#end} before anything else is done here. */
    public WaylandWriter begin(int objectId, int opcode) {
        if (out.byteSize() - writer.position() < WRITER_ROOM) {
            makeRoom();
        }
        return writer.begin(objectId, opcode);
    }

    private void makeRoom() {
        long pending = pending();
        if (pending > MAX_PENDING) {
            overflowed = true;
            writer.wrap(out, outStart);
            return;
        }
        MemorySegment target =
                out.byteSize() < pending + WRITER_ROOM ? arena.allocate(2 * out.byteSize(), Long.BYTES) : out;
        MemorySegment.copy(out, outStart, target, 0, pending);
        out = target;
        outStart = 0;
        writer.wrap(out, pending);
    }

    /** Queues {@code length} bytes of {@code from} as they are: a message of somebody else's, at most. */
    public void queueBytes(MemorySegment from, long offset, long length) {
        if (out.byteSize() - writer.position() < WRITER_ROOM) {
            makeRoom();
        }
        MemorySegment.copy(from, offset, out, writer.position(), length);
        writer.wrap(out, writer.position() + length);
    }

    /** Takes ownership of {@code fd}, which goes with the message just written, or before it. */
    public void queueFd(int fd) {
        outFds.add(fd);
    }

    /** How many bytes wait to be sent. */
    public long pending() {
        return writer.position() - outStart;
    }

    /**
     * Sends what waits, as far as the socket takes it.
     *
     * @return 0 when all is sent, {@code -EAGAIN} when the socket is full, {@code -ENOBUFS} when so much waited that
     *     messages were dropped, else the negative error number of a broken connection
     */
    public int flush() {
        if (overflowed) {
            return -Errno.ENOBUFS;
        }
        while (pending() > 0) {
            int fdCount = Math.min(outFds.size(), MAX_FDS_OUT);
            // Descriptors may come before their message but not after it: while there are more of them than one
            // sendmsg takes, each goes with a single byte.
            long length = outFds.size() > MAX_FDS_OUT ? 1 : pending();
            message.clear().addBuffer(out.asSlice(outStart, length));
            for (int i = 0; i < fdCount; i++) {
                message.addFd(outFds.peek(i));
            }
            long sent = message.send(socket.number());
            if (sent == -Errno.EINTR) {
                continue;
            }
            if (sent < 0) {
                return (int) sent;
            }
            outFds.closeFirst(fdCount);
            outStart += sent;
        }
        outStart = 0;
        writer.wrap(out, 0);
        return 0;
    }

    /**
     * Receives once what is there. The current message of {@link #reader} is over then.
     *
     * @return the number of bytes, 0 at the end of the stream, {@code -EAGAIN} when nothing is there, else a negative
     *     error number: {@code -EPROTO} for descriptors that no message takes, {@code -EMFILE} for descriptors lost
     */
    public int fill() {
        long start = reader.consumed();
        long rest = inEnd - start;
        if (start > 0) {
            MemorySegment.copy(in, start, in, 0, rest);
            inEnd = rest;
            reader.wrap(in, 0, rest);
        }
        message.clear().addBuffer(in.asSlice(inEnd));
        long received = message.receive(socket.number());
        for (int i = 0; i < message.fdCount(); i++) {
            inFds.add(message.fd(i));
        }
        if (received <= 0) {
            return received == -Errno.EINTR ? -Errno.EAGAIN : (int) received;
        }
        if (message.controlTruncated()) {
            return -Errno.EMFILE;
        }
        if (inFds.size() > MAX_FDS_QUEUED) {
            return -Errno.EPROTO;
        }
        inEnd += received;
        reader.wrap(in, 0, inEnd);
        return (int) received;
    }

    /** Goes to the next whole message that has been received; false when there is none. */
    public boolean next() throws MalformedMessageException {
        return reader.next();
    }

    /** The message that {@link #next} went to. */
    public WaylandReader reader() {
        return reader;
    }

    /** How many descriptors were received and not yet taken. */
    public int fdCount() {
        return inFds.size();
    }

    /** The next descriptor received; the caller owns it. */
    public int takeFd() throws MalformedMessageException {
        int fd = inFds.take();
        if (fd < 0) {
            throw new MalformedMessageException("a message's descriptor did not come with it");
        }
        return fd;
    }

    /** Closes the socket and every descriptor still queued. */
    @Override
    public void close() {
        inFds.close();
        outFds.close();
        socket.close();
        arena.close();
    }
}
