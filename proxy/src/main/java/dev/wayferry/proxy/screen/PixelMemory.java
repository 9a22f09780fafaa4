package dev.wayferry.proxy.screen;

import dev.wayferry.bridge.MemoryFiles;
import dev.wayferry.posix.Memory;
import dev.wayferry.posix.OwnedFd;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Memory for pictures, which are too large for the heap: it is bounded for what the rest of the process needs. */
final class PixelMemory {
    private PixelMemory() {}

    /** Zeros, of which only those pages cost something that are written. */
    static MemorySegment allocate(long bytes, Arena arena) throws IOException {
        try (OwnedFd file = MemoryFiles.allocate(bytes)) {
            return Memory.map(
                    file.number(), 0, Memory.roundUpToPage(bytes), Memory.PROT_READ | Memory.PROT_WRITE, arena);
        }
    }
}
