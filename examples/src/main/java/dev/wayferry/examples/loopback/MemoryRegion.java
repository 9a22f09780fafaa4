package dev.wayferry.examples.loopback;

import dev.wayferry.wire.vhostuser.MemoryRegionDescription;
import java.lang.foreign.MemorySegment;

/**
 * A piece of the guest's physical address space and the file behind it.
 *
 * @param fd stays its owner's
 */
record MemoryRegion(long guestAddress, long size, long userAddress, long mmapOffset, int fd) {
    void describe(MemorySegment payload, long at) {
        new MemoryRegionDescription()
                .wrap(payload, at)
                .guestAddress(guestAddress)
                .size(size)
                .userAddress(userAddress)
                .mmapOffset(mmapOffset);
    }
}
