package dev.wayferry.examples.loopback;

import dev.wayferry.posix.Memory;
import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.Posix;
import dev.wayferry.posix.PosixException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * What lies at some place of the host-visible window.
 *
 * @param isDmaBuf whether the back-end's file is a dma-buf
 */
public record WindowMemory(MemorySegment memory, boolean isDmaBuf) {
    private static final int READ_WRITE = Memory.PROT_READ | Memory.PROT_WRITE;

    /** Closes the file of {@code range}; the memory stays until {@code arena} closes. */
    static WindowMemory map(HostVisibleWindow.FileRange range, Arena arena) throws PosixException {
        try (OwnedFd file = range.file()) {
            return new WindowMemory(
                    Memory.map(file.number(), range.offset(), range.length(), READ_WRITE, arena),
                    Posix.linkOf(file.number()).startsWith("/dmabuf:"));
        }
    }
}
