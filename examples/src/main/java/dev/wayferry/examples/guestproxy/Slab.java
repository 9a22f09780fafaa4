package dev.wayferry.examples.guestproxy;

import java.util.BitSet;
import org.jspecify.annotations.Nullable;

/** A blob divided into pieces of one size, for small buffers: cursors come by the dozen, and mappings are few. */
final class Slab {
    /** Bytes of a slab. */
    static final int SIZE = 256 << 10;
    /** What is larger gets a blob of its own. */
    static final int MAX_PIECE = SIZE / 4;

    private final SharedMemory whole;
    private final int pieceSize;
    private final BitSet taken = new BitSet();
    private int live;

    Slab(SharedMemory whole, int pieceSize) {
        this.whole = whole;
        this.pieceSize = pieceSize;
    }

    /** The size of the pieces that hold {@code size} bytes: a power of two, of whole pages. */
    static int pieceSize(long size) {
        long pages = Math.max(1, (size + SharedMemoryAllocator.PAGE - 1) / SharedMemoryAllocator.PAGE);
        return Math.toIntExact(SharedMemoryAllocator.PAGE * Long.highestOneBit(2 * pages - 1));
    }

    int pieceSize() {
        return pieceSize;
    }

    SharedMemory whole() {
        return whole;
    }

    /** A piece, or null when all are taken. */
    @Nullable SharedMemory take() {
        int index = taken.nextClearBit(0);
        long offset = (long) index * pieceSize;
        if (offset == SIZE) {
            return null;
        }
        taken.set(index);
        live++;
        return new SharedMemory(whole.blob(), offset, whole.memory().asSlice(offset, pieceSize));
    }

    /** Takes a piece back; one that is not reusable stays taken as long as the slab lives. */
    void release(SharedMemory piece, boolean reusable) {
        live--;
        if (reusable) {
            taken.clear(Math.toIntExact(piece.offset() / pieceSize));
        }
    }

    /** Whether no piece is in use any more. */
    boolean isIdle() {
        return live == 0;
    }

    /** Whether it may be the compositor still reads a piece that is no longer in use. */
    boolean isSpoilt() {
        return live == 0 && !taken.isEmpty();
    }
}
