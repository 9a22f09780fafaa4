package dev.wayferry.examples.loopback;

import dev.wayferry.posix.Memory;
import java.io.IOException;
import java.util.BitSet;

/** Which pages of guest RAM are in use. Pages are named by their offset in the RAM's file. Safe for several threads. */
public final class GuestPages {
    private final int first;
    private final int end;
    private final BitSet used = new BitSet();

    /** All pages from {@code from} to {@code to} are free; both are whole pages. */
    public GuestPages(long from, long to) {
        first = (int) (from / Memory.PAGE_SIZE);
        end = (int) (to / Memory.PAGE_SIZE);
    }

    /** Takes adjacent pages for {@code size} bytes; the offset of the first. */
    public synchronized long allocate(long size) throws IOException {
        int count = (int) (Memory.roundUpToPage(size) / Memory.PAGE_SIZE);
        int at = used.nextClearBit(first);
        while (at + count <= end) {
            int next = used.nextSetBit(at);
            if (next < 0 || next >= at + count) {
                used.set(at, at + count);
                return at * (long) Memory.PAGE_SIZE;
            }
            at = used.nextClearBit(next);
        }
        throw new IOException("guest RAM is full: no " + count + " adjacent pages");
    }

    /** Takes {@code count} pages of which no two are adjacent, from the top downwards. */
    synchronized long[] allocateScattered(int count) throws IOException {
        long[] pages = new long[count];
        int taken = 0;
        for (int at = end - 1; at >= first && taken < count; at -= 2) {
            if (!used.get(at)) {
                pages[taken++] = at * (long) Memory.PAGE_SIZE;
            }
        }
        if (taken < count) {
            throw new IOException("guest RAM is full: no " + count + " scattered pages");
        }
        for (long page : pages) {
            used.set((int) (page / Memory.PAGE_SIZE));
        }
        return pages;
    }

    /** Gives back what {@link #allocate} took. */
    public synchronized void free(long offset, long size) {
        int at = (int) (offset / Memory.PAGE_SIZE);
        used.clear(at, at + (int) (Memory.roundUpToPage(size) / Memory.PAGE_SIZE));
    }

    /** Gives back single pages. */
    synchronized void free(long[] pages) {
        for (long page : pages) {
            used.clear((int) (page / Memory.PAGE_SIZE));
        }
    }

    /** How many pages are in use. */
    synchronized int inUse() {
        return used.cardinality();
    }
}
