package dev.wayferry.posix;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;

/** Calls on sockets that are not messages; those are {@link SocketMessage}'s. */
public final class Sockets {
    private static final int AF_UNIX = 1;
    private static final int SOCK_STREAM = 1;
    private static final int SOCK_CLOEXEC = Posix.O_CLOEXEC;
    private static final int SOCK_SEQPACKET = 5;
    private static final int SOCK_NONBLOCK = 0x800;
    private static final int SOL_SOCKET = 1;
    private static final int SO_TYPE = 3;
    private static final int SO_OOBINLINE = 10;
    private static final int SO_SNDTIMEO = 21;
    private static final int SO_ACCEPTCONN = 30;
    private static final int SO_DOMAIN = 39;
    private static final int SHUT_RDWR = 2;
    private static final long MICROS_PER_SECOND = TimeUnit.SECONDS.toMicros(1);
    static final int SUN_PATH_OFFSET = 2;

    /** The largest path that fits {@code sun_path} with its ending zero, in bytes. */
    public static final int MAX_PATH = 107;

    private static final MethodHandle SOCKETPAIR =
            NativeCall.link("socketpair", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS));
    private static final MethodHandle SOCKET =
            NativeCall.link("socket", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT));
    private static final MethodHandle CONNECT =
            NativeCall.link("connect", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT));
    private static final MethodHandle SHUTDOWN =
            NativeCall.link("shutdown", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT));
    private static final MethodHandle GETSOCKOPT = NativeCall.link(
            "getsockopt", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS, ADDRESS));
    private static final MethodHandle SETSOCKOPT = NativeCall.link(
            "setsockopt", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT));

    private Sockets() {}

    /** Two connected stream sockets, close-on-exec and blocking. */
    public static OwnedFd[] pair() throws PosixException {
        return pair(SOCK_STREAM);
    }

    /** Two connected sockets that keep each message apart, close-on-exec and blocking. */
    public static OwnedFd[] seqpacketPair() throws PosixException {
        return pair(SOCK_SEQPACKET);
    }

    private static OwnedFd[] pair(int type) throws PosixException {
        MemorySegment capture = NativeCall.capture();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment ends = arena.allocate(JAVA_INT, 2);
            int result;
            try {
                result = NativeCall.result(
                        (int) SOCKETPAIR.invokeExact(capture, AF_UNIX, type | SOCK_CLOEXEC, 0, ends), capture);
            } catch (Throwable t) {
                throw NativeCall.broken(t);
            }
            PosixException.check(result, "socketpair");
            return new OwnedFd[] {
                new OwnedFd(ends.getAtIndex(JAVA_INT, 0)), new OwnedFd(ends.getAtIndex(JAVA_INT, 1))
            };
        }
    }

    /**
     * Connects to the stream socket at {@code path}; blocks while the listener's backlog is full. For programs that must
     * start quickly: junixsocket, which does the same, first unpacks and loads a library of its own.
     */
    public static OwnedFd connect(String path) throws PosixException {
        MemorySegment capture = NativeCall.capture();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment address = address(path, arena);
            int length = (int) address.byteSize();
            OwnedFd socket = OwnedFd.of(
                    NativeCall.result(
                            (int) SOCKET.invokeExact(capture, AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), capture),
                    "socket");
            int result = NativeCall.result(
                    (int) CONNECT.invokeExact(capture, socket.number(), address, length), capture);
            if (result < 0) {
                socket.close();
                throw new PosixException("connect to " + path, result);
            }
            return socket;
        } catch (PosixException e) {
            throw e;
        } catch (Throwable t) {
            throw NativeCall.broken(t);
        }
    }

    /**
     * Connects to the stream socket at {@code pathOrName} and waits for its listener, while that one's backlog is full, no
     * longer than this. (What looking up a path may wait for has no such end.)
     *
     * @param pathOrName a path, or {@code @name} of the abstract namespace
     * @return the socket, owned by the caller, or a negative error number, {@code -EAGAIN} if the backlog was full all the time
     */
    public static int connectWithin(String pathOrName, int seconds) throws PosixException {
        MemorySegment capture = NativeCall.capture();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment address =
                    pathOrName.startsWith("@") ? abstractAddress(pathOrName, arena) : address(pathOrName, arena);
            int socket = NativeCall.result(
                    (int) SOCKET.invokeExact(capture, AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), capture);
            if (socket < 0) {
                return socket;
            }
            int result = connectWithin(socket, address, TimeUnit.SECONDS.toNanos(seconds), arena);
            if (result < 0) {
                Posix.close(socket);
                return result;
            }
            return socket;
        } catch (PosixException e) {
            throw e;
        } catch (Throwable t) {
            throw NativeCall.broken(t);
        }
    }

    /**
     * A signal interrupts a connect that has a time limit also where calls are restarted, and so does being stopped and going
     * on (signal(7)). One that was interrupted has done nothing, so it is made again, for the rest of the time.
     */
    private static int connectWithin(int socket, MemorySegment address, long nanos, Arena arena) throws Throwable {
        MemorySegment capture = NativeCall.capture();
        // A struct timeval. Unix sockets wait for a listener as long as for room to send, unix(7) and socket(7).
        MemorySegment timeout = arena.allocate(JAVA_LONG, 2);
        long deadline = System.nanoTime() + nanos;
        long left = nanos;
        int result = -Errno.EINTR;
        while (result == -Errno.EINTR && left > 0) {
            // Microseconds; none at all would be no limit.
            long micros = TimeUnit.NANOSECONDS.toMicros(left) + 1;
            timeout.setAtIndex(JAVA_LONG, 0, micros / MICROS_PER_SECOND);
            timeout.setAtIndex(JAVA_LONG, 1, micros % MICROS_PER_SECOND);
            result = NativeCall.result(
                    (int) SETSOCKOPT.invokeExact(
                            capture, socket, SOL_SOCKET, SO_SNDTIMEO, timeout, (int) timeout.byteSize()),
                    capture);
            if (result >= 0) {
                result = NativeCall.result(
                        (int) CONNECT.invokeExact(capture, socket, address, (int) address.byteSize()), capture);
            }
            left = deadline - System.nanoTime();
        }
        return result == -Errno.EINTR ? -Errno.EAGAIN : result;
    }

    /**
     * Connects to the stream socket at {@code address} without waiting for its listener; the socket does not block.
     *
     * @param address of a path, as {@link #address} makes it; no part of the path may be one that the kernel waits for
     * @return the socket, owned by the caller, or a negative error number, {@code -EAGAIN} while the listener's backlog is full
     */
    public static int connectNow(MemorySegment address) {
        MemorySegment capture = NativeCall.capture();
        try {
            int socket = NativeCall.result(
                    (int) SOCKET.invokeExact(capture, AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), capture);
            if (socket < 0) {
                return socket;
            }
            int result = NativeCall.result(
                    (int) CONNECT.invokeExact(capture, socket, address, (int) address.byteSize()), capture);
            if (result < 0) {
                Posix.close(socket);
                return result;
            }
            return socket;
        } catch (Throwable t) {
            throw NativeCall.broken(t);
        }
    }

    /** A {@code struct sockaddr_un}, as long as its path needs. */
    public static MemorySegment address(String path, Arena arena) throws PosixException {
        byte[] bytes = pathBytes(path);
        MemorySegment address = arena.allocate(SUN_PATH_OFFSET + bytes.length + 1L, Long.BYTES);
        address.set(JAVA_SHORT, 0, (short) AF_UNIX);
        MemorySegment.copy(bytes, 0, address, JAVA_BYTE, SUN_PATH_OFFSET, bytes.length);
        return address;
    }

    /** That of {@code @name}: no zero at its end, which would be one of the name. */
    private static MemorySegment abstractAddress(String name, Arena arena) throws PosixException {
        MemorySegment address = address(name, arena);
        address.set(JAVA_BYTE, SUN_PATH_OFFSET, (byte) 0);
        return address.asSlice(0, address.byteSize() - 1);
    }

    /** The bytes of a path that fits. */
    static byte[] pathBytes(String path) throws PosixException {
        byte[] bytes = path.getBytes(StandardCharsets.UTF_8);
        if (bytes.length > MAX_PATH) {
            throw new PosixException(
                    path + " has " + bytes.length + " bytes, a socket's path at most " + MAX_PATH, Errno.ENAMETOOLONG);
        }
        return bytes;
    }

    /** Whether {@code socket} is an AF_UNIX one of type SOCK_STREAM or SOCK_SEQPACKET that does not listen. */
    public static boolean isConnectable(int socket) {
        int type = option(socket, SO_TYPE);
        return (type == SOCK_STREAM || type == SOCK_SEQPACKET)
                && option(socket, SO_DOMAIN) == AF_UNIX
                && option(socket, SO_ACCEPTCONN) == 0;
    }

    /** Whether others connect to {@code socket}; not so of what is no socket. */
    static boolean isListening(int socket) {
        return option(socket, SO_ACCEPTCONN) == 1;
    }

    /** Whether {@code socket} keeps each message apart. */
    public static boolean isSeqpacket(int socket) {
        return option(socket, SO_TYPE) == SOCK_SEQPACKET;
    }

    /** An option of SOL_SOCKET that is an int and never negative, or a negative error number. */
    private static int option(int socket, int name) {
        MemorySegment capture = NativeCall.capture();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment value = arena.allocate(JAVA_INT);
            MemorySegment length = arena.allocateFrom(JAVA_INT, Integer.BYTES);
            int result = NativeCall.result(
                    (int) GETSOCKOPT.invokeExact(capture, socket, SOL_SOCKET, name, value, length), capture);
            return result < 0 ? result : value.get(JAVA_INT, 0);
        } catch (Throwable t) {
            throw NativeCall.broken(t);
        }
    }

    /**
     * Has what is sent as urgent (MSG_OOB) come in its turn, its descriptors with it; receives would skip it otherwise, which
     * closes them. 0 or a negative error number.
     */
    public static int takeUrgentInTurn(int socket) {
        MemorySegment capture = NativeCall.capture();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment on = arena.allocateFrom(JAVA_INT, 1);
            return NativeCall.result(
                    (int) SETSOCKOPT.invokeExact(capture, socket, SOL_SOCKET, SO_OOBINLINE, on, (int) on.byteSize()), capture);
        } catch (Throwable t) {
            throw NativeCall.broken(t);
        }
    }

    /** Ends both directions, which wakes whoever is blocked on the socket; 0 or a negative error number. */
    public static int shutdown(int socket) {
        MemorySegment capture = NativeCall.capture();
        try {
            return NativeCall.result((int) SHUTDOWN.invokeExact(capture, socket, SHUT_RDWR), capture);
        } catch (Throwable t) {
            throw NativeCall.broken(t);
        }
    }
}
