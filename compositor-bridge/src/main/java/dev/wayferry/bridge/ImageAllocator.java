package dev.wayferry.bridge;

import dev.wayferry.posix.OwnedFd;
import java.io.IOException;

/** Makes the files that images lie in, which a guest fills and the compositor shows. For any number of threads. */
public interface ImageAllocator extends AutoCloseable {
    /** How a CPU's caches stand to the memory. */
    enum Caching {
        /** Ordinary memory. */
        CACHED,
        /** What is written must reach the memory without being asked to. */
        WRITE_COMBINED
    }

    /** As the command line has it. */
    String name();

    /** Whether the files are dma-bufs, and not just memory. */
    boolean makesDmaBufs();

    /** How a guest has to map the files. */
    Caching caching();

    /** Whether {@link #layout} asks a device, and so may block. */
    boolean asksForLayouts();

    /**
     * How an image will lie: linear always, as guests fill them with the CPU.
     *
     * @throws IOException with the reason why there can't be such an image; its message names the query
     */
    ImageLayout layout(ImageQuery query) throws IOException;

    /**
     * A new file of at least {@code size} bytes, for any image whose {@link #layout} needs no more; the caller's. It can be
     * mapped for reading and writing, holds zeros or what the device makes of that, and never was anybody else's. May
     * block.
     */
    OwnedFd allocate(long size) throws IOException;

    /** Lets go of the device; what was allocated stays. */
    @Override
    void close();
}
