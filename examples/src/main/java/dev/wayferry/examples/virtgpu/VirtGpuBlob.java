package dev.wayferry.examples.virtgpu;

import dev.wayferry.posix.OwnedFd;
import java.io.IOException;
import java.lang.foreign.MemorySegment;

/** A blob resource attached to a context. */
public interface VirtGpuBlob extends AutoCloseable {
    /** The resource's number on the wire. */
    int resourceId();

    /** Bytes, whole pages. */
    long size();

    /** The blob's memory, mapped on first use and until the blob is closed; fails if the host refused the blob. */
    MemorySegment map() throws IOException;

    /** A descriptor that another program can map (PRIME_HANDLE_TO_FD), owned by the caller; the blob lives on in it. */
    OwnedFd export() throws IOException;

    /** Drops this context's handle; the resource goes when nothing else holds it. */
    @Override
    void close() throws IOException;
}
