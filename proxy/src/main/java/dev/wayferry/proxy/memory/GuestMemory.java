package dev.wayferry.proxy.memory;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An immutable map of the guest's memory, swapped whole when the VMM changes it.
 *
 * <p>Addresses are the guest's physical ones unless said otherwise. A range that lies in no region is {@code null}, never
 * an exception: the guest chooses addresses, and a wrong one is an ordinary event.
 */
public final class GuestMemory {
    /** A guest without memory, before the VMM has told of any. */
    public static final GuestMemory NONE = new GuestMemory(List.of());

    private final GuestRegion[] regions;

    private GuestMemory(List<GuestRegion> regions) {
        this.regions = regions.toArray(new GuestRegion[0]);
    }

    /** A map of these regions, of which no two overlap. */
    public static GuestMemory of(List<GuestRegion> regions) {
        return new GuestMemory(regions);
    }

    public List<GuestRegion> regions() {
        return List.of(regions);
    }

    /** A map with one region more. */
    public GuestMemory with(GuestRegion region) {
        List<GuestRegion> all = new ArrayList<>(List.of(regions));
        all.add(region);
        return new GuestMemory(all);
    }

    /** A map without {@code region}. */
    public GuestMemory without(GuestRegion region) {
        List<GuestRegion> all = new ArrayList<>(List.of(regions));
        all.remove(region);
        return new GuestMemory(all);
    }

    /** The region that holds the byte at {@code address}, or null. */
    public @Nullable GuestRegion regionAt(long address) {
        for (GuestRegion region : regions) {
            if (region.contains(address)) {
                return region;
            }
        }
        return null;
    }

    /** The region that overlaps [address, address + length), or null. */
    public @Nullable GuestRegion overlapping(long address, long length) {
        for (GuestRegion region : regions) {
            if (Long.compareUnsigned(address, region.end()) < 0
                    && Long.compareUnsigned(region.start(), address + length) < 0) {
                return region;
            }
        }
        return null;
    }

    /** The native address of {@code length} bytes that lie whole in one region; 0 when they do not. */
    public long nativeAddress(long address, long length) {
        GuestRegion region = regionAt(address);
        if (region == null || length > region.end() - address) {
            return 0;
        }
        return region.memory().address() + (address - region.start());
    }

    /** A view of {@code length} bytes that lie whole in one region, or null. */
    public @Nullable MemorySegment slice(long address, long length) {
        GuestRegion region = regionAt(address);
        if (region == null || length < 0 || length > region.end() - address) {
            return null;
        }
        return region.memory().asSlice(address - region.start(), length);
    }

    /** The guest's physical address of the VMM's user address {@code userAddress}; -1 where no region has it. */
    public long ofUserAddress(long userAddress) {
        for (GuestRegion region : regions) {
            long offset = userAddress - region.userAddress();
            if (offset >= 0 && offset < region.size()) {
                return region.start() + offset;
            }
        }
        return -1;
    }

    @Override
    public String toString() {
        return List.of(regions).toString();
    }
}
