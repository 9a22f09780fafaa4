package dev.wayferry.examples.bench.compositor;

import dev.wayferry.posix.Epoll;
import dev.wayferry.posix.Errno;
import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.Posix;
import dev.wayferry.posix.PosixException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The pipes of the {@link EchoCompositor}'s clients, which it fills or empties as fast as they go. */
final class EchoPipes {
    /** Pipes are watched under this and below. */
    static final int FIRST = -2;

    /** System calls a turn, so that one pipe does not keep the others waiting. */
    private static final int TURN = 16;

    private static final int NOTHING = 0;

    // In place of a number of bytes to write.
    private static final long TAKEN = -1;
    private static final long CLOGGED = -2;

    private final Epoll epoll;
    private final PipePattern pattern;
    private final MemorySegment buffer;
    private final List<@Nullable Pipe> pipes = new ArrayList<>();

    /** One end of a pipe. */
    private static final class Pipe {
        final EchoClient client;
        final OwnedFd end;
        /** How many bytes are to be written; where it is not written to, {@link #TAKEN} or {@link #CLOGGED}. */
        final long count;
        long position;
        boolean wrong;

        Pipe(EchoClient client, OwnedFd end, long count) {
            this.client = client;
            this.end = end;
            this.count = count;
        }
    }

    EchoPipes(Epoll epoll, Arena arena) {
        this.epoll = epoll;
        pattern = new PipePattern(arena);
        buffer = arena.allocate(PipePattern.MAX_PIECE, Long.BYTES);
    }

    /** Takes ownership of {@code writeEnd}, which {@code count} bytes go into. */
    void paste(EchoClient client, OwnedFd writeEnd, long count) throws PosixException {
        add(new Pipe(client, writeEnd, count), Epoll.EPOLLOUT);
    }

    /** Makes a pipe whose bytes are taken, and says at its end what came; the other end is the caller's. */
    OwnedFd copy(EchoClient client) throws PosixException {
        return pipeFrom(client, TAKEN, Epoll.EPOLLIN);
    }

    /** Makes a pipe whose bytes are not taken; the other end is the caller's. */
    OwnedFd clog(EchoClient client) throws PosixException {
        return pipeFrom(client, CLOGGED, NOTHING);
    }

    private OwnedFd pipeFrom(EchoClient client, long fate, int interest) throws PosixException {
        long ends = PosixException.check(Posix.pipe(), "pipe2");
        OwnedFd writeEnd = new OwnedFd(Posix.writeEnd(ends));
        add(new Pipe(client, new OwnedFd(Posix.readEnd(ends)), fate), interest);
        return writeEnd;
    }

    private void add(Pipe pipe, int interest) throws PosixException {
        int index = pipes.indexOf(null);
        if (index < 0) {
            index = pipes.size();
            pipes.add(null);
        }
        pipes.set(index, pipe);
        PosixException.check(Posix.setNonBlocking(pipe.end.number(), true), "fcntl of a pipe");
        PosixException.check(epoll.add(pipe.end.number(), interest, FIRST - index), "epoll_ctl of a pipe");
    }

    /** Goes on with the pipe that is watched under {@code data}; its client if there is something to tell it. */
    @Nullable EchoClient serve(int data) {
        int index = FIRST - data;
        Pipe pipe = pipes.get(index);
        if (pipe == null || !isOver(pipe)) {
            return null;
        }
        end(index, pipe);
        if (pipe.count != TAKEN) {
            return null;
        }
        pipe.client.copied(pipe.wrong ? BenchProtocol.WRONG : pipe.position);
        return pipe.client;
    }

    /** Does what can be done; whether that was all. */
    private boolean isOver(Pipe pipe) {
        if (pipe.count == CLOGGED) {
            // The one event there is of it: its writer has gone.
            return true;
        }
        return pipe.count == TAKEN ? take(pipe) : fill(pipe);
    }

    private boolean fill(Pipe pipe) {
        for (int i = 0; i < TURN && pipe.position < pipe.count; i++) {
            int length = (int) Math.min(PipePattern.MAX_PIECE, pipe.count - pipe.position);
            long written = Posix.write(pipe.end.number(), pattern.at(pipe.position, length));
            if (written < 0) {
                // EPIPE: nobody reads any more.
                return written != -Errno.EAGAIN;
            }
            pipe.position += written;
        }
        return pipe.position == pipe.count;
    }

    private boolean take(Pipe pipe) {
        for (int i = 0; i < TURN; i++) {
            long count = Posix.read(pipe.end.number(), buffer);
            if (count <= 0) {
                return count != -Errno.EAGAIN;
            }
            if (!pipe.wrong && !pattern.isIn(buffer, 0, pipe.position, (int) count)) {
                pipe.wrong = true;
                System.err.println("echo-compositor: wrong bytes behind byte " + pipe.position + " of a pipe");
            }
            pipe.position += count;
        }
        return false;
    }

    /** The client has gone. */
    void forget(EchoClient client) {
        for (int i = 0; i < pipes.size(); i++) {
            Pipe pipe = pipes.get(i);
            if (pipe != null && pipe.client == client) {
                end(i, pipe);
            }
        }
    }

    private void end(int index, Pipe pipe) {
        int unused = epoll.remove(pipe.end.number());
        pipes.set(index, null);
        pipe.end.close();
    }
}
