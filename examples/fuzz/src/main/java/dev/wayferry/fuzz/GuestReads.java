package dev.wayferry.fuzz;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/**
 * Through here the host process's classes read memory where {@link Variants} has them do so: behind each read of guest
 * memory the guest may write. A second thread that writes meets the time between two reads hardly ever, and never twice;
 * this meets each, and the same one again.
 */
public final class GuestReads {
    private static @Nullable Rewrites rewrites;

    private GuestReads() {}

    /** Has these made from now on; null for none. */
    static void rewrites(@Nullable Rewrites next) {
        rewrites = next;
    }

    private static void readAt(MemorySegment segment, long offset) {
        Rewrites now = rewrites;
        if (now != null) {
            now.readAt(segment.address() + offset);
        }
    }

    /** {@link MemorySegment#get(ValueLayout.OfByte, long)}. */
    public static byte get(MemorySegment segment, ValueLayout.OfByte layout, long offset) {
        byte value = segment.get(layout, offset);
        readAt(segment, offset);
        return value;
    }

    /** {@link MemorySegment#get(ValueLayout.OfShort, long)}. */
    public static short get(MemorySegment segment, ValueLayout.OfShort layout, long offset) {
        short value = segment.get(layout, offset);
        readAt(segment, offset);
        return value;
    }

    /** {@link MemorySegment#get(ValueLayout.OfInt, long)}. */
    public static int get(MemorySegment segment, ValueLayout.OfInt layout, long offset) {
        int value = segment.get(layout, offset);
        readAt(segment, offset);
        return value;
    }

    /** {@link MemorySegment#get(ValueLayout.OfLong, long)}. */
    public static long get(MemorySegment segment, ValueLayout.OfLong layout, long offset) {
        long value = segment.get(layout, offset);
        readAt(segment, offset);
        return value;
    }

    /** {@link MemorySegment#copy(MemorySegment, long, MemorySegment, long, long)}. */
    public static void copy(MemorySegment from, long fromOffset, MemorySegment to, long toOffset, long bytes) {
        MemorySegment.copy(from, fromOffset, to, toOffset, bytes);
        if (from.isNative()) {
            readAt(from, fromOffset);
        }
    }
}
