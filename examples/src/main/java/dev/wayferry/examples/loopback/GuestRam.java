package dev.wayferry.examples.loopback;

import dev.wayferry.posix.Memory;
import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.PosixException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * Guest RAM as QEMU lays it out on a PC: one memory file that cannot shrink, with a hole where the legacy video memory is,
 * and what does not fit below the hole for devices placed at 4 GiB, where guest address and file offset differ.
 */
public final class GuestRam implements AutoCloseable {
    private static final long VIDEO_HOLE = 0xa0000;
    private static final long VIDEO_HOLE_END = 0xc0000;
    private static final long FOUR_GIB = 1L << 32;

    /** Where memory for the guest's driver starts; what is below is the firmware's. */
    public static final long FIRST_USABLE = 0x100000;

    private final Arena arena = Arena.ofShared();
    private final OwnedFd file;
    private final MemorySegment memory;
    private final long lowSize;

    /**
     * RAM of {@code size} bytes.
     *
     * @param lowSize how much of it lies below 4 GiB
     */
    GuestRam(long size, long lowSize) throws IOException {
        this.lowSize = Math.min(size, lowSize);
        if (this.lowSize <= FIRST_USABLE || this.lowSize > FOUR_GIB) {
            throw new IllegalArgumentException("low memory of " + this.lowSize + " bytes");
        }
        file = OwnedFd.of(Memory.memfdCreate("memory-backend-memfd"), "memfd_create");
        try {
            PosixException.check(Memory.ftruncate(file.number(), size), "ftruncate to " + size);
            PosixException.check(Memory.addSeals(file.number(), Memory.F_SEAL_SHRINK), "seal");
            memory = Memory.map(file.number(), 0, size, Memory.PROT_READ | Memory.PROT_WRITE, arena);
        } catch (IOException e) {
            file.close();
            throw e;
        }
    }

    /** All of it; offsets are the file's. */
    public MemorySegment memory() {
        return memory;
    }

    int fd() {
        return file.number();
    }

    /** The guest-physical address of what lies at {@code offset} of the file. */
    public long guestAddress(long offset) {
        return offset < lowSize ? offset : FOUR_GIB + offset - lowSize;
    }

    /** The address in this process's space, which vhost-user calls the user address. */
    long userAddress(long offset) {
        return memory.address() + offset;
    }

    /** The first guest-physical address above all RAM. */
    long end() {
        return guestAddress(memory.byteSize() - 1) + 1;
    }

    /** What the back-end is told of. */
    List<MemoryRegion> regions() {
        MemoryRegion belowHole = region(0, VIDEO_HOLE);
        MemoryRegion aboveHole = region(VIDEO_HOLE_END, lowSize);
        if (lowSize == memory.byteSize()) {
            return List.of(belowHole, aboveHole);
        }
        return List.of(belowHole, aboveHole, region(lowSize, memory.byteSize()));
    }

    private MemoryRegion region(long from, long to) {
        return new MemoryRegion(guestAddress(from), to - from, userAddress(from), from, fd());
    }

    @Override
    public void close() {
        file.close();
        arena.close();
    }
}
