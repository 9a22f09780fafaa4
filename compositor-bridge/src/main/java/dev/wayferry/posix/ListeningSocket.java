package dev.wayferry.posix;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * Opens listening sockets, which is all that a program has to do before others can connect to it, and so is made to need as
 * little as possible of the Java runtime: to link a function of a shape that was not linked before takes tens of
 * milliseconds, one of a known shape hardly any. All functions here are linked as of three words. Where words travel in
 * registers, as on every machine that Linux runs this on, a function takes as many of them, and as much of each, as it knows.
 */
public final class ListeningSocket {
    private static final long AF_UNIX = 1;
    private static final long SOCK_STREAM = 1;
    private static final long SOCK_CLOEXEC = Posix.O_CLOEXEC;
    private static final long BACKLOG = 128;
    private static final long NONE = 0;

    private static final FunctionDescriptor OF_WORDS =
            FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle SOCKET = NativeCall.link("socket", OF_WORDS);
    private static final MethodHandle FCHMOD = NativeCall.link("fchmod", OF_WORDS);
    private static final MethodHandle BIND = NativeCall.link("bind", OF_WORDS);
    private static final MethodHandle LISTEN = NativeCall.link("listen", OF_WORDS);
    private static final MethodHandle UMASK = NativeCall.link("umask", OF_WORDS);
    private static final int ALL_MODES = 0777;
    private static final MethodHandle GETSOCKNAME = NativeCall.link("getsockname", OF_WORDS);

    private static final Path DESCRIPTORS = Path.of("/proc/self/fd");

    private ListeningSocket() {}

    /**
     * A socket that listens at {@code path}, where no file may be yet, with the given mode from the first instant, whatever
     * the process has inherited: bind(2) takes the mode from the socket's own inode, less what umask(2) says, which is the
     * process's and for this moment another. (junixsocket's bind opens the path to everybody.)
     */
    public static OwnedFd open(String path, int mode) throws PosixException {
        byte[] name = Sockets.pathBytes(path);
        try (Arena arena = Arena.ofConfined()) {
            // A struct sockaddr_un, as long as its path with an ending zero needs. By a buffer, which is linked already.
            MemorySegment address = arena.allocate(Sockets.SUN_PATH_OFFSET + name.length + 1L, Long.BYTES);
            ByteBuffer bytes = address.asByteBuffer().order(ByteOrder.nativeOrder());
            bytes.putShort((short) AF_UNIX).put(name);
            OwnedFd socket = new OwnedFd(call(SOCKET, "socket", AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, NONE));
            try {
                int fd = socket.number();
                int unused = call(FCHMOD, "fchmod of a socket", fd, mode, NONE);
                int before = call(UMASK, "umask", ALL_MODES & ~mode, NONE, NONE);
                try {
                    unused = call(BIND, "bind to " + path, fd, address.address(), address.byteSize());
                } finally {
                    unused = call(UMASK, "umask", before, NONE, NONE);
                }
                unused = call(LISTEN, "listen", fd, BACKLOG, NONE);
                return socket;
            } catch (PosixException e) {
                socket.close();
                throw e;
            }
        }
    }

    /**
     * A second descriptor of the socket by which this process listens at {@code path}; of one that the JDK has opened, which
     * keeps its number to itself.
     *
     * @throws IOException when there is none
     */
    public static OwnedFd duplicate(String path) throws IOException {
        byte[] name = Sockets.pathBytes(path);
        try (DirectoryStream<Path> open = Files.newDirectoryStream(DESCRIPTORS)) {
            for (Path each : open) {
                int fd = Integer.parseInt(each.getFileName().toString());
                if (Sockets.isListening(fd) && isAt(fd, name)) {
                    return OwnedFd.of(Posix.dup(fd), "dup of a listening socket");
                }
            }
        }
        throw new IOException("nothing in this process listens at " + path);
    }

    private static boolean isAt(int socket, byte[] name) {
        try (Arena arena = Arena.ofConfined()) {
            // A name that is longer than this is not the one that is looked for.
            MemorySegment address = arena.allocate(Sockets.SUN_PATH_OFFSET + name.length + 1L, Long.BYTES);
            MemorySegment length = arena.allocateFrom(JAVA_INT, (int) address.byteSize());
            int unused = call(GETSOCKNAME, "getsockname", socket, address.address(), length.address());
            return length.get(JAVA_INT, 0) == address.byteSize()
                    && Arrays.equals(address.asSlice(Sockets.SUN_PATH_OFFSET, name.length).toArray(JAVA_BYTE), name);
        } catch (PosixException e) {
            return false;
        }
    }

    private static int call(MethodHandle function, String what, long first, long second, long third)
            throws PosixException {
        MemorySegment capture = NativeCall.capture();
        int result;
        try {
            // The functions return ints, so the word's upper half means nothing.
            result = NativeCall.result((int) (long) function.invokeExact(capture, first, second, third), capture);
        } catch (Throwable t) {
            throw NativeCall.broken(t);
        }
        return PosixException.check(result, what);
    }
}
