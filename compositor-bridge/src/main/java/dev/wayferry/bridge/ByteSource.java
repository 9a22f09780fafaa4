package dev.wayferry.bridge;

import java.lang.foreign.MemorySegment;

/** Bytes that are copied from. */
@FunctionalInterface
public interface ByteSource {
    /** Copies {@code length} bytes from {@code offset} on; returns how many there were, -1 when the source is gone. */
    int read(long offset, MemorySegment target, long targetOffset, int length);
}
