package dev.wayferry.examples.guestproxy;

import dev.wayferry.examples.virtgpu.VirtGpuBlob;
import java.lang.foreign.MemorySegment;

/**
 * Memory that guest and host both have: a blob of the host's, mapped here.
 *
 * @param blob the resource, by whose number the host knows it
 * @param memory all of it
 */
record SharedMemory(VirtGpuBlob blob, MemorySegment memory) {
    long size() {
        return memory.byteSize();
    }
}
