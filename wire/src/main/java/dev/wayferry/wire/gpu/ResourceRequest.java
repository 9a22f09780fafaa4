package dev.wayferry.wire.gpu;

import dev.wayferry.wire.Flyweight;
import java.lang.foreign.MemorySegment;

/**
 * A request that names one resource and nothing else: RESOURCE_UNREF, RESOURCE_UNMAP_BLOB,
 * RESOURCE_DETACH_BACKING, CTX_ATTACH_RESOURCE, CTX_DETACH_RESOURCE and the start of others.
 *
 * <p>Source: virtio specification, GPU Device, "Device Operation: controlq".
 */
public final class ResourceRequest extends Flyweight {
    /** The resource, never 0. */
    public static final long RESOURCE_ID_OFFSET = 24;

    /** Bytes in all. */
    public static final int LENGTH = 32;

    public int resourceId() {
        return getInt(RESOURCE_ID_OFFSET);
    }

    public ResourceRequest resourceId(int value) {
        setInt(RESOURCE_ID_OFFSET, value);
        return this;
    }

    @Override
    public ResourceRequest wrap(MemorySegment segment, long offset) {
        super.wrap(segment, offset);
        return this;
    }
}
