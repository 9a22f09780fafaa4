package dev.wayferry.examples.loopback;

import dev.wayferry.wire.gpu.VirtioGpu;
import org.jspecify.annotations.Nullable;

/** A blob resource, which lives while handles or commands in flight hold it. Its state is under the driver's lock. */
final class LoopbackResource {
    /** What is known of a MAP_BLOB. */
    enum MapState {
        NONE,
        PENDING,
        MAPPED,
        FAILED
    }

    private static final long NO_RANGE = -1;

    private final ResourceTable table;
    private final int id;
    private final int blobMem;
    private final int blobFlags;
    private final long size;
    /** The guest blob's pages, as offsets in RAM; empty for a host blob. */
    private final long[] pages;

    private long windowOffset = NO_RANGE;
    private MapState mapState = MapState.NONE;
    private @Nullable FileIdentity file;
    private int references;
    private int pendingFences;

    LoopbackResource(ResourceTable table, int id, int blobMem, int blobFlags, long size, long[] pages) {
        this.table = table;
        this.id = id;
        this.blobMem = blobMem;
        this.blobFlags = blobFlags;
        this.size = size;
        this.pages = pages;
    }

    int id() {
        return id;
    }

    boolean isGuest() {
        return blobMem == VirtioGpu.BLOB_MEM_GUEST;
    }

    boolean isMappable() {
        return (blobFlags & VirtioGpu.BLOB_FLAG_USE_MAPPABLE) != 0;
    }

    long size() {
        return size;
    }

    long[] pages() {
        return pages;
    }

    boolean hasWindowRange() {
        return windowOffset != NO_RANGE;
    }

    long windowOffset() {
        return windowOffset;
    }

    void windowOffset(long value) {
        windowOffset = value;
        mapState = MapState.PENDING;
    }

    MapState mapState() {
        return mapState;
    }

    void mapState(MapState value) {
        mapState = value;
    }

    /** What file backs a mapped host blob. */
    @Nullable FileIdentity file() {
        return file;
    }

    void file(FileIdentity value) {
        file = value;
    }

    void hold() {
        references++;
    }

    /** Drops a reference; without any the resource is released as soon as the queue has room. */
    void drop() {
        if (--references == 0) {
            table.release(this);
        }
    }

    void fenceAdded() {
        pendingFences++;
    }

    void fenceSignalled() {
        pendingFences--;
    }

    boolean hasPendingFences() {
        return pendingFences > 0;
    }
}
