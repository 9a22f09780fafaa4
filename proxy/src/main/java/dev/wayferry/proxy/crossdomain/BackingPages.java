package dev.wayferry.proxy.crossdomain;

import dev.wayferry.bridge.mirror.GuestPages;
import dev.wayferry.posix.Iovecs;
import dev.wayferry.proxy.gpu.GpuResource;
import dev.wayferry.proxy.memory.GuestMemory;
import java.util.Arrays;
import java.util.function.Supplier;

/** The pages behind a guest blob, as they are at each use: the guest may take them back, and the VMM too. */
final class BackingPages implements GuestPages {
    private final GpuResource resource;
    private final Supplier<GuestMemory> memory;

    /** The backing for which {@link #starts} holds: it is never changed, only replaced. */
    private long[] seen = {};

    /** Where in the blob each entry starts, and where the last ends. */
    private long[] starts = {0};

    BackingPages(GpuResource resource, Supplier<GuestMemory> memory) {
        this.resource = resource;
        this.memory = memory;
    }

    @Override
    public long size() {
        return resource.size();
    }

    @Override
    public long addTo(Iovecs iovecs, long offset, long length) {
        long[] backing = resource.backing();
        if (backing != seen) {
            lookAt(backing);
        }
        int found = Arrays.binarySearch(starts, offset);
        int entry = found >= 0 ? found : -found - 2;
        GuestMemory map = memory.get();
        long added = 0;
        while (entry >= 0 && entry < starts.length - 1 && added < length) {
            long skip = offset + added - starts[entry];
            long part = Math.min(length - added, starts[entry + 1] - starts[entry] - skip);
            long address = map.nativeAddress(backing[2 * entry] + skip, part);
            if (part <= 0 || address == 0 || !iovecs.add(address, part)) {
                break;
            }
            added += part;
            entry++;
        }
        return added;
    }

    private void lookAt(long[] backing) {
        seen = backing;
        starts = new long[backing.length / 2 + 1];
        for (int i = 0; i < starts.length - 1; i++) {
            starts[i + 1] = starts[i] + backing[2 * i + 1];
        }
    }
}
