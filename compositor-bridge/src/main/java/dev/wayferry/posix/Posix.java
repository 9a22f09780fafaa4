package dev.wayferry.posix;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;

/**
 * Calls on plain descriptors. Each returns the C function's result, or the negative {@code errno}.
 *
 * <p>Everything that makes a descriptor makes it close-on-exec.
 */
public final class Posix {
    public static final int O_RDONLY = 0;
    public static final int O_WRONLY = 1;
    public static final int O_RDWR = 2;
    public static final int O_ACCMODE = 3;
    public static final int O_NONBLOCK = 0x800;
    public static final int O_CLOEXEC = 0x80000;
    public static final int O_PATH = 0x200000;
    public static final int O_NOFOLLOW = "aarch64".equals(System.getProperty("os.arch")) ? 0x8000 : 0x20000;
    public static final int EFD_SEMAPHORE = 1;

    public static final int POLLIN = 1;
    public static final int POLLOUT = 4;
    public static final int POLLERR = 8;
    public static final int POLLHUP = 16;

    private static final int F_GETFD = 1;
    private static final int F_SETFD = 2;
    private static final int FD_CLOEXEC = 1;
    private static final int F_GETFL = 3;
    private static final int F_SETFL = 4;
    private static final int F_SETPIPE_SZ = 1031;
    private static final int F_DUPFD_CLOEXEC = 1030;
    private static final int EFD_CLOEXEC = O_CLOEXEC;
    private static final int EFD_NONBLOCK = O_NONBLOCK;
    private static final int AT_FDCWD = -100;
    private static final int RWF_NOWAIT = 8;
    private static final long FILES_OWN_OFFSET = -1;
    private static final int MAX_FD_INFO = 4096;

    private static final MethodHandle CLOSE =
            NativeCall.link("close", FunctionDescriptor.of(JAVA_INT, JAVA_INT));
    private static final FunctionDescriptor TRANSFER =
            FunctionDescriptor.of(JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle READ = NativeCall.linkPlain("read", TRANSFER);
    private static final MethodHandle READ_ERRNO = NativeCall.link("read", TRANSFER);
    private static final MethodHandle WRITE = NativeCall.linkPlain("write", TRANSFER);
    private static final MethodHandle WRITE_ERRNO = NativeCall.link("write", TRANSFER);
    private static final MethodHandle PREAD =
            NativeCall.link("pread", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG));
    private static final MethodHandle PWRITE =
            NativeCall.link("pwrite", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG));
    private static final FunctionDescriptor TRANSFER_VECTOR =
            FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_INT);
    private static final MethodHandle WRITEV = NativeCall.linkPlain("writev", TRANSFER_VECTOR);
    private static final MethodHandle WRITEV_ERRNO = NativeCall.link("writev", TRANSFER_VECTOR);
    private static final MethodHandle PREADV2 = NativeCall.link(
            "preadv2", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_INT, JAVA_LONG, JAVA_INT));
    private static final MethodHandle PWRITEV =
            NativeCall.link("pwritev", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_INT, JAVA_LONG));
    private static final MethodHandle FCNTL = NativeCall.link(
            "fcntl", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT), Linker.Option.firstVariadicArg(2));
    private static final MethodHandle IOCTL = NativeCall.link(
            "ioctl", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG, ADDRESS), Linker.Option.firstVariadicArg(2));
    private static final MethodHandle OPENAT = NativeCall.link(
            "openat",
            FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT),
            Linker.Option.firstVariadicArg(3));
    private static final MethodHandle PIPE2 =
            NativeCall.link("pipe2", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT));
    private static final MethodHandle EVENTFD =
            NativeCall.link("eventfd", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT));
    private static final MethodHandle POLL =
            NativeCall.link("poll", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT));
    private static final MethodHandle READLINK =
            NativeCall.link("readlink", FunctionDescriptor.of(JAVA_LONG, ADDRESS, ADDRESS, JAVA_LONG));
    private static final MethodHandle FCHMOD =
            NativeCall.link("fchmod", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT));

    private static final MethodHandle EXIT = NativeCall.link("_exit", FunctionDescriptor.ofVoid(JAVA_INT));

    private Posix() {}

    /**
     * Ends the process at once. {@link Runtime#halt} would first wait 300 ms for threads that are inside a call such as
     * epoll_wait, of which there always are some here.
     */
    public static void exit(int status) {
        try {
            EXIT.invokeExact(NativeCall.capture(), status);
        } catch (Throwable t) {
            throw NativeCall.broken(t);
        }
    }

    public static int close(int fd) {
        MemorySegment capture = NativeCall.capture();
        try {
            return NativeCall.result((int) CLOSE.invokeExact(capture, fd), capture);
        } catch (Throwable t) {
            throw NativeCall.broken(t);
        }
    }

    /** Reads up to {@code length} bytes to the native {@code address}, which the caller has bounded. */
    public static long read(int fd, long address, long length) {
        try {
            long result = (long) READ.invokeExact(fd, address, length);
            if (result >= 0) {
                return result;
            }
            MemorySegment capture = NativeCall.capture();
            return NativeCall.result((long) READ_ERRNO.invokeExact(capture, fd, address, length), capture);
        } catch (Throwable t) {
            throw NativeCall.broken(t);
        }
    }

    /** Reads into a native segment. */
    public static long read(int fd, MemorySegment buffer) {
        return read(fd, buffer.address(), buffer.byteSize());
    }

    /** Writes {@code length} bytes from the native {@code address}, which the caller has bounded. */
    public static long write(int fd, long address, long length) {
        try {
            long result = (long) WRITE.invokeExact(fd, address, length);
            if (result >= 0) {
                return result;
            }
            MemorySegment capture = NativeCall.capture();
            return NativeCall.result((long) WRITE_ERRNO.invokeExact(capture, fd, address, length), capture);
        } catch (Throwable t) {
            throw NativeCall.broken(t);
        }
    }

    /** Writes a native segment. */
    public static long write(int fd, MemorySegment buffer) {
        return write(fd, buffer.address(), buffer.byteSize());
    }

    /** Writes the buffers of {@code iovecs}. */
    public static long writev(int fd, Iovecs iovecs) {
        try {
            long result = (long) WRITEV.invokeExact(fd, iovecs.segment(), iovecs.count());
            if (result >= 0) {
                return result;
            }
            MemorySegment capture = NativeCall.capture();
            return NativeCall.result(
                    (long) WRITEV_ERRNO.invokeExact(capture, fd, iovecs.segment(), iovecs.count()), capture);
        } catch (Throwable t) {
            throw NativeCall.broken(t);
        }
    }

    /**
     * Reads into the buffers of {@code iovecs} what is there at once, or gives {@code -EAGAIN}, also where the file is a
     * blocking one; {@code -EOPNOTSUPP} where the kind of file or the kernel knows no such read.
     */
    public static long readNoWait(int fd, Iovecs iovecs) {
        MemorySegment capture = NativeCall.capture();
        try {
            return NativeCall.result(
                    (long) PREADV2.invokeExact(
                            capture, fd, iovecs.segment(), iovecs.count(), FILES_OWN_OFFSET, RWF_NOWAIT),
                    capture);
        } catch (Throwable t) {
            throw NativeCall.broken(t);
        }
    }

    /** Writes the buffers of {@code iovecs} at {@code offset} of the file; the file's own offset stays. */
    public static long pwritev(int fd, Iovecs iovecs, long offset) {
        MemorySegment capture = NativeCall.capture();
        try {
            return NativeCall.result(
                    (long) PWRITEV.invokeExact(capture, fd, iovecs.segment(), iovecs.count(), offset), capture);
        } catch (Throwable t) {
            throw NativeCall.broken(t);
        }
    }

    /** Reads from {@code offset} of the file into a native segment; the file's own offset stays. */
    public static long pread(int fd, MemorySegment buffer, long offset) {
        MemorySegment capture = NativeCall.capture();
        try {
            return NativeCall.result(
                    (long) PREAD.invokeExact(capture, fd, buffer.address(), buffer.byteSize(), offset), capture);
        } catch (Throwable t) {
            throw NativeCall.broken(t);
        }
    }

    /** Writes a native segment at {@code offset} of the file; the file's own offset stays. */
    public static long pwrite(int fd, MemorySegment buffer, long offset) {
        MemorySegment capture = NativeCall.capture();
        try {
            return NativeCall.result(
                    (long) PWRITE.invokeExact(capture, fd, buffer.address(), buffer.byteSize(), offset), capture);
        } catch (Throwable t) {
            throw NativeCall.broken(t);
        }
    }

    /** fcntl with an int argument. */
    public static int fcntl(int fd, int command, int argument) {
        MemorySegment capture = NativeCall.capture();
        try {
            return NativeCall.result((int) FCNTL.invokeExact(capture, fd, command, argument), capture);
        } catch (Throwable t) {
            throw NativeCall.broken(t);
        }
    }

    /** A duplicate of {@code fd}, close-on-exec. */
    public static int dup(int fd) {
        return fcntl(fd, F_DUPFD_CLOEXEC, 0);
    }

    /** The file status flags: access mode and O_NONBLOCK among them. */
    public static int statusFlags(int fd) {
        return fcntl(fd, F_GETFL, 0);
    }

    /** Sets or clears O_NONBLOCK on the open file description, which every duplicate of {@code fd} shares. */
    public static int setNonBlocking(int fd, boolean nonBlocking) {
        int flags = statusFlags(fd);
        if (flags < 0) {
            return flags;
        }
        return fcntl(fd, F_SETFL, nonBlocking ? flags | O_NONBLOCK : flags & ~O_NONBLOCK);
    }

    /** Has a pipe hold {@code bytes}, whatever is in it; what it holds then, or a negative error number (F_SETPIPE_SZ). */
    public static int setPipeSize(int fd, int bytes) {
        return fcntl(fd, F_SETPIPE_SZ, bytes);
    }

    /** Lets no program that this process starts inherit {@code fd}. */
    public static int setCloseOnExec(int fd) {
        return fcntl(fd, F_SETFD, FD_CLOEXEC);
    }

    /** Whether {@code fd} names an open file at all. */
    public static boolean isOpen(int fd) {
        return fcntl(fd, F_GETFD, 0) >= 0;
    }

    /** ioctl with a pointer argument, whose layout the caller knows. */
    public static int ioctl(int fd, long request, MemorySegment argument) {
        MemorySegment capture = NativeCall.capture();
        try {
            return NativeCall.result((int) IOCTL.invokeExact(capture, fd, request, argument), capture);
        } catch (Throwable t) {
            throw NativeCall.broken(t);
        }
    }

    /** Opens an existing file; O_CLOEXEC is added to {@code flags}. */
    public static int open(String path, int flags) {
        MemorySegment capture = NativeCall.capture();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment name = arena.allocateFrom(path);
            return NativeCall.result((int) OPENAT.invokeExact(capture, AT_FDCWD, name, flags | O_CLOEXEC, 0), capture);
        } catch (Throwable t) {
            throw NativeCall.broken(t);
        }
    }

    /**
     * Makes a pipe, close-on-exec and blocking at both ends.
     *
     * @return the read end in the lower and the write end in the upper 32 bits, or a negative error number; see
     *     {@link #readEnd} and {@link #writeEnd}
     */
    public static long pipe() {
        MemorySegment capture = NativeCall.capture();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment ends = arena.allocate(JAVA_INT, 2);
            int result = NativeCall.result((int) PIPE2.invokeExact(capture, ends, O_CLOEXEC), capture);
            if (result < 0) {
                return result;
            }
            return ((long) ends.getAtIndex(JAVA_INT, 1) << 32) | ends.getAtIndex(JAVA_INT, 0);
        } catch (Throwable t) {
            throw NativeCall.broken(t);
        }
    }

    public static int readEnd(long pipe) {
        return (int) pipe;
    }

    public static int writeEnd(long pipe) {
        return (int) (pipe >>> 32);
    }

    /** Makes an eventfd with the counter at 0, close-on-exec and non-blocking. */
    public static int eventfd() {
        return eventfd(EFD_NONBLOCK);
    }

    /** Makes an eventfd with the counter at 0, close-on-exec; {@code flags} are O_NONBLOCK and EFD_SEMAPHORE. */
    public static int eventfd(int flags) {
        MemorySegment capture = NativeCall.capture();
        try {
            return NativeCall.result((int) EVENTFD.invokeExact(capture, 0, EFD_CLOEXEC | flags), capture);
        } catch (Throwable t) {
            throw NativeCall.broken(t);
        }
    }

    /**
     * Waits until {@code fd} shows one of {@code events}.
     *
     * @param timeoutMillis -1 for ever
     * @return the events seen, 0 when the time is over, or a negative error number
     */
    public static int poll(int fd, int events, int timeoutMillis) {
        try (Arena arena = Arena.ofConfined()) {
            PollSet set = new PollSet(1, arena);
            set.add(fd, events);
            int result = set.poll(timeoutMillis);
            return result <= 0 ? result : set.revents(0);
        }
    }

    static int poll(MemorySegment pollfds, int count, int timeoutMillis) {
        MemorySegment capture = NativeCall.capture();
        try {
            return NativeCall.result(
                    (int) POLL.invokeExact(capture, pollfds, (long) count, timeoutMillis), capture);
        } catch (Throwable t) {
            throw NativeCall.broken(t);
        }
    }

    /** What {@code /proc/self/fd/N} points to, for instance {@code /memfd:name (deleted)}; empty if it can't be read. */
    public static String linkOf(int fd) {
        MemorySegment capture = NativeCall.capture();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment name = arena.allocateFrom("/proc/self/fd/" + fd);
            MemorySegment target = arena.allocate(512);
            long length = (long) READLINK.invokeExact(capture, name, target, target.byteSize());
            if (length < 0) {
                return "";
            }
            byte[] bytes = target.asSlice(0, length).toArray(ValueLayout.JAVA_BYTE);
            return new String(bytes, StandardCharsets.UTF_8);
        } catch (Throwable t) {
            throw NativeCall.broken(t);
        }
    }

    /** The first {@value #MAX_FD_INFO} bytes of {@code /proc/self/fdinfo/N}; empty if it can't be read. */
    public static String fdInfoOf(int fd) {
        int file = open("/proc/self/fdinfo/" + fd, O_RDONLY);
        if (file < 0) {
            return "";
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment text = arena.allocate(MAX_FD_INFO);
            long length = Math.max(0, pread(file, text, 0));
            return new String(text.asSlice(0, length).toArray(ValueLayout.JAVA_BYTE), StandardCharsets.UTF_8);
        } finally {
            int unused = close(file);
        }
    }

    /** Sets the mode bits of the open file. */
    public static int fchmod(int fd, int mode) {
        MemorySegment capture = NativeCall.capture();
        try {
            return NativeCall.result((int) FCHMOD.invokeExact(capture, fd, mode), capture);
        } catch (Throwable t) {
            throw NativeCall.broken(t);
        }
    }
}
