package dev.wayferry.examples.virtgpu;

import java.io.IOException;
import java.lang.foreign.MemorySegment;

/**
 * One context of a virtio GPU, with the calls of Linux's DRM node. Used by one thread at a time, except that the event
 * descriptor may be polled anywhere.
 */
public interface VirtGpuContext extends AutoCloseable {
    /** Commands without a timeline: the fence, if there is one, is the device's global one. */
    int NO_RING = -1;

    /**
     * Makes a blob resource and attaches it to this context (RESOURCE_CREATE_BLOB). As on Linux this does not wait for
     * the host: an error of the host shows only when a mappable host blob is mapped.
     *
     * @param blobMem VIRTIO_GPU_BLOB_MEM_GUEST or _HOST3D
     * @param blobFlags VIRTIO_GPU_BLOB_FLAG_*
     * @param size bytes, rounded up to the guest's page
     * @param blobId what the host named it, 0 for guest memory
     */
    VirtGpuBlob createBlob(int blobMem, int blobFlags, long size, long blobId) throws IOException;

    /**
     * Imports a blob that {@link VirtGpuBlob#export} gave, of this or another context of the device; or a dma-buf of others,
     * as a guest blob, where the guest's kernel does that.
     */
    VirtGpuBlob importBlob(int fd) throws IOException;

    /**
     * Submits a command buffer without waiting (EXECBUFFER).
     *
     * @param ring {@link #NO_RING} or the timeline that its fence is on
     * @param fenced blobs to which a fence is attached, for {@link #await}
     */
    void submit(MemorySegment command, int ring, VirtGpuBlob... fenced) throws IOException;

    /** Waits until the fences attached to {@code blob} are signalled (WAIT). */
    void await(VirtGpuBlob blob) throws IOException;

    /** Whether the fences attached to {@code blob} are signalled (WAIT with NOWAIT). */
    boolean isSignalled(VirtGpuBlob blob) throws IOException;

    /** A descriptor that is readable while fence events are waiting; it stays the context's. */
    int eventFd();

    /** Takes one fence event; false when there is none. Never blocks. */
    boolean takeEvent() throws IOException;

    /** Ends the context; its blobs must not be used any more. */
    @Override
    void close() throws IOException;
}
