package dev.wayferry.bridge;

import dev.wayferry.posix.Errno;
import dev.wayferry.posix.Memory;
import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.Posix;
import dev.wayferry.posix.PosixException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Memory files that a guest may map. Each is ours alone, whole pages, sealed against shrinking and growing, so that
 * nobody can fault the VMM, and serves one resource of one VM, once.
 */
public final class MemoryFiles {
    private static final int COPY_CHUNK = 1 << 16;

    private MemoryFiles() {}

    /** A new file of zeros of {@code size} bytes, rounded up to whole pages. */
    public static OwnedFd allocate(long size) throws IOException {
        return OwnedFd.of(Memory.sealedMemfd("wayferry", Memory.roundUpToPage(size)), "memfd of " + size + " bytes");
    }

    /**
     * Copies the first {@code size} bytes of {@code foreign} into a new file of at least {@code room} bytes. The foreign
     * file stays the caller's, is read with pread so that nothing of it changes or faults, and may end early: the rest is
     * zeros.
     */
    public static OwnedFd copyOf(OwnedFd foreign, long size, long room) throws IOException {
        OwnedFd copy = allocate(Math.max(size, room));
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment chunk = arena.allocate(COPY_CHUNK);
            long offset = 0;
            while (offset < size) {
                MemorySegment part = chunk.asSlice(0, Math.min(COPY_CHUNK, size - offset));
                long count = Posix.pread(foreign.number(), part, offset);
                if (count == -Errno.EINTR) {
                    continue;
                }
                PosixException.check(count, "pread of a received file at " + offset);
                if (count == 0) {
                    break;
                }
                writeFully(copy, chunk.asSlice(0, count));
                offset += count;
            }
            return copy;
        } catch (IOException | RuntimeException e) {
            copy.close();
            throw e;
        }
    }

    private static void writeFully(OwnedFd file, MemorySegment bytes) throws PosixException {
        long written = 0;
        while (written < bytes.byteSize()) {
            long count = Posix.write(file.number(), bytes.asSlice(written));
            if (count != -Errno.EINTR) {
                written += PosixException.check(count, "write to a memory file of our own");
            }
        }
    }
}
