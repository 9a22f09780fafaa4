package dev.wayferry.proxy;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.wayferry.bridge.PageFiles;
import dev.wayferry.posix.Memory;
import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.Posix;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;

/** In place of /dev/udmabuf, which few machines have: its files hold what the pages held when they were made. */
final class CopiedPages implements PageFiles {
    static final int LIST_LIMIT = 64;
    static final long SIZE_LIMIT = 8 << 20;

    /** Where each file's pieces lay, as "offset+size", in pages. */
    final List<List<String>> made = new CopyOnWriteArrayList<>();

    /** A file is made only with one of these. */
    final Semaphore mayMake = new Semaphore(Integer.MAX_VALUE / 2);

    volatile boolean fails;

    @Override
    public int listLimit() {
        return LIST_LIMIT;
    }

    @Override
    public long sizeLimit() {
        return SIZE_LIMIT;
    }

    @Override
    public OwnedFd create(List<Piece> pieces) throws IOException {
        mayMake.acquireUninterruptibly();
        if (fails) {
            throw new IOException("told to fail");
        }
        made.add(pieces.stream().map(p -> p.offset() / 4096 + "+" + p.size() / 4096).toList());
        OwnedFd copy = OwnedFd.of(
                Memory.sealedMemfd("copied pages", pieces.stream().mapToLong(Piece::size).sum()), "memfd");
        long at = 0;
        try (Arena arena = Arena.ofConfined()) {
            for (Piece piece : pieces) {
                MemorySegment bytes = arena.allocate(piece.size());
                assertEquals(piece.size(), Posix.pread(piece.memfd(), bytes, piece.offset()));
                assertEquals(piece.size(), Posix.pwrite(copy.number(), bytes, at));
                at += piece.size();
            }
        }
        return copy;
    }

    @Override
    public void close() {
        // It holds nothing.
    }
}
