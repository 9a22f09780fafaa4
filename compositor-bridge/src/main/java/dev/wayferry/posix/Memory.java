package dev.wayferry.posix;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/** Memory files and mappings. Nothing here belongs on the message path: each call can block. */
public final class Memory {
    public static final int PROT_READ = 1;
    public static final int PROT_WRITE = 2;

    public static final int F_SEAL_SEAL = 1;
    public static final int F_SEAL_SHRINK = 2;
    public static final int F_SEAL_GROW = 4;
    public static final int F_SEAL_WRITE = 8;
    public static final int F_SEAL_FUTURE_WRITE = 16;

    private static final int F_ADD_SEALS = 1033;
    private static final int F_GET_SEALS = 1034;
    private static final int MFD_CLOEXEC = 1;
    private static final int MFD_ALLOW_SEALING = 2;
    private static final int MAP_SHARED = 1;
    private static final int MAP_PRIVATE = 2;
    private static final int MAP_FIXED = 0x10;
    private static final int MAP_ANONYMOUS = 0x20;
    private static final int MAP_NORESERVE = 0x4000;
    private static final int PROT_NONE = 0;

    private static final MethodHandle MEMFD_CREATE =
            NativeCall.link("memfd_create", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT));
    private static final MethodHandle FTRUNCATE =
            NativeCall.link("ftruncate", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG));
    private static final MethodHandle MMAP = NativeCall.link(
            "mmap", FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG));
    private static final MethodHandle MUNMAP =
            NativeCall.link("munmap", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG));
    private static final MethodHandle GETPAGESIZE =
            NativeCall.link("getpagesize", FunctionDescriptor.of(JAVA_INT));

    /** The host's page size in bytes, a power of two. */
    public static final int PAGE_SIZE = getpagesize();

    private Memory() {}

    /** {@code size} rounded up to whole pages; negative when that does not fit a long. */
    public static long roundUpToPage(long size) {
        return (size + PAGE_SIZE - 1) & -PAGE_SIZE;
    }

    /** Makes an empty memory file that can be sealed; {@code name} shows in /proc only. */
    public static int memfdCreate(String name) {
        MemorySegment capture = NativeCall.capture();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment cName = arena.allocateFrom(name);
            return NativeCall.result(
                    (int) MEMFD_CREATE.invokeExact(capture, cName, MFD_CLOEXEC | MFD_ALLOW_SEALING), capture);
        } catch (Throwable t) {
            throw NativeCall.broken(t);
        }
    }

    public static int ftruncate(int fd, long size) {
        MemorySegment capture = NativeCall.capture();
        try {
            return NativeCall.result((int) FTRUNCATE.invokeExact(capture, fd, size), capture);
        } catch (Throwable t) {
            throw NativeCall.broken(t);
        }
    }

    /** Adds {@code F_SEAL_*} bits; {@code -EPERM} where the file refuses further seals. */
    public static int addSeals(int fd, int seals) {
        return Posix.fcntl(fd, F_ADD_SEALS, seals);
    }

    /** The {@code F_SEAL_*} bits, or {@code -EINVAL} for a file that knows no seals. */
    public static int seals(int fd) {
        return Posix.fcntl(fd, F_GET_SEALS, 0);
    }

    /**
     * A new memory file of {@code size} bytes (a whole number of pages) that can neither shrink nor grow.
     *
     * @return the descriptor, owned by the caller, or a negative error number
     */
    public static int sealedMemfd(String name, long size) {
        int fd = memfdCreate(name);
        if (fd < 0) {
            return fd;
        }
        int result = ftruncate(fd, size);
        if (result == 0) {
            result = addSeals(fd, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL);
        }
        if (result < 0) {
            Posix.close(fd);
            return result;
        }
        return fd;
    }

    /**
     * Maps {@code length} bytes of {@code fd} shared; they are unmapped when {@code arena} closes. The descriptor stays
     * the caller's.
     *
     * @throws PosixException when the kernel refuses
     */
    public static MemorySegment map(int fd, long offset, long length, int prot, Arena arena) throws PosixException {
        long address = mmap(0, length, prot, MAP_SHARED, fd, offset);
        return MemorySegment.ofAddress(address).reinterpret(length, arena, Memory::unmap);
    }

    /**
     * Maps scattered pieces of {@code fd}, each {@code pieceLength} bytes (whole pages), one after the other into one
     * shared segment; they are unmapped when {@code arena} closes. The descriptor stays the caller's.
     *
     * @throws PosixException when the kernel refuses
     */
    public static MemorySegment mapScattered(int fd, long[] offsets, long pieceLength, int prot, Arena arena)
            throws PosixException {
        long length = Math.multiplyExact(offsets.length, pieceLength);
        long address = mmap(0, length, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        MemorySegment reserved = MemorySegment.ofAddress(address).reinterpret(length, arena, Memory::unmap);
        for (int i = 0; i < offsets.length; i++) {
            mmap(address + i * pieceLength, pieceLength, prot, MAP_SHARED | MAP_FIXED, fd, offsets[i]);
        }
        return reserved;
    }

    private static long mmap(long wanted, long length, int prot, int flags, int fd, long offset)
            throws PosixException {
        MemorySegment capture = NativeCall.capture();
        long address;
        try {
            address = (long) MMAP.invokeExact(capture, wanted, length, prot, flags, fd, offset);
        } catch (Throwable t) {
            throw NativeCall.broken(t);
        }
        if (address == -1) {
            throw new PosixException(
                    "mmap of fd " + fd + " offset " + offset + " length " + length, NativeCall.error(capture));
        }
        return address;
    }

    private static void unmap(MemorySegment segment) {
        MemorySegment capture = NativeCall.capture();
        try {
            int result = (int) MUNMAP.invokeExact(capture, segment.address(), segment.byteSize());
            assert result == 0 : "munmap of a mapping of our own failed";
        } catch (Throwable t) {
            throw NativeCall.broken(t);
        }
    }

    private static int getpagesize() {
        try {
            return (int) GETPAGESIZE.invokeExact(NativeCall.capture());
        } catch (Throwable t) {
            throw NativeCall.broken(t);
        }
    }
}
