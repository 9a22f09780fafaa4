package dev.wayferry.examples.loopback;

import java.util.Map;
import java.util.TreeMap;

/** Which ranges of the host-visible window the guest's driver has given out, first fit. Under the driver's lock. */
final class WindowAllocator {
    /** There is no room. */
    static final long FULL = -1;

    private final long size;
    /** Length by offset. */
    private final TreeMap<Long, Long> ranges = new TreeMap<>();

    WindowAllocator(long size) {
        this.size = size;
    }

    /** Takes {@code length} bytes; their offset or {@link #FULL}. */
    long allocate(long length) {
        long at = 0;
        for (Map.Entry<Long, Long> range : ranges.entrySet()) {
            if (range.getKey() - at >= length) {
                break;
            }
            at = range.getKey() + range.getValue();
        }
        if (length > size - at) {
            return FULL;
        }
        ranges.put(at, length);
        return at;
    }

    /** Gives back the range at {@code offset}. */
    void free(long offset) {
        ranges.remove(offset);
    }
}
