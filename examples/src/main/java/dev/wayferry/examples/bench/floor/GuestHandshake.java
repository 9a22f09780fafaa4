package dev.wayferry.examples.bench.floor;

import dev.wayferry.bridge.UnixListener;
import dev.wayferry.bridge.UnixSockets;
import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.PosixException;
import dev.wayferry.posix.SocketMessage;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;

/**
 * How a guest gives the floor what both will use, in one message on a socket: the memory's size as a long, and three
 * descriptors.
 *
 * @param socket whose end is the guest's end
 * @param memory the shared memory
 * @param kick tells the floor of commands
 * @param call tells the guest of what is finished
 */
public record GuestHandshake(OwnedFd socket, long memorySize, OwnedFd memory, OwnedFd kick, OwnedFd call) {
    private static final int FDS = 3;

    /** Waits at {@code path} for the guest; what comes belongs to the caller. */
    static GuestHandshake accept(Path path) throws IOException {
        OwnedFd socket;
        try (UnixListener listener = UnixListener.bind(path)) {
            socket = listener.accept().socket();
        }
        try (Arena arena = Arena.ofConfined()) {
            SocketMessage message = new SocketMessage(1, arena);
            MemorySegment size = arena.allocate(ValueLayout.JAVA_LONG);
            message.clear().addBuffer(size);
            long received = PosixException.check(message.receiveBlocking(socket.number()), "recvmsg");
            if (received != size.byteSize() || message.fdCount() != FDS) {
                throw new IOException(received + " bytes and " + message.fdCount() + " descriptors from the guest");
            }
            return new GuestHandshake(
                    socket,
                    size.get(ValueLayout.JAVA_LONG, 0),
                    new OwnedFd(message.fd(0)),
                    new OwnedFd(message.fd(1)),
                    new OwnedFd(message.fd(2)));
        }
    }

    /** Gives the descriptors, which stay the caller's, to whoever listens at {@code path}; the socket is the caller's. */
    public static OwnedFd offer(Path path, long memorySize, int memory, int kick, int call) throws IOException {
        OwnedFd socket = UnixSockets.connect(path);
        try (Arena arena = Arena.ofConfined()) {
            SocketMessage message = new SocketMessage(1, arena);
            message.clear().addBuffer(arena.allocateFrom(ValueLayout.JAVA_LONG, memorySize));
            if (!message.addFd(memory) || !message.addFd(kick) || !message.addFd(call)) {
                throw new AssertionError("room for three descriptors");
            }
            PosixException.check(message.sendBlocking(socket.number()), "sendmsg");
            return socket;
        } catch (IOException | RuntimeException e) {
            socket.close();
            throw e;
        }
    }
}
