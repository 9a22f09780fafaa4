package dev.wayferry.examples.guestproxy;

import dev.wayferry.examples.virtgpu.VirtGpuBlob;
import java.lang.foreign.MemorySegment;

/**
 * Memory that guest and host both have: a piece of a blob of the host's, mapped here.
 *
 * @param blob the resource, by whose number the host knows it
 * @param offset where in the blob it begins, in bytes
 * @param memory the piece
 */
record SharedMemory(VirtGpuBlob blob, long offset, MemorySegment memory) {
    long size() {
        return memory.byteSize();
    }
}
