package dev.wayferry.bridge.mirror;

import dev.wayferry.posix.Iovecs;

/** Memory that a program draws into and the compositor can't see. */
public interface GuestPages {
    /** Bytes. */
    long size();

    /**
     * Adds where the bytes from {@code offset} on lie, for the kernel to read: until {@code length} are there or
     * {@code iovecs} is full.
     *
     * @return how many bytes were added; 0 when there is nothing at {@code offset} (any more)
     */
    long addTo(Iovecs iovecs, long offset, long length);
}
