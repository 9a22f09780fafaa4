package dev.wayferry.proxy.memory;

import dev.wayferry.posix.FileStatus;
import dev.wayferry.posix.Memory;
import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.Posix;
import dev.wayferry.posix.PosixException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * A run of guest memory, mapped.
 *
 * <p>Each region has an arena of its own, so that it can go while others stay. Closing it is a handshake with every
 * thread, some milliseconds, and never happens on the loop.
 */
public final class GuestRegion implements AutoCloseable {
    private final long start;
    private final long size;
    private final long userAddress;
    private final Arena arena;
    private final MemorySegment memory;
    private final @Nullable RegionFile file;

    private GuestRegion(
            long start, long userAddress, Arena arena, MemorySegment memory, @Nullable RegionFile file) {
        this.start = start;
        this.size = memory.byteSize();
        this.userAddress = userAddress;
        this.arena = arena;
        this.memory = memory;
        this.file = file;
    }

    /**
     * Maps {@code size} bytes of {@code file} from {@code fileOffset}. Takes ownership of {@code file}, also when it fails;
     * the region keeps it, see {@link #file}.
     *
     * @param start the guest's physical address
     * @param userAddress the VMM's address
     * @throws IOException when the numbers make no sense or the file is shorter than they say, which would fault later
     */
    public static GuestRegion map(long start, long size, long userAddress, OwnedFd file, long fileOffset)
            throws IOException {
        String what = String.format(
                "memory region guest 0x%x size 0x%x user 0x%x offset 0x%x", start, size, userAddress, fileOffset);
        try {
            if (size <= 0 || fileOffset < 0 || start < 0 || start + size < 0 || fileOffset + size < 0
                    || Long.compareUnsigned(userAddress, userAddress + size) >= 0) {
                throw new IOException(what + " wraps or is empty");
            }
            if (fileOffset % Memory.PAGE_SIZE != 0) {
                throw new IOException(what + ": the offset is no multiple of the page size " + Memory.PAGE_SIZE);
            }
            Arena arena = Arena.ofShared();
            try {
                FileStatus status = new FileStatus(arena);
                PosixException.check(status.read(file.number()), "statx of a memory file");
                if (status.size() < fileOffset + size) {
                    throw new IOException(what + " lies outside its file of 0x" + Long.toHexString(status.size()));
                }
                // Refused by a file that is sealed already or knows no seals; then a VMM that shrinks its own guest's
                // memory ends this session by a fault, which the loop catches.
                int unused = Memory.addSeals(file.number(), Memory.F_SEAL_SHRINK);
                MemorySegment memory = Memory.map(
                        file.number(), fileOffset, size, Memory.PROT_READ | Memory.PROT_WRITE, arena);
                RegionFile kept = new RegionFile(
                        file, fileOffset, Memory.seals(file.number()), Posix.linkOf(file.number()));
                return new GuestRegion(start, userAddress, arena, memory, kept);
            } catch (IOException | RuntimeException e) {
                arena.close();
                throw e;
            }
        } catch (IOException | RuntimeException e) {
            file.close();
            throw e;
        }
    }

    /** A region over memory that lives in {@code arena}, which it takes over. */
    public static GuestRegion of(long start, long userAddress, Arena arena, MemorySegment memory) {
        return new GuestRegion(start, userAddress, arena, memory, null);
    }

    boolean contains(long address) {
        return address >= start && address - start < size;
    }

    /** First guest-physical address. */
    public long start() {
        return start;
    }

    /** Bytes. */
    public long size() {
        return size;
    }

    /** One past the last guest-physical address. */
    public long end() {
        return start + size;
    }

    /** The VMM's address of the first byte. */
    public long userAddress() {
        return userAddress;
    }

    public MemorySegment memory() {
        return memory;
    }

    /** The file that the VMM gave for it, open as long as the region is; null for memory that came otherwise. */
    public @Nullable RegionFile file() {
        return file;
    }

    @Override
    public void close() {
        arena.close();
        if (file != null) {
            file.descriptor().close();
        }
    }

    @Override
    public String toString() {
        return String.format("[0x%x, 0x%x)", start, end());
    }
}
