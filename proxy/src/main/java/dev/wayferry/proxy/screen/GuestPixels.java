package dev.wayferry.proxy.screen;

import dev.wayferry.proxy.memory.GuestMemory;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.function.Supplier;

/** The guest's pages behind a resource. */
public final class GuestPixels implements PixelSource {
    private final Supplier<GuestMemory> memory;
    private final long[] backing;
    private long[] starts = {};

    /**
     * Makes nothing yet.
     *
     * @param memory the guest's memory as it is now
     * @param backing pairs of guest address and length
     */
    public GuestPixels(Supplier<GuestMemory> memory, long[] backing) {
        this.memory = memory;
        this.backing = backing;
    }

    /** How many bytes there are. */
    public static long size(long[] backing) {
        long size = 0;
        for (int i = 1; i < backing.length; i += 2) {
            size += backing[i];
        }
        return size;
    }

    /** Where each entry begins, seen from the first one. */
    private long[] starts() {
        if (starts.length == 0) {
            starts = new long[backing.length / 2];
            for (int i = 1; i < starts.length; i++) {
                starts[i] = starts[i - 1] + backing[2 * i - 1];
            }
        }
        return starts;
    }

    @Override
    public void read(long offset, MemorySegment target, long targetOffset, long length) throws IOException {
        long[] from = starts();
        int found = Arrays.binarySearch(from, offset);
        int entry = found < 0 ? -found - 2 : found;
        long done = 0;
        while (done < length) {
            if (entry < 0 || entry >= from.length) {
                throw new IOException("its backing ends before byte " + (offset + length));
            }
            long skip = offset + done - from[entry];
            long part = Math.min(length - done, backing[2 * entry + 1] - skip);
            if (part > 0) {
                copy(backing[2 * entry] + skip, target, targetOffset + done, part);
                done += part;
            }
            entry++;
        }
    }

    private void copy(long address, MemorySegment target, long targetOffset, long length) throws IOException {
        while (true) {
            GuestMemory now = memory.get();
            MemorySegment pages = now.slice(address, length);
            if (pages == null) {
                throw new IOException(String.format("[0x%x, 0x%x) lies outside guest memory %s",
                        address, address + length, now));
            }
            try {
                MemorySegment.copy(pages, 0, target, targetOffset, length);
                return;
            } catch (IllegalStateException e) {
                // The VMM has taken the region away under the copy, and given the map that is there instead before that.
                if (now == memory.get()) {
                    throw e;
                }
            }
        }
    }
}
