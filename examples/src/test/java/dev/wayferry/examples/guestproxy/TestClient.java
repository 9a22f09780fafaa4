package dev.wayferry.examples.guestproxy;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.wayferry.bridge.UnixSockets;
import dev.wayferry.bridge.WaylandConnection;
import dev.wayferry.posix.Memory;
import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.Posix;
import dev.wayferry.posix.PosixException;
import dev.wayferry.wire.wayland.MalformedMessageException;
import dev.wayferry.wire.wayland.WaylandReader;
import dev.wayferry.wire.wayland.WaylandWriter;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;

/** A program that writes whatever requests the test wants, whether they make sense or not. */
final class TestClient implements AutoCloseable {
    private static final int TIMEOUT_MILLIS = 60_000;

    final WaylandConnection connection;
    private boolean closed;

    TestClient(Path socket) throws IOException {
        connection = new WaylandConnection(UnixSockets.connect(socket));
    }

    WaylandWriter request(int object, int opcode) {
        return connection.begin(object, opcode);
    }

    /** Takes ownership of {@code fd}. */
    TestClient file(int fd) {
        connection.queueFd(fd);
        return this;
    }

    void flush() throws PosixException {
        PosixException.check(connection.flush(), "flush");
    }

    /** Waits for the next event and goes to it; null at the end of the connection. */
    boolean next() throws IOException, MalformedMessageException {
        while (!connection.next()) {
            int events = Posix.poll(connection.fd(), Posix.POLLIN, TIMEOUT_MILLIS);
            if (events == 0) {
                throw new AssertionError("no event came");
            }
            int filled = connection.fill();
            if (filled == 0) {
                return false;
            }
            PosixException.check(filled, "fill");
        }
        return true;
    }

    WaylandReader event() {
        return connection.reader();
    }

    /** A memory file with that content; the caller owns it. */
    static int memoryFile(byte[] content) throws IOException {
        int fd = PosixException.check(Memory.memfdCreate("test"), "memfd_create");
        try (Arena arena = Arena.ofConfined()) {
            if (content.length > 0) {
                PosixException.check(Posix.write(fd, arena.allocateFrom(JAVA_BYTE, content)), "write");
            }
        }
        return fd;
    }

    /** Writes {@code content} into an open memory file, from {@code offset} on. */
    static void overwrite(int fd, long offset, byte[] content) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            long start = offset & -Memory.PAGE_SIZE;
            MemorySegment memory = Memory.map(
                    fd, start, offset - start + content.length, Memory.PROT_READ | Memory.PROT_WRITE, arena);
            MemorySegment.copy(content, 0, memory, JAVA_BYTE, offset - start, content.length);
        }
    }

    /** The whole content of a file or a pipe that has ended. Takes ownership of {@code fd}. */
    static byte[] readAll(int fd) throws IOException {
        try (OwnedFd file = new OwnedFd(fd);
                Arena arena = Arena.ofConfined()) {
            var all = new ByteArrayOutputStream();
            MemorySegment part = arena.allocate(1 << 16);
            while (true) {
                long length = PosixException.check(Posix.read(file.number(), part), "read");
                if (length == 0) {
                    return all.toByteArray();
                }
                all.write(part.asSlice(0, length).toArray(JAVA_BYTE));
            }
        }
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            connection.close();
        }
    }
}
