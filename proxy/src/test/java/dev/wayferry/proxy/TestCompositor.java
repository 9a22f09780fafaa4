package dev.wayferry.proxy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wayferry.bridge.UnixListener;
import dev.wayferry.posix.Errno;
import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.Posix;
import dev.wayferry.posix.PosixException;
import dev.wayferry.posix.SocketMessage;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** What listens where the compositor would: the test says what it reads and writes, and when. */
final class TestCompositor implements AutoCloseable {
    private final UnixListener listener;

    TestCompositor(Path folder) throws IOException {
        listener = UnixListener.bind(folder.resolve("wayland-test"));
    }

    Path path() {
        return listener.path();
    }

    Connection accept() throws IOException {
        assertTrue((Posix.poll(listener.fd(), Posix.POLLIN, 20_000) & Posix.POLLIN) != 0, "nobody connects");
        return new Connection(listener.accept().socket());
    }

    /** Whether somebody has connected and was not accepted. */
    boolean isWaiting() {
        return (Posix.poll(listener.fd(), Posix.POLLIN, 0) & Posix.POLLIN) != 0;
    }

    @Override
    public void close() throws IOException {
        listener.close();
    }

    /** One client's connection. */
    static final class Connection implements AutoCloseable {
        private static final int ROOM = 1 << 16;

        private final Arena arena = Arena.ofShared();
        private final SocketMessage message = new SocketMessage(1, arena);
        private final MemorySegment buffer = arena.allocate(ROOM);
        final OwnedFd socket;

        /** Descriptors received and not taken. */
        final List<OwnedFd> received = new ArrayList<>();

        Connection(OwnedFd socket) {
            this.socket = socket;
        }

        void send(String text, int... fds) throws PosixException {
            send(text.getBytes(StandardCharsets.UTF_8), fds);
        }

        void send(byte[] bytes, int... fds) throws PosixException {
            MemorySegment.copy(MemorySegment.ofArray(bytes), 0, buffer, 0, bytes.length);
            message.clear().addBuffer(buffer.asSlice(0, bytes.length));
            for (int fd : fds) {
                assertTrue(message.addFd(fd));
            }
            assertEquals(bytes.length, PosixException.check(message.sendBlocking(socket.number()), "send"));
        }

        /** Exactly {@code length} bytes. */
        byte[] read(int length) throws PosixException {
            byte[] all = new byte[length];
            int filled = 0;
            while (filled < length) {
                byte[] some = readSome(length - filled);
                assertTrue(some.length > 0, "the connection ended after " + filled + " of " + length + " bytes");
                System.arraycopy(some, 0, all, filled, some.length);
                filled += some.length;
            }
            return all;
        }

        String readText(int length) throws PosixException {
            return new String(read(length), StandardCharsets.UTF_8);
        }

        /** Whether there is something to read, or the end; waits so long for it. */
        boolean isReadable(int millis) {
            return Posix.poll(socket.number(), Posix.POLLIN, millis) != 0;
        }

        /** What one receive gives, nothing at the end. */
        byte[] readSome(int most) throws PosixException {
            assertTrue(Posix.poll(socket.number(), Posix.POLLIN, 20_000) != 0, "nothing comes");
            message.clear().addBuffer(buffer.asSlice(0, Math.min(most, ROOM)));
            long count = message.receiveBlocking(socket.number());
            for (int i = 0; i < message.fdCount(); i++) {
                received.add(new OwnedFd(message.fd(i)));
            }
            if (count == -Errno.ECONNRESET) {
                return new byte[0];
            }
            return buffer.asSlice(0, PosixException.check(count, "receive")).toArray(ValueLayout.JAVA_BYTE);
        }

        /** Whether the other end has hung up; waits for that. */
        boolean isHungUp() throws PosixException {
            return readSome(1).length == 0;
        }

        @Override
        public void close() {
            received.forEach(OwnedFd::close);
            socket.close();
            arena.close();
        }
    }
}
