package dev.wayferry.bridge;

import dev.wayferry.posix.Memory;
import dev.wayferry.posix.OwnedFd;
import java.io.IOException;
import java.util.List;

/** Allocates ordinary memory, in one of the forms the kernel has for it. */
public final class MemoryAllocator implements ImageAllocator {
    /** What GPUs ask of the rows of a dma-buf that they are to read; AMD's do, others need less. */
    private static final int DMA_BUF_ALIGNMENT = 256;

    private final String name;
    private final boolean makesDmaBufs;
    private final long sizeLimit;
    private final Maker maker;
    private final Runnable closer;

    private interface Maker {
        OwnedFd make(long size) throws IOException;
    }

    private MemoryAllocator(String name, boolean makesDmaBufs, long sizeLimit, Maker maker, Runnable closer) {
        this.name = name;
        this.makesDmaBufs = makesDmaBufs;
        this.sizeLimit = sizeLimit;
        this.maker = maker;
        this.closer = closer;
    }

    /** Plain memory files. */
    public static MemoryAllocator memfd() {
        return new MemoryAllocator("memfd", false, Long.MAX_VALUE, MemoryFiles::allocate, () -> {});
    }

    /** dma-bufs of {@code /dev/dma_heap/system}. */
    public static MemoryAllocator dmaHeap() throws IOException {
        DmaHeap heap = DmaHeap.open();
        return new MemoryAllocator("dma-heap", true, Long.MAX_VALUE, heap::allocate, heap::close);
    }

    /** dma-bufs that {@code /dev/udmabuf} makes of a memory file each. */
    public static MemoryAllocator udmabuf() throws IOException {
        Udmabuf device = Udmabuf.open();
        Maker maker = size -> {
            long whole = Memory.roundUpToPage(size);
            // The dma-buf holds on to the file's pages, so nobody needs the file.
            try (OwnedFd file = MemoryFiles.allocate(whole)) {
                return device.create(List.of(new Udmabuf.Piece(file.number(), 0, whole)));
            }
        };
        return new MemoryAllocator("udmabuf", true, device.sizeLimit(), maker, device::close);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public boolean makesDmaBufs() {
        return makesDmaBufs;
    }

    /** Also of dma-bufs: a CPU maps those of system memory as any other. */
    @Override
    public Caching caching() {
        return Caching.CACHED;
    }

    @Override
    public boolean asksForLayouts() {
        return false;
    }

    @Override
    public ImageLayout layout(ImageQuery query) throws IOException {
        ImageLayout layout = ImageLayout.linear(
                query.width(), query.height(), query.fourcc(), makesDmaBufs ? DMA_BUF_ALIGNMENT : 1);
        if (layout == null) {
            throw new IOException(query + ": unknown format or size");
        }
        if (layout.size() > sizeLimit) {
            throw new IOException(query + ": " + layout.size() + " bytes, more than the " + sizeLimit + " of " + name);
        }
        return layout;
    }

    @Override
    public OwnedFd allocate(long size) throws IOException {
        return maker.make(size);
    }

    @Override
    public void close() {
        closer.run();
    }
}
