package dev.wayferry.proxy.gpu;

import dev.wayferry.posix.Memory;
import dev.wayferry.proxy.limit.Limit;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The host-visible region: which ranges of it are taken. Belongs to the loop.
 *
 * <p>Everything a VMM may refuse is checked here first, as some end the VM over a refused request.
 */
final class HostWindow {
    private final long size;
    private final int maxMaps;
    private final TreeMap<Long, GpuResource> taken = new TreeMap<>();

    HostWindow(long size, int maxMaps) {
        this.size = size;
        this.maxMaps = maxMaps;
    }

    /** Bytes. */
    long size() {
        return size;
    }

    /** Takes the range at {@code offset} for {@code resource}; null, or why that can't be. */
    @Nullable String take(GpuResource resource, long offset) {
        if (resource.mapOffset != GpuResource.NOT_MAPPED) {
            return "it is mapped at 0x" + Long.toHexString(resource.mapOffset) + " already";
        }
        long length = Memory.roundUpToPage(resource.size());
        if (offset % Memory.PAGE_SIZE != 0) {
            return String.format("offset 0x%x is no multiple of the page size %d", offset, Memory.PAGE_SIZE);
        }
        if (offset < 0 || length > size || offset > size - length) {
            return String.format("[0x%x, 0x%x) lies outside the window of 0x%x", offset, offset + length, size);
        }
        var below = taken.lowerEntry(offset + length);
        if (below != null && below.getKey() + Memory.roundUpToPage(below.getValue().size()) > offset) {
            return String.format("[0x%x, 0x%x) overlaps resource %d", offset, offset + length, below.getValue().id());
        }
        if (taken.size() >= maxMaps) {
            return "the window holds " + maxMaps + " blobs already, see --limit=" + Limit.MAPPED_BLOBS;
        }
        taken.put(offset, resource);
        resource.mapOffset = offset;
        return null;
    }

    /** Frees the range of {@code resource}. */
    void free(GpuResource resource) {
        taken.remove(resource.mapOffset, resource);
        resource.mapOffset = GpuResource.NOT_MAPPED;
    }

    /** Frees everything: the VMM has dropped all mappings. */
    void clear() {
        taken.clear();
    }
}
