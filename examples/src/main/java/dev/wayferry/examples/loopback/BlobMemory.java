package dev.wayferry.examples.loopback;

import dev.wayferry.posix.Memory;
import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.PosixException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Where a blob's memory lies, for whoever is to map it.
 *
 * @param file the caller's to close
 * @param offsets of its pieces in the file, in order
 * @param pieceLength bytes of each piece
 */
record BlobMemory(OwnedFd file, long[] offsets, long pieceLength) implements AutoCloseable {
    /** Maps it until {@code arena} closes; the file may be closed before. */
    MemorySegment map(Arena arena) throws PosixException {
        return Memory.mapScattered(file.number(), offsets, pieceLength, Memory.PROT_READ | Memory.PROT_WRITE, arena);
    }

    @Override
    public void close() {
        file.close();
    }
}
