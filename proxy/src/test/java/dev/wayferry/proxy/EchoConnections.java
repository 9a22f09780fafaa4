package dev.wayferry.proxy;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.wayferry.posix.Posix;
import dev.wayferry.posix.PosixException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/** Many connections to the compositor, of which each gives back what it was sent when the test says so. */
final class EchoConnections implements AutoCloseable {
    private final Arena arena = Arena.ofShared();
    private final MemorySegment buffer = arena.allocate(1 << 16);
    private final List<TestCompositor.Connection> connections = new ArrayList<>();

    /** Takes up so many connections. */
    void accept(TestCompositor compositor, int count) throws IOException {
        for (int i = 0; i < count; i++) {
            connections.add(compositor.accept());
        }
    }

    /** Waits for {@code length} bytes on each connection, and sends them back. */
    void echo(int length) throws PosixException {
        answer(length, length);
    }

    /** Waits for {@code length} bytes on each connection, and sends {@code answer} bytes. */
    void answer(int length, int answer) throws PosixException {
        for (TestCompositor.Connection connection : connections) {
            answer(connection.socket.number(), length, answer);
        }
    }

    /** The same on the connection that was taken up first. */
    void echoFirst(int length) throws PosixException {
        answer(connections.getFirst().socket.number(), length, length);
    }

    /** Connections taken up. */
    int count() {
        return connections.size();
    }

    private void answer(int socket, int length, int answer) throws PosixException {
        int filled = 0;
        while (filled < length) {
            long count = PosixException.check(
                    Posix.read(socket, buffer.address() + filled, length - filled), "read");
            if (count == 0) {
                throw new AssertionError("the connection ended");
            }
            filled += (int) count;
        }
        assertEquals(answer, Posix.write(socket, buffer.address(), answer));
    }

    @Override
    public void close() {
        connections.forEach(TestCompositor.Connection::close);
        arena.close();
    }
}
