package dev.wayferry.fuzz;

import dev.wayferry.posix.Errno;
import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.Posix;
import dev.wayferry.posix.SocketMessage;
import dev.wayferry.posix.Sockets;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** A VMM's end of a socket, on which anything can be written and nothing blocks for ever. */
final class VmmSocket implements AutoCloseable {
    private static final int BUFFER = 1 << 14;
    private static final int PATIENCE_MILLIS = 60_000;
    private static final int HEADER = 12;
    private static final int VERSION = 1;
    private static final int GET_QUEUE_NUM = 17;

    /** Of the one thread that the VMM has: to close a shared one holds up every thread of the process. */
    private final Arena arena = Arena.ofConfined();

    private final SocketMessage message = new SocketMessage(1, arena);
    private final SocketMessage received = new SocketMessage(1, arena);
    private final MemorySegment out = arena.allocate(BUFFER, Long.BYTES);
    private final MemorySegment in = arena.allocate(BUFFER, Long.BYTES);
    private final OwnedFd socket;
    private final MemorySegment header = arena.allocate(HEADER, Long.BYTES);
    private int headerLength;
    private int payloadLeft;
    private int asked;
    private int counted;
    private boolean inStep = true;
    private boolean over;

    /** Takes ownership of {@code socket}. */
    VmmSocket(OwnedFd socket) {
        this.socket = socket;
        int unused = Posix.setNonBlocking(socket.number(), true);
    }

    /** Where a message's payload is put together, cleared. */
    MemorySegment payload() {
        return out.asSlice(HEADER, 4096).fill((byte) 0);
    }

    /** Adds a descriptor to the message that comes next; it stays the caller's. */
    void add(int fd) {
        if (fd >= 0) {
            boolean unused = message.addFd(fd);
        }
    }

    /** Sends a message whose header says what it should. */
    void send(int request, boolean needReply, int size) {
        send(request, VERSION | (needReply ? 8 : 0), size, size);
    }

    /** Sends a message whose header may say anything. */
    void send(int request, int flags, int saidSize, int size) {
        out.set(Commands.INT, 0, request);
        out.set(Commands.INT, 4, flags);
        out.set(Commands.INT, 8, saidSize);
        inStep &= saidSize == size && (flags & 3) == VERSION;
        asked += request == GET_QUEUE_NUM ? 1 : 0;
        send(HEADER + size);
    }

    /** Sends bytes of the buffer; what there is no room for is gone. */
    void sendRaw(int length) {
        inStep = false;
        send(length);
    }

    private void send(int length) {
        boolean unused = message.addBuffer(out.asSlice(0, length));
        int sent = 0;
        while (!over && sent < length) {
            long count = message.send(socket.number());
            if (count == -Errno.EAGAIN) {
                receive();
                int unusedToo = Posix.poll(socket.number(), Posix.POLLIN | Posix.POLLOUT, 1000);
            } else if (count < 0) {
                over = true;
            } else {
                sent += (int) count;
                boolean unusedRoom = message.clear().addBuffer(out.asSlice(sent, length - sent));
            }
        }
        SocketMessage unusedRest = message.clear();
        int unusedBytes = receive();
    }

    /** Takes what has come; its descriptors are closed. Returns how many bytes there were. */
    int receive() {
        int all = 0;
        while (!over) {
            boolean unused = received.clear().addBuffer(in);
            long count = received.receive(socket.number());
            for (int i = 0; i < received.fdCount(); i++) {
                Posix.close(received.fd(i));
            }
            if (count <= 0) {
                over |= count != -Errno.EAGAIN;
                break;
            }
            count((int) count);
            all += (int) count;
        }
        return all;
    }

    /** Counts the answers to the one request by which {@link #awaitAll} knows that the others were taken up. */
    private void count(int length) {
        int at = 0;
        while (at < length) {
            int part = Math.min(length - at, headerLength < HEADER ? HEADER - headerLength : payloadLeft);
            if (headerLength < HEADER) {
                MemorySegment.copy(in, at, header, headerLength, part);
                headerLength += part;
                payloadLeft = headerLength == HEADER ? header.get(Commands.INT, 8) : 0;
                if (headerLength == HEADER && header.get(Commands.INT, 0) == GET_QUEUE_NUM) {
                    counted++;
                }
            } else {
                payloadLeft -= part;
            }
            at += part;
            if (headerLength == HEADER && payloadLeft <= 0) {
                headerLength = 0;
            }
        }
    }

    /** Whether the other side has hung up, as far as has been received. */
    boolean isOver() {
        return over;
    }

    /** Where {@link #receive} has put what came last. */
    MemorySegment received() {
        return in;
    }

    /** Waits until all that was said has been taken up, where the other side is still able to tell where messages begin. */
    void awaitAll() {
        if (!inStep || over) {
            return;
        }
        send(GET_QUEUE_NUM, false, 0);
        while (!over && counted < asked) {
            if (Posix.poll(socket.number(), Posix.POLLIN, PATIENCE_MILLIS) == 0) {
                throw new Finding(Finding.Kind.HANG, "the session does not answer");
            }
            int unused = receive();
        }
    }

    @Override
    public void close() {
        int unused = Sockets.shutdown(socket.number());
        socket.close();
        arena.close();
    }
}
