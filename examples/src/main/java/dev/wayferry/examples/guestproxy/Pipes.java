package dev.wayferry.examples.guestproxy;

import dev.wayferry.posix.Errno;
import dev.wayferry.posix.PollSet;
import dev.wayferry.posix.Posix;
import dev.wayferry.posix.PosixException;
import dev.wayferry.posix.SocketMessage;
import dev.wayferry.wire.crossdomain.CrossDomain;
import dev.wayferry.wire.crossdomain.CrossDomainReadWrite;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The pipes of one connection. A pipe cannot cross; its bytes do, in READ (from the host) and WRITE (to it), and each side
 * has a pipe of its own towards its program.
 */
final class Pipes implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Pipes.class);

    /** Pipes open at a time, each way; a program that opens more loses its connection. */
    static final int MAX_PIPES = 128;
    /** While more than this waits for programs to read, the host is not asked for anything. */
    static final long MAX_WAITING_BYTES = 1 << 20;

    private static final int SCRATCH_SIZE = 4096;

    private final CrossDomainChannel channel;
    private final GuestProxyCounters counters;
    private final MemorySegment scratch;
    private final SocketMessage message;
    private final List<PipeToClient> toClient = new ArrayList<>();
    private final List<PipeFromClient> fromClient = new ArrayList<>();
    private int nextIdentifier = CrossDomain.FIRST_GUEST_IDENTIFIER + 1;
    private int toClientIndex;
    private int fromClientIndex;

    Pipes(CrossDomainChannel channel, GuestProxyCounters counters, Arena arena) {
        this.channel = channel;
        this.counters = counters;
        this.scratch = arena.allocate(SCRATCH_SIZE, Long.BYTES);
        this.message = new SocketMessage(1, arena);
    }

    /**
     * A program gave the write end of a pipe. Takes ownership of it, also when it fails.
     *
     * @return the number by which the host is to send what comes
     */
    int readFromHost(int writeEnd, int fileType) throws IOException {
        if (toClient.size() == MAX_PIPES) {
            Posix.close(writeEnd);
            throw new IOException("the program has " + MAX_PIPES + " pipes open already");
        }
        int identifier = nextIdentifier++;
        toClient.add(new PipeToClient(identifier, writeEnd, fileType, message));
        return identifier;
    }

    /**
     * The host has the write end of a pipe, for a program to fill.
     *
     * @return a write end for the program, owned by the caller
     */
    int writeToHost(int identifier) throws IOException {
        if (fromClient.size() == MAX_PIPES) {
            throw new IOException("the host has given " + MAX_PIPES + " pipes already");
        }
        long pipe = PosixException.check(Posix.pipe(), "pipe");
        fromClient.add(new PipeFromClient(identifier, Posix.readEnd(pipe), channel.openFlow()));
        return Posix.writeEnd(pipe);
    }

    /** The READ in the mailbox. */
    void read() {
        CrossDomainReadWrite read = channel.read();
        PipeToClient pipe = find(read.identifier());
        int length = Math.clamp(read.opaqueDataSize(), 0, CrossDomain.MAX_READ_DATA);
        counters.pipeBytesRead.add(length);
        if (pipe == null) {
            return;
        }
        if (length > 0) {
            pipe.accept(channel.ring(), CrossDomainReadWrite.LENGTH, length);
        }
        if (read.hangUp() != 0) {
            pipe.end();
        }
        sweep(pipe);
    }

    private @Nullable PipeToClient find(int identifier) {
        for (PipeToClient each : toClient) {
            if (each.identifier() == identifier) {
                return each;
            }
        }
        return null;
    }

    /** Whether programs have read enough of what came to ask for more. */
    boolean haveRoom() {
        long waiting = 0;
        for (PipeToClient each : toClient) {
            waiting += each.waitingBytes();
        }
        return waiting <= MAX_WAITING_BYTES;
    }

    /** Gives up on the pipes whose programs do not read. */
    void dropWaiting() {
        for (PipeToClient each : List.copyOf(toClient)) {
            if (each.waitingBytes() > 0) {
                LOG.warn("pipe {}: {} bytes that its program does not read are dropped", name(each), each.waitingBytes());
                close(each);
            }
        }
    }

    private static String name(PipeToClient pipe) {
        return Integer.toHexString(pipe.identifier());
    }

    /** Whether a program still writes something that the host waits for, or has not read what came. */
    boolean areBusy() {
        return !fromClient.isEmpty() || toClient.stream().anyMatch(each -> each.waitingBytes() > 0);
    }

    /** Whether the host is slow to take a pipe's bytes, so that {@link #addTo} is due again soon. */
    boolean areHeldUp() throws IOException {
        for (PipeFromClient each : fromClient) {
            if (!each.flow().isOpen()) {
                return true;
            }
        }
        return false;
    }

    /** Adds the descriptors that {@link #run} is to look at. */
    void addTo(PollSet set) throws IOException {
        toClientIndex = -1;
        for (PipeToClient each : toClient) {
            int index = set.add(each.fd(), each.waitingBytes() > 0 ? Posix.POLLOUT : 0);
            toClientIndex = toClientIndex < 0 ? index : toClientIndex;
        }
        fromClientIndex = -1;
        for (PipeFromClient each : fromClient) {
            int index = set.add(each.flow().isOpen() ? each.fd() : -1, Posix.POLLIN);
            fromClientIndex = fromClientIndex < 0 ? index : fromClientIndex;
        }
    }

    /**
     * Moves what poll found ready among the descriptors of {@link #addTo}, before anything else changes them.
     *
     * @return whether there was something
     */
    boolean run(PollSet set) throws IOException {
        boolean moved = false;
        if (toClientIndex >= 0) {
            for (int i = toClient.size() - 1; i >= 0; i--) {
                if (set.revents(toClientIndex + i) != 0) {
                    PipeToClient pipe = toClient.get(i);
                    pipe.run(scratch);
                    sweep(pipe);
                    moved = true;
                }
            }
        }
        if (fromClientIndex >= 0) {
            for (int i = fromClient.size() - 1; i >= 0; i--) {
                if (set.revents(fromClientIndex + i) != 0) {
                    pump(fromClient.get(i));
                    moved = true;
                }
            }
        }
        return moved;
    }

    private void sweep(PipeToClient pipe) {
        if (pipe.isFinished()) {
            close(pipe);
        }
    }

    private void close(PipeToClient pipe) {
        toClient.remove(pipe);
        pipe.close();
    }

    /** Reads once, which does not block because poll said so, and passes it on; an empty WRITE is the end. */
    private void pump(PipeFromClient pipe) throws IOException {
        long length = Posix.read(pipe.fd(), channel.writeBuffer());
        if (length == -Errno.EAGAIN || length == -Errno.EINTR) {
            return;
        }
        if (length > 0) {
            channel.write(pipe.identifier(), (int) length, false, pipe.flow());
            counters.pipeBytesWritten.add(length);
            return;
        }
        fromClient.remove(pipe);
        Posix.close(pipe.fd());
        channel.write(pipe.identifier(), 0, true, pipe.flow());
        pipe.flow().close();
    }

    @Override
    public void close() throws IOException {
        for (PipeToClient each : toClient) {
            each.close();
        }
        for (PipeFromClient each : fromClient) {
            Posix.close(each.fd());
            each.flow().close();
        }
        toClient.clear();
        fromClient.clear();
    }
}
