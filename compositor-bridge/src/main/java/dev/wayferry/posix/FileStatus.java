package dev.wayferry.posix;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/** What an open file is: its type and size, by statx(2), whose layout is the same on every architecture. */
public final class FileStatus {
    public static final int S_IFMT = 0xf000;
    public static final int S_IFIFO = 0x1000;
    public static final int S_IFCHR = 0x2000;
    public static final int S_IFDIR = 0x4000;
    public static final int S_IFREG = 0x8000;
    public static final int S_IFSOCK = 0xc000;

    private static final int AT_SYMLINK_NOFOLLOW = 0x100;
    private static final int AT_EMPTY_PATH = 0x1000;
    /** Answers from what the kernel knows: the file may live on a server that does not answer. */
    private static final int AT_STATX_DONT_SYNC = 0x4000;
    private static final int STATX_BASIC_STATS = 0x7ff;
    private static final long STATX_SIZE = 256;
    private static final long STX_MODE_OFFSET = 28;
    private static final long STX_INO_OFFSET = 32;
    private static final long STX_SIZE_OFFSET = 40;
    private static final long STX_DEV_MAJOR_OFFSET = 136;
    private static final long STX_DEV_MINOR_OFFSET = 140;

    private static final MethodHandle STATX = NativeCall.link(
            "statx", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT, ADDRESS));

    private final MemorySegment statx;
    private final MemorySegment emptyPath;

    /** A reusable buffer living in {@code arena}. */
    public FileStatus(Arena arena) {
        statx = arena.allocate(STATX_SIZE, Long.BYTES);
        emptyPath = arena.allocateFrom("");
    }

    /** Reads the status of {@code fd}; 0 or a negative error number. */
    public int read(int fd) {
        return read(fd, emptyPath, AT_EMPTY_PATH);
    }

    /** Reads the status of what is called {@code name} in {@code folder}, if it is a link of the link; as {@link #read}. */
    public int readLink(int folder, MemorySegment name) {
        return read(folder, name, AT_SYMLINK_NOFOLLOW);
    }

    private int read(int fd, MemorySegment path, int flags) {
        MemorySegment capture = NativeCall.capture();
        try {
            return NativeCall.result(
                    (int) STATX.invokeExact(capture, fd, path, flags | AT_STATX_DONT_SYNC, STATX_BASIC_STATS, statx), capture);
        } catch (Throwable t) {
            throw NativeCall.broken(t);
        }
    }

    /** The file type bits ({@code S_IFMT} of the mode); 0 for some anonymous inodes, such as eventfds. */
    public int type() {
        return statx.get(JAVA_SHORT, STX_MODE_OFFSET) & S_IFMT;
    }

    /** Bytes. */
    public long size() {
        return statx.get(JAVA_LONG, STX_SIZE_OFFSET);
    }

    public long inode() {
        return statx.get(JAVA_LONG, STX_INO_OFFSET);
    }

    /** Device number, major in the upper and minor in the lower 32 bits. */
    public long device() {
        return ((long) statx.get(JAVA_INT, STX_DEV_MAJOR_OFFSET) << 32)
                | (statx.get(JAVA_INT, STX_DEV_MINOR_OFFSET) & 0xffff_ffffL);
    }
}
