package dev.wayferry.posix;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/** What kind of file system a file lies in (statfs(2)). */
public final class FileSystems {
    private static final long TMPFS = 0x0102_1994L;
    private static final long RAMFS = 0x8584_58f6L;
    private static final long EXT = 0xef53L;
    private static final long XFS = 0x5846_5342L;
    private static final long BTRFS = 0x9123_683eL;
    private static final long F2FS = 0xf2f5_2010L;
    private static final long OVERLAYFS = 0x794c_7630L;

    /** More than any architecture's {@code struct statfs}, whose first field {@code f_type} is. */
    private static final long STATFS_SIZE = 256;

    private static final MethodHandle FSTATFS =
            NativeCall.link("fstatfs", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS));

    private FileSystems() {}

    /** Whether {@code fd} lies in one that this kernel serves by itself: no server and no other program has to answer. */
    public static boolean isLocal(int fd) {
        MemorySegment capture = NativeCall.capture();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment statfs = arena.allocate(STATFS_SIZE, Long.BYTES);
            int result = NativeCall.result((int) FSTATFS.invokeExact(capture, fd, statfs), capture);
            long type = statfs.get(JAVA_LONG, 0) & 0xffff_ffffL;
            return result == 0
                    && (type == TMPFS || type == RAMFS || type == EXT || type == XFS || type == BTRFS || type == F2FS
                            || type == OVERLAYFS);
        } catch (Throwable t) {
            throw NativeCall.broken(t);
        }
    }
}
