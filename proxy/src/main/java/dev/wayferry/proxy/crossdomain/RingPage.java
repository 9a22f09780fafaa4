package dev.wayferry.proxy.crossdomain;

import dev.wayferry.proxy.gpu.GpuResource;
import dev.wayferry.proxy.memory.GuestMemory;
import dev.wayferry.wire.crossdomain.CrossDomain;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/** The page of guest memory behind a ring resource, looked up anew only when the memory map or the backing has changed. */
final class RingPage {
    private final GpuResource resource;
    private @Nullable GuestMemory seen;
    private long seenAddress;
    private @Nullable MemorySegment memory;

    RingPage(GpuResource resource) {
        this.resource = resource;
    }

    GpuResource resource() {
        return resource;
    }

    /** The page, or null when it does not lie in guest memory in one piece. */
    @Nullable MemorySegment memory(GuestMemory map) {
        // The guest can also detach the resource's backing, or attach another.
        long address = resource.guestAddress(CrossDomain.RING_SIZE);
        if (map != seen || address != seenAddress) {
            memory = address < 0 ? null : map.slice(address, CrossDomain.RING_SIZE);
            seen = map;
            seenAddress = address;
        }
        return memory;
    }
}
