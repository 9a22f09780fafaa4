package dev.wayferry.proxy;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.wayferry.posix.Errno;
import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.Posix;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteOrder;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.Arrays;

/**
 * A TCP socket whose peer takes nothing of what was sent to it: so the last close(2) of it waits, as SO_LINGER has it
 * (socket(7)), until the peer goes, which is when this closes.
 */
final class LingeringSocket implements AutoCloseable {
    /** Ten times as long as a test waits for anything. */
    private static final int LINGER_SECONDS = 600;

    private static final int AF_INET = 2;
    private static final int SOCK_STREAM_CLOEXEC = 1 | Posix.O_CLOEXEC;
    private static final int SOL_SOCKET = 1;
    private static final int SO_LINGER = 13;
    private static final int SCM_RIGHTS = 1;
    private static final int MSG_OOB = 1;
    private static final int SMALL = 4096;
    private static final int STILL_MILLIS = 200;

    private final ServerSocketChannel server;
    private final SocketChannel peer;
    private final OwnedFd socket;

    LingeringSocket() throws IOException {
        server = ServerSocketChannel.open();
        server.setOption(StandardSocketOptions.SO_RCVBUF, SMALL);
        server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        try (Arena arena = Arena.ofConfined()) {
            socket = new OwnedFd(call("socket", AF_INET, SOCK_STREAM_CLOEXEC, 0));
            MemorySegment address = arena.allocate(16);
            address.set(JAVA_SHORT, 0, (short) AF_INET);
            address.set(JAVA_SHORT.withOrder(ByteOrder.BIG_ENDIAN), 2,
                    (short) ((InetSocketAddress) server.getLocalAddress()).getPort());
            address.set(JAVA_INT.withOrder(ByteOrder.BIG_ENDIAN), 4, 0x7f00_0001);
            assertEquals(0, call("connect", socket.number(), address, (int) address.byteSize()));
            MemorySegment linger = arena.allocateFrom(JAVA_INT, 1, LINGER_SECONDS);
            assertEquals(
                    0, call("setsockopt", socket.number(), SOL_SOCKET, SO_LINGER, linger, (int) linger.byteSize()));
            peer = server.accept();
            fill(arena.allocate(SMALL));
        }
    }

    /** A function of libc, by its int result. */
    private static int call(String name, Object... arguments) {
        Linker linker = Linker.nativeLinker();
        MemoryLayout[] types = Arrays.stream(arguments)
                .map(argument -> argument instanceof MemorySegment ? ADDRESS : JAVA_INT)
                .toArray(MemoryLayout[]::new);
        MethodHandle function = linker.downcallHandle(
                linker.defaultLookup().findOrThrow(name), FunctionDescriptor.of(JAVA_INT, types));
        try {
            return (int) function.invokeWithArguments(arguments);
        } catch (Throwable t) {
            throw new AssertionError(t);
        }
    }

    /** Until both sides have no more room, and will have none. */
    private void fill(MemorySegment bytes) {
        assertEquals(0, Posix.setNonBlocking(socket.number(), true));
        do {
            long sent = Posix.write(socket.number(), bytes);
            while (sent > 0) {
                sent = Posix.write(socket.number(), bytes);
            }
            assertEquals(-Errno.EAGAIN, sent);
        } while (Posix.poll(socket.number(), Posix.POLLOUT, STILL_MILLIS) != 0);
    }

    /** The number to send it by. */
    int number() {
        return socket.number();
    }

    /** Sends it with one byte that is urgent, "u". */
    void sendUrgently(OwnedFd to) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment iovec = arena.allocateFrom(JAVA_LONG, arena.allocateFrom("u").address(), 1);
            MemorySegment control = arena.allocate(24, 8);
            control.set(JAVA_LONG, 0, 20);
            control.set(JAVA_INT, 8, SOL_SOCKET);
            control.set(JAVA_INT, 12, SCM_RIGHTS);
            control.set(JAVA_INT, 16, number());
            MemorySegment msghdr = arena.allocateFrom(
                    JAVA_LONG, 0, 0, iovec.address(), 1, control.address(), control.byteSize(), 0);
            assertEquals(1, call("sendmsg", to.number(), msghdr, MSG_OOB));
        }
    }

    /** From now on only those have it who were sent it. */
    void leave() {
        socket.close();
    }

    /** The peer goes, and nobody waits any more. */
    @Override
    public void close() throws IOException {
        peer.close();
        server.close();
        socket.close();
    }
}
