package dev.wayferry.proxy.screen;

import dev.wayferry.posix.FileStatus;
import dev.wayferry.posix.Memory;
import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.PosixException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/** The file of a host blob, mapped when it is first read. */
public final class FilePixels implements PixelSource {
    private final OwnedFd file;
    private final long size;
    private @Nullable Arena arena;
    private MemorySegment pixels = MemorySegment.NULL;

    /**
     * Takes ownership of {@code file}.
     *
     * @param size bytes that a picture in it may take
     */
    public FilePixels(OwnedFd file, long size) {
        this.file = file;
        this.size = size;
    }

    @Override
    public void read(long offset, MemorySegment target, long targetOffset, long length) throws IOException {
        if (arena == null) {
            arena = map();
        }
        MemorySegment.copy(pixels, offset, target, targetOffset, length);
    }

    private Arena map() throws IOException {
        Arena made = Arena.ofShared();
        try {
            FileStatus status = new FileStatus(made);
            PosixException.check(status.read(file.number()), "statx of a blob's file");
            // A dma-buf says 0 here.
            if (status.size() != 0 && status.size() < size) {
                throw new IOException("its file has " + status.size() + " bytes, not " + size);
            }
            pixels = Memory.map(file.number(), 0, size, Memory.PROT_READ, made);
            return made;
        } catch (IOException | RuntimeException e) {
            made.close();
            throw e;
        }
    }

    @Override
    public void close() {
        if (arena != null) {
            arena.close();
            arena = null;
        }
        file.close();
    }
}
