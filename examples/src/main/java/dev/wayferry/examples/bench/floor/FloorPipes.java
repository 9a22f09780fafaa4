package dev.wayferry.examples.bench.floor;

import dev.wayferry.posix.Epoll;
import dev.wayferry.posix.Errno;
import dev.wayferry.posix.Iovecs;
import dev.wayferry.posix.Posix;
import dev.wayferry.posix.PosixException;
import dev.wayferry.posix.SocketMessage;
import java.lang.foreign.Arena;
import java.util.Arrays;

/**
 * The floor's pipes, one each way a connection: from the compositor straight into the shared memory by read, and straight
 * out of it by writev. Both ends are non-blocking and edge-triggered.
 */
final class FloorPipes {
    /** Pipes are watched under this and the connection's number. */
    static final int FIRST = 1 << 16;

    private static final int NONE = -1;
    private static final long NOTHING_WAITS = 0;

    /** No command that follows. */
    static final long NO_COMMAND = 0;

    private static final int AT_ONCE = 2;
    private static final int LARGE = 1 << 18;

    private final Epoll epoll;
    private final long base;
    private final Iovecs iovecs;
    private final int[] readEnds = new int[FloorMemory.MAX_CONNECTIONS];
    private final int[] writeEnds = new int[FloorMemory.MAX_CONNECTIONS];
    private final boolean[] readable = new boolean[FloorMemory.MAX_CONNECTIONS];
    /** Nobody writes any more, of which there is one event only. */
    private final boolean[] ended = new boolean[FloorMemory.MAX_CONNECTIONS];
    private final long[] reads = new long[FloorMemory.MAX_CONNECTIONS];

    /** Of the WRITE that did not fit, how many bytes are in the pipe. */
    private int written;

    private boolean full;

    FloorPipes(Epoll epoll, long base, Arena arena) {
        this.epoll = epoll;
        this.base = base;
        this.iovecs = new Iovecs(AT_ONCE, arena);
        Arrays.fill(readEnds, NONE);
        Arrays.fill(writeEnds, NONE);
    }

    /** Notes what an event says; whether it was of a pipe to read. */
    boolean ready(int pipe, int events) {
        if ((events & ~Epoll.EPOLLOUT) != 0 && readEnds[pipe - FIRST] != NONE) {
            readable[pipe - FIRST] = true;
            ended[pipe - FIRST] |= (events & Epoll.EPOLLHUP) != 0;
            return true;
        }
        return false;
    }

    /** {@code command} waits for something to read. */
    void waiting(int connection, long command) {
        reads[connection] = command;
    }

    /** The command that waited, and waits no more. */
    long waited(int connection) {
        long command = reads[connection];
        reads[connection] = NOTHING_WAITS;
        return command;
    }

    /** Reads for the command that waits: a number of bytes, 0 at the end, or -1 if none waits or there is nothing. */
    int read(int connection) throws PosixException {
        long command = reads[connection];
        if (command == NOTHING_WAITS || !readable[connection]) {
            return NONE;
        }
        int room = FloorMemory.length(command);
        long count = Posix.read(readEnds[connection], base + FloorMemory.payload(command), room);
        if (count == -Errno.EAGAIN) {
            readable[connection] = false;
            return NONE;
        }
        // Less than there was room for is all there was, and what comes later is a new event.
        readable[connection] = ended[connection] || count == room;
        return (int) PosixException.check(count, "read of a pipe");
    }

    /**
     * Writes what is left of a WRITE, and of the command that follows it if that is a WRITE to the same pipe.
     *
     * @return how many of the two are written whole now; if that is not all, the pipe {@link #isFull}
     */
    int write(long command, long next) throws PosixException {
        int length = FloorMemory.length(command);
        int nextLength = FloorMemory.areAlike(command, next) ? FloorMemory.length(next) : 0;
        iovecs.clear();
        boolean fits = iovecs.add(base + FloorMemory.payload(command) + written, length - written)
                && (nextLength == 0 || iovecs.add(base + FloorMemory.payload(next), nextLength));
        if (!fits) {
            throw new AssertionError("room for " + AT_ONCE);
        }
        long count = Posix.writev(writeEnds[FloorMemory.connection(command)], iovecs);
        full = count != length - written + nextLength;
        written += count == -Errno.EAGAIN ? 0 : (int) PosixException.check(count, "writev to a pipe");
        if (written < length) {
            return 0;
        }
        written -= length;
        if (nextLength == 0 || written < nextLength) {
            return 1;
        }
        written = 0;
        return AT_ONCE;
    }

    /** Whether the last write found no room for all of it. */
    boolean isFull() {
        return full;
    }

    // ---- Not on the path.

    /** Makes a pipe to read; its other end is the caller's. */
    int open(int connection) throws PosixException {
        long ends = PosixException.check(Posix.pipe(), "pipe2");
        int readEnd = Posix.readEnd(ends);
        PosixException.check(Posix.setNonBlocking(readEnd, true), "fcntl of a pipe");
        closeEnd(readEnds, connection);
        readEnds[connection] = readEnd;
        readable[connection] = false;
        ended[connection] = false;
        PosixException.check(epoll.add(readEnd, Epoll.EPOLLIN | Epoll.EPOLLET, FIRST + connection), "epoll_ctl of a pipe");
        return Posix.writeEnd(ends);
    }

    /** Takes ownership of the pipe to write that came with a message. */
    void received(int connection, SocketMessage message) throws PosixException {
        writeEnds[connection] = message.fd(0);
        PosixException.check(Posix.setNonBlocking(message.fd(0), true), "fcntl of a pipe");
        // As the host process does. What is not granted stays as it is.
        int unused = Posix.setPipeSize(message.fd(0), LARGE);
        PosixException.check(
                epoll.add(message.fd(0), Epoll.EPOLLOUT | Epoll.EPOLLET, FIRST + connection), "epoll_ctl of a pipe");
    }

    void hangUp(int connection) throws PosixException {
        PosixException.check(Posix.close(writeEnds[connection]), "close of a pipe");
        writeEnds[connection] = NONE;
    }

    /** The connection has ended. */
    void close(int connection) {
        reads[connection] = NOTHING_WAITS;
        closeEnd(readEnds, connection);
        closeEnd(writeEnds, connection);
    }

    private static void closeEnd(int[] ends, int connection) {
        if (ends[connection] != NONE) {
            int unused = Posix.close(ends[connection]);
            ends[connection] = NONE;
        }
    }
}
