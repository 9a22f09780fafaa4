package dev.wayferry.fuzz;

import dev.wayferry.bridge.UnixListener;
import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.Posix;
import dev.wayferry.posix.SocketMessage;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** What listens where a compositor would, and does with its connections whatever it is told to. */
final class Compositor implements AutoCloseable {
    private static final int BUFFER = 1 << 16;
    private static final int MOST = 32;

    private final Arena arena = Arena.ofShared();
    private final UnixListener listener;
    private final SocketMessage message = new SocketMessage(1, arena);
    private final MemorySegment buffer = arena.allocate(BUFFER);
    private final List<OwnedFd> connections = new ArrayList<>();

    Compositor(Path path) throws IOException {
        listener = UnixListener.bind(path);
    }

    Path path() {
        return listener.path();
    }

    /** Accepts whoever waits. */
    void accept() throws IOException {
        while (Posix.poll(listener.fd(), Posix.POLLIN, 0) > 0) {
            OwnedFd socket = listener.accept().socket();
            int unused = Posix.setNonBlocking(socket.number(), true);
            connections.add(socket);
            if (connections.size() > MOST) {
                connections.removeFirst().close();
            }
        }
    }

    boolean hasConnections() {
        return !connections.isEmpty();
    }

    private int connection(int which) {
        return connections.get(which % connections.size()).number();
    }

    /** Where the bytes that are to be sent are put together. */
    MemorySegment buffer() {
        return buffer;
    }

    /** A message with no descriptors yet. */
    SocketMessage message() {
        return message.clear();
    }

    /** Sends the first {@code length} bytes of the buffer with the descriptors of the message, as far as there is room. */
    void send(int which, int length) {
        if (hasConnections() && length > 0) {
            boolean unused = message.addBuffer(buffer.address(), Math.min(length, BUFFER));
            long unusedToo = message.send(connection(which));
        }
    }

    /** Receives what is there; descriptors become the files' other ends. */
    void receive(int which, int length, SentFiles files) {
        if (hasConnections()) {
            boolean unusedRoom = message.clear().addBuffer(buffer.address(), Math.clamp(length, 1, BUFFER));
            long unused = message.receive(connection(which));
            for (int i = 0; i < message.fdCount(); i++) {
                int unusedToo = Posix.setNonBlocking(message.fd(i), true);
                files.adopt(message.fd(i));
            }
        }
    }

    /** Hangs up. */
    void close(int which) {
        if (hasConnections()) {
            connections.remove(which % connections.size()).close();
        }
    }

    void closeAll() throws IOException {
        accept();
        connections.forEach(OwnedFd::close);
        connections.clear();
    }

    @Override
    public void close() {
        connections.forEach(OwnedFd::close);
        connections.clear();
        try {
            listener.close();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
        arena.close();
    }
}
