package dev.wayferry.bridge;

import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.Posix;
import dev.wayferry.posix.PosixException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** {@code /dev/dma_heap/system}: dma-bufs of ordinary, cached memory (Linux, {@code include/uapi/linux/dma-heap.h}). */
public final class DmaHeap implements AutoCloseable {
    private static final String DEVICE = "/dev/dma_heap/system";

    /** _IOWR('H', 0, struct dma_heap_allocation_data). */
    private static final long DMA_HEAP_IOCTL_ALLOC = 0xc0184800L;

    /** struct dma_heap_allocation_data: u64 len, u32 fd, u32 fd_flags, u64 heap_flags. */
    private static final int ALLOCATION_LENGTH = 24;

    private static final long FD_OFFSET = 8;
    private static final long FD_FLAGS_OFFSET = 12;

    private final OwnedFd device;

    private DmaHeap(OwnedFd device) {
        this.device = device;
    }

    /**
     * Opens the device.
     *
     * @throws IOException where there is none, or it may not be opened
     */
    public static DmaHeap open() throws IOException {
        return new DmaHeap(OwnedFd.of(Posix.open(DEVICE, Posix.O_RDWR), DEVICE));
    }

    /** A new dma-buf of {@code size} bytes, rounded up to whole pages, all zeros. */
    public OwnedFd allocate(long size) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment allocation = arena.allocate(ALLOCATION_LENGTH, Long.BYTES);
            allocation.set(ValueLayout.JAVA_LONG, 0, size);
            allocation.set(ValueLayout.JAVA_INT, FD_FLAGS_OFFSET, Posix.O_RDWR | Posix.O_CLOEXEC);
            int result = Posix.ioctl(device.number(), DMA_HEAP_IOCTL_ALLOC, allocation);
            if (result < 0) {
                throw new PosixException("a dma-buf of " + size + " bytes of " + DEVICE, result);
            }
            return new OwnedFd(allocation.get(ValueLayout.JAVA_INT, FD_OFFSET));
        }
    }

    @Override
    public void close() {
        device.close();
    }
}
