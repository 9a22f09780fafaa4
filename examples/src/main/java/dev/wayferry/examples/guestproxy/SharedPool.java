package dev.wayferry.examples.guestproxy;

import dev.wayferry.examples.virtgpu.VirtGpuBlob;
import java.util.List;

/** A pool's memory that the host has without a copy: a blob of the program's own pages. Held by the pool and its buffers. */
final class SharedPool {
    private final VirtGpuBlob blob;
    private final long size;
    private final List<VirtGpuBlob> closing;
    private int holders = 1;

    /**
     * Takes ownership of {@code blob}.
     *
     * @param size bytes of the pool that are in it
     * @param closing where the blob goes with the last hold, to be closed once no SEND still to be submitted names it
     */
    SharedPool(VirtGpuBlob blob, long size, List<VirtGpuBlob> closing) {
        this.blob = blob;
        this.size = size;
        this.closing = closing;
    }

    int resourceId() {
        return blob.resourceId();
    }

    long size() {
        return size;
    }

    void hold() {
        holders++;
    }

    void drop() {
        if (--holders == 0) {
            closing.add(blob);
        }
    }
}
