package dev.wayferry.examples.bench.floor;

import dev.wayferry.posix.CompilerThreads;
import dev.wayferry.posix.Epoll;
import dev.wayferry.posix.Errno;
import dev.wayferry.posix.Posix;
import dev.wayferry.posix.PosixException;
import dev.wayferry.posix.SocketMessage;
import dev.wayferry.posix.Sockets;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;

/**
 * The least that any process between a guest and a compositor must do on this machine: wait, move the bytes, tell the guest.
 * It has one thread, no device, no objects, and allocates nothing once connected.
 *
 * <p>System calls: a turn is one epoll_wait, one sendmsg for the SENDs of a connection that follow each other, one recvmsg for
 * each POLL that something came for, one writev for two WRITEs, and one eventfd write if anything was finished and the guest
 * waits. The kick and the sockets are edge-triggered, and the kick is never read.
 */
public final class Floor {
    private static final int MAX_EVENTS = 256;
    private static final int KICKED = -1;
    private static final int GUEST_GONE = -2;
    private static final int NOT_CONNECTED = -1;
    /** In place of the connection whose socket is full: a pipe is. */
    private static final int PIPE = -2;

    /** As many as the host process sends at once. */
    private static final int SENDS_AT_ONCE = 64;

    /** Commands after which the guest is told of what is finished. */
    private static final int ENOUGH_FOR_A_TURN = 256;

    private static final int WAIT_FOR_EVER = -1;
    private static final int DO_NOT_WAIT = 0;

    private static final long NO_POLL = 0;
    private static final int READ_EVENTS = Epoll.EPOLLIN | Epoll.EPOLLET;

    private final String compositor;
    private final FloorMemory memory;
    private final long base;
    private final int call;
    private final Epoll epoll;
    private final SocketMessage message;
    private final MemorySegment one;
    private final FloorPipes pipes;
    private final int memoryFile;

    // Of each connection: its socket, whether that may have something to read, and the POLL that waits for it.
    private final int[] sockets = new int[FloorMemory.MAX_CONNECTIONS];
    private final boolean[] readable = new boolean[FloorMemory.MAX_CONNECTIONS];
    private final long[] polls = new long[FloorMemory.MAX_CONNECTIONS];

    /** The connection whose socket is full, or {@link #PIPE}; later commands wait for it. */
    private int full = NOT_CONNECTED;

    /** Of the SEND that did not go whole, how many bytes went. */
    private int sent;

    private int taken;
    private int finished;
    private int published;

    private Floor(GuestHandshake guest, String compositor, Arena arena) throws PosixException {
        this.compositor = compositor;
        memory = FloorMemory.map(guest.memory().number(), guest.memorySize(), arena);
        base = memory.segment().address();
        call = guest.call().number();
        epoll = new Epoll(MAX_EVENTS, arena);
        message = new SocketMessage(SENDS_AT_ONCE, arena);
        one = arena.allocateFrom(ValueLayout.JAVA_LONG, 1L);
        pipes = new FloorPipes(epoll, base, arena);
        memoryFile = guest.memory().number();
        PosixException.check(epoll.add(guest.kick().number(), READ_EVENTS, KICKED), "epoll_ctl of the kick");
        PosixException.check(epoll.add(guest.socket().number(), Epoll.EPOLLRDHUP, GUEST_GONE), "epoll_ctl of the guest");
    }

    /** {@code SOCKET COMPOSITOR}: serves one guest that connects to the first path, until it is gone. */
    public static void main(String[] args) throws IOException {
        CompilerThreads.giveWay();
        try (Arena arena = Arena.ofConfined()) {
            new Floor(GuestHandshake.accept(Path.of(args[0])), args[1], arena).run();
        }
    }

    private void run() throws IOException {
        while (turn()) {
            // A method of its own is compiled sooner and better than a loop that goes on.
        }
    }

    /** False when the guest is gone. */
    private boolean turn() throws IOException {
        int events = epoll.await(mayWait() ? WAIT_FOR_EVER : DO_NOT_WAIT);
        memory.floorWaits(false);
        for (int i = 0; i < events; i++) {
            int connection = (int) epoll.data(i);
            if (connection >= FloorPipes.FIRST) {
                pipeReady(connection, epoll.events(i));
            } else if (connection >= 0) {
                ready(connection, epoll.events(i));
            } else if (connection == GUEST_GONE) {
                return false;
            }
        }
        takeCommands();
        if (finished != published) {
            published = finished;
            memory.finished(finished);
            if (memory.guestWaits()) {
                // Once is enough; it says so anew before it waits again.
                memory.guestWaits(false);
                long unused = Posix.write(call, one);
            }
        }
        return true;
    }

    /** Whether there is nothing to be done but what events will tell of. */
    private boolean mayWait() {
        if (full != NOT_CONNECTED) {
            return true;
        }
        if (memory.submitted() != taken) {
            return false;
        }
        memory.floorWaits(true);
        if (memory.submitted() == taken) {
            return true;
        }
        memory.floorWaits(false);
        return false;
    }

    private void ready(int connection, int events) throws IOException {
        if ((events & ~Epoll.EPOLLOUT) != 0) {
            readable[connection] = true;
            if (polls[connection] != NO_POLL) {
                receive(connection);
            }
        }
        if (full == connection && (events & ~Epoll.EPOLLIN) != 0) {
            full = NOT_CONNECTED;
            watch(connection, READ_EVENTS);
        }
    }

    private void takeCommands() throws IOException {
        int begin = taken;
        int submitted = memory.submitted();
        while (taken != submitted && full == NOT_CONNECTED) {
            takeCommands(submitted);
            if (taken - begin < ENOUGH_FOR_A_TURN) {
                // What has come meanwhile saves a turn.
                submitted = memory.submitted();
            }
        }
    }

    private void takeCommands(int submitted) throws IOException {
        while (taken != submitted && full == NOT_CONNECTED) {
            long command = memory.submission(taken);
            int connection = FloorMemory.connection(command);
            switch (FloorMemory.operation(command)) {
                case FloorMemory.SEND -> {
                    if (!send(command, submitted)) {
                        return;
                    }
                    continue;
                }
                case FloorMemory.POLL -> {
                    polls[connection] = command;
                    if (readable[connection]) {
                        receive(connection);
                    }
                }
                case FloorMemory.READ -> {
                    pipes.waiting(connection, command);
                    read(connection);
                }
                case FloorMemory.WRITE -> {
                    if (!write(command, submitted)) {
                        return;
                    }
                    continue;
                }
                case FloorMemory.QUERY -> finish(command, 0);
                case FloorMemory.SHARE -> sendFile(command, connection, memoryFile);
                case FloorMemory.OPEN_PIPE -> sendFile(command, connection, pipes.open(connection));
                case FloorMemory.HANG_UP -> {
                    pipes.hangUp(connection);
                    finish(command, 0);
                }
                case FloorMemory.OPEN -> open(command, connection);
                case FloorMemory.CLOSE -> close(command, connection);
                default -> throw new IOException("command 0x" + Long.toHexString(command));
            }
            taken++;
        }
    }

    /** False if the socket is full: what does not go stays where it is. Those that follow each other go by one call. */
    private boolean send(long command, int submitted) throws IOException {
        int connection = FloorMemory.connection(command);
        message.clear().addBuffer(base + FloorMemory.payload(command) + sent, FloorMemory.length(command) - sent);
        int bytes = FloorMemory.length(command) - sent;
        int end = taken + 1;
        while (end != submitted && FloorMemory.areAlike(command, memory.submission(end)) && add(memory.submission(end))) {
            bytes += FloorMemory.length(memory.submission(end));
            end++;
        }
        long count = message.send(sockets[connection]);
        boolean wasFull = count == -Errno.EAGAIN;
        sent += wasFull ? 0 : (int) PosixException.check(count, "sendmsg");
        while (taken != end && sent >= FloorMemory.length(memory.submission(taken))) {
            long done = memory.submission(taken++);
            sent -= FloorMemory.length(done);
            finish(done, FloorMemory.length(done));
        }
        if (wasFull || count < bytes) {
            full = connection;
            watch(connection, READ_EVENTS | Epoll.EPOLLOUT);
            return false;
        }
        return true;
    }

    private boolean add(long command) {
        return message.addBuffer(base + FloorMemory.payload(command), FloorMemory.length(command));
    }

    /** False if the pipe is full: what does not fit stays where it is. Two that follow each other go by one call. */
    private boolean write(long command, int submitted) throws IOException {
        long next = taken + 1 != submitted ? memory.submission(taken + 1) : FloorPipes.NO_COMMAND;
        int written = pipes.write(command, next);
        for (int i = 0; i < written; i++) {
            long done = memory.submission(taken++);
            finish(done, FloorMemory.length(done));
        }
        if (pipes.isFull()) {
            full = PIPE;
            return false;
        }
        return true;
    }

    private void receive(int connection) throws IOException {
        long poll = polls[connection];
        int room = FloorMemory.length(poll);
        message.clear().addBuffer(base + FloorMemory.payload(poll), room);
        long received = message.receive(sockets[connection]);
        if (message.fdCount() > 0) {
            pipes.received(connection, message);
        }
        // Less than there was room for is all there was, and what comes later is a new event; but a receive ends with what
        // has descriptors.
        readable[connection] = received == room || message.fdCount() > 0;
        if (received >= 0) {
            polls[connection] = NO_POLL;
            finish(poll, (int) received);
        } else if (received != -Errno.EAGAIN) {
            throw new PosixException("recvmsg", received);
        }
    }

    private void pipeReady(int pipe, int events) throws IOException {
        if (pipes.ready(pipe, events)) {
            read(pipe - FloorPipes.FIRST);
        } else if (full == PIPE) {
            full = NOT_CONNECTED;
        }
    }

    private void read(int connection) throws IOException {
        int count = pipes.read(connection);
        if (count >= 0) {
            finish(pipes.waited(connection), count);
        }
    }

    private void finish(long command, int length) {
        memory.completion(finished++, FloorMemory.finished(command, length));
    }

    // ---- Not on the path.

    private void sendFile(long command, int connection, int fd) throws IOException {
        int length = FloorMemory.length(command);
        message.clear().addBuffer(base + FloorMemory.payload(command), length);
        if (!message.addFd(fd)) {
            throw new AssertionError("room for one descriptor");
        }
        // Before anything else of the connection, so that there is room.
        PosixException.check(message.sendBlocking(sockets[connection]), "sendmsg with a descriptor");
        if (fd != memoryFile) {
            PosixException.check(Posix.close(fd), "close of a pipe");
        }
        finish(command, length);
    }

    private void open(long command, int connection) throws IOException {
        int socket = Sockets.connect(compositor).release();
        sockets[connection] = socket;
        readable[connection] = false;
        PosixException.check(epoll.add(socket, READ_EVENTS, connection), "epoll_ctl of a connection");
        finish(command, 0);
    }

    private void close(long command, int connection) throws IOException {
        if (polls[connection] != NO_POLL) {
            finish(polls[connection], 0);
            polls[connection] = NO_POLL;
        }
        pipes.close(connection);
        PosixException.check(epoll.remove(sockets[connection]), "epoll_ctl");
        PosixException.check(Posix.close(sockets[connection]), "close");
        finish(command, 0);
    }

    private void watch(int connection, int events) throws PosixException {
        PosixException.check(epoll.modify(sockets[connection], events, connection), "epoll_ctl");
    }
}
