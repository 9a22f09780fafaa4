package dev.wayferry.bridge;

import dev.wayferry.posix.Memory;
import dev.wayferry.posix.OwnedFd;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/** Which allocator the host process uses: one by its name, or the first that works. */
public enum AllocatorChoice {
    /** The first of the others that works here, in their order. */
    AUTO("auto"),
    /** The GPU's driver. */
    GBM("gbm"),
    DMA_HEAP("dma-heap"),
    UDMABUF("udmabuf"),
    MEMFD("memfd");

    private static final List<AllocatorChoice> IN_ORDER = List.of(GBM, DMA_HEAP, UDMABUF, MEMFD);

    private static final int SIDE = 64;

    private final String name;

    /**
     * What was found.
     *
     * @param allocator the caller's to close
     * @param said which it is, and why none before it
     */
    public record Found(ImageAllocator allocator, String said) {}

    AllocatorChoice(String name) {
        this.name = name;
    }

    /** As the command line has it. */
    @Override
    public String toString() {
        return name;
    }

    /**
     * Opens the allocator and makes a first file with it. May block.
     *
     * @throws IOException with the reason when the one that was named does not work
     */
    public Found open() throws IOException {
        StringBuilder reasons = new StringBuilder();
        for (AllocatorChoice each : this == AUTO ? IN_ORDER : List.of(this)) {
            try {
                ImageAllocator allocator = each.tried();
                return new Found(allocator, "images are allocated by " + allocator.name()
                        + (allocator.makesDmaBufs() ? ", as dma-bufs" : ", not as dma-bufs") + reasons);
            } catch (IOException e) {
                reasons.append("; ").append(each).append(" does not work here: ").append(e.getMessage());
            }
        }
        throw new IOException("--allocator=" + this + reasons);
    }

    private ImageAllocator tried() throws IOException {
        ImageAllocator allocator = switch (this) {
            case GBM -> GbmAllocator.open();
            case DMA_HEAP -> MemoryAllocator.dmaHeap();
            case UDMABUF -> MemoryAllocator.udmabuf();
            case MEMFD -> MemoryAllocator.memfd();
            case AUTO -> throw new IllegalStateException("auto is none by itself");
        };
        try {
            check(allocator);
            return allocator;
        } catch (IOException e) {
            allocator.close();
            throw e;
        } catch (RuntimeException | InternalError e) {
            // The error is what a mapping that faults ends in.
            allocator.close();
            throw new IOException(e.toString(), e);
        }
    }

    /** One image, made and written to as a VMM would map it for a guest. */
    private static void check(ImageAllocator allocator) throws IOException {
        ImageLayout layout = allocator.layout(new ImageQuery(
                SIDE, SIDE, ImageLayout.fourcc("XR24"), ImageQuery.USE_LINEAR | ImageQuery.USE_SCANOUT));
        try (OwnedFd file = allocator.allocate(layout.size());
                Arena arena = Arena.ofConfined()) {
            MemorySegment bytes = Memory.map(
                    file.number(), 0, layout.size(), Memory.PROT_READ | Memory.PROT_WRITE, arena);
            bytes.set(ValueLayout.JAVA_INT, layout.size() - Integer.BYTES, 1);
            FileClassifier classifier = new FileClassifier(arena);
            FileKind kind = classifier.classify(file.number());
            if ((kind == FileKind.DMA_BUF) != allocator.makesDmaBufs() || classifier.size() < layout.size()) {
                throw new IOException("it made a file of kind " + kind + " and " + classifier.size() + " bytes");
            }
        }
    }
}
