package dev.wayferry.examples.testing;

import dev.wayferry.examples.testing.HostSocket.Connection;
import dev.wayferry.posix.Errno;
import dev.wayferry.posix.Memory;
import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.Posix;
import dev.wayferry.posix.PosixException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;

/** The host's end of {@link Crossings}: does on each connection what it is told to, on a thread each. */
public final class MirrorHost implements AutoCloseable {
    /** Each request is one of these, an int, and bytes and files as said here. */
    enum Request {
        /** Sends back as many bytes as the int says, which follow. */
        ECHO,
        /** Reads the first int of the file that came along, which it answers, and writes it plus one after it. */
        LOOK_AT_FILE,
        /** Sends a byte with a memory file of as many bytes as the int says. */
        SEND_FILE,
        /** Writes as many bytes as the int says to the pipe that came along, and closes it. */
        WRITE_PIPE,
        /** Sends a byte with the write end of a pipe, reads that until its end and answers how many bytes were right. */
        READ_PIPE
    }

    static final int REQUEST_LENGTH = 1 + Integer.BYTES;

    private static final int READ_WRITE = Memory.PROT_READ | Memory.PROT_WRITE;
    private static final int CHUNK = 4096;
    private static final int TURN_MILLIS = 50;

    private final HostSocket socket;
    private final Thread thread;
    private volatile boolean closed;

    /** Accepts whoever connects to {@code socket}, which stays the caller's. */
    public MirrorHost(HostSocket socket) {
        this.socket = socket;
        thread = Thread.ofPlatform().daemon().name("mirror host").start(this::run);
    }

    private void run() {
        while (!closed) {
            if (socket.isQuiet(TURN_MILLIS)) {
                continue;
            }
            try {
                Connection connection = socket.accept();
                Thread.ofPlatform().daemon().name("mirror").start(() -> serve(connection));
            } catch (IOException e) {
                return;
            }
        }
    }

    private static void serve(Connection connection) {
        try (connection) {
            while (true) {
                connection.awaitReadable();
                ByteBuffer request = ByteBuffer.wrap(connection.receive(REQUEST_LENGTH));
                answer(connection, Request.values()[request.get()], request.getInt());
            }
        } catch (IOException ended) {
            // The guest has gone, or will see that we have.
        }
    }

    private static void answer(Connection connection, Request request, int number) throws IOException {
        switch (request) {
            case ECHO -> connection.send(connection.receive(number));
            case LOOK_AT_FILE -> {
                try (OwnedFd file = connection.takeFd();
                        Arena arena = Arena.ofConfined()) {
                    MemorySegment memory = Memory.map(file.number(), 0, 2L * Integer.BYTES, READ_WRITE, arena);
                    int seen = memory.get(ValueLayout.JAVA_INT, 0);
                    memory.set(ValueLayout.JAVA_INT, Integer.BYTES, seen + 1);
                    connection.send(ByteBuffer.allocate(Integer.BYTES).putInt(seen).array());
                }
            }
            case SEND_FILE -> {
                try (OwnedFd file = OwnedFd.of(Memory.memfdCreate("keymap"), "memfd_create");
                        Arena arena = Arena.ofConfined()) {
                    PosixException.check(Memory.ftruncate(file.number(), number), "ftruncate");
                    Memory.map(file.number(), 0, number, READ_WRITE, arena)
                            .copyFrom(MemorySegment.ofArray(Crossings.pattern(number)));
                    connection.send(new byte[1], file.number());
                }
            }
            case WRITE_PIPE -> {
                try (OwnedFd pipe = connection.takeFd();
                        Arena arena = Arena.ofConfined()) {
                    MemorySegment bytes =
                            arena.allocateFrom(ValueLayout.JAVA_BYTE, Crossings.pattern(number));
                    for (int at = 0; at < number; ) {
                        at += (int) PosixException.check(Posix.write(pipe.number(), bytes.asSlice(at)), "write");
                    }
                }
            }
            case READ_PIPE -> {
                int right = readPipe(connection, Crossings.pattern(number));
                connection.send(ByteBuffer.allocate(Integer.BYTES).putInt(right).array());
            }
        }
    }

    private static int readPipe(Connection connection, byte[] expected) throws IOException {
        long pipe = PosixException.check(Posix.pipe(), "pipe");
        try (OwnedFd readEnd = new OwnedFd(Posix.readEnd(pipe));
                OwnedFd writeEnd = new OwnedFd(Posix.writeEnd(pipe));
                Arena arena = Arena.ofConfined()) {
            connection.send(new byte[1], writeEnd.number());
            writeEnd.close();
            MemorySegment buffer = arena.allocate(CHUNK);
            int right = 0;
            int at = 0;
            while (true) {
                long result = Posix.read(readEnd.number(), buffer);
                if (result == -Errno.EINTR) {
                    continue;
                }
                if (PosixException.check(result, "read") == 0) {
                    return at == expected.length ? right : -at;
                }
                for (int i = 0; i < result; i++, at++) {
                    if (at < expected.length && buffer.get(ValueLayout.JAVA_BYTE, i) == expected[at]) {
                        right++;
                    }
                }
            }
        }
    }

    @Override
    public void close() {
        closed = true;
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
