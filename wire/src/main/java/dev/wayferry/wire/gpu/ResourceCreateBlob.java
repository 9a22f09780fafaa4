package dev.wayferry.wire.gpu;

import dev.wayferry.wire.Flyweight;
import java.lang.foreign.MemorySegment;

/**
 * struct virtio_gpu_resource_create_blob, followed by nr_entries memory entries.
 *
 * <p>Source: virtio specification, GPU Device, VIRTIO_GPU_CMD_RESOURCE_CREATE_BLOB.
 */
public final class ResourceCreateBlob extends Flyweight {
    /** The resource, never 0. */
    public static final long RESOURCE_ID_OFFSET = 24;

    /** VIRTIO_GPU_BLOB_MEM_*. */
    public static final long BLOB_MEM_OFFSET = 28;

    /** VIRTIO_GPU_BLOB_FLAG_*. */
    public static final long BLOB_FLAGS_OFFSET = 32;

    /** How many struct virtio_gpu_mem_entry follow. */
    public static final long NR_ENTRIES_OFFSET = 36;

    /** What the context named with this number; 0 for guest memory. */
    public static final long BLOB_ID_OFFSET = 40;

    /** Bytes. */
    public static final long SIZE_OFFSET = 48;

    /** Bytes before the entries. */
    public static final int LENGTH = 56;

    public int resourceId() {
        return getInt(RESOURCE_ID_OFFSET);
    }

    public ResourceCreateBlob resourceId(int value) {
        setInt(RESOURCE_ID_OFFSET, value);
        return this;
    }

    public int blobMem() {
        return getInt(BLOB_MEM_OFFSET);
    }

    public ResourceCreateBlob blobMem(int value) {
        setInt(BLOB_MEM_OFFSET, value);
        return this;
    }

    public int blobFlags() {
        return getInt(BLOB_FLAGS_OFFSET);
    }

    public ResourceCreateBlob blobFlags(int value) {
        setInt(BLOB_FLAGS_OFFSET, value);
        return this;
    }

    public int nrEntries() {
        return getInt(NR_ENTRIES_OFFSET);
    }

    public ResourceCreateBlob nrEntries(int value) {
        setInt(NR_ENTRIES_OFFSET, value);
        return this;
    }

    public long blobId() {
        return getLong(BLOB_ID_OFFSET);
    }

    public ResourceCreateBlob blobId(long value) {
        setLong(BLOB_ID_OFFSET, value);
        return this;
    }

    public long size() {
        return getLong(SIZE_OFFSET);
    }

    public ResourceCreateBlob size(long value) {
        setLong(SIZE_OFFSET, value);
        return this;
    }

    @Override
    public ResourceCreateBlob wrap(MemorySegment segment, long offset) {
        super.wrap(segment, offset);
        return this;
    }
}
