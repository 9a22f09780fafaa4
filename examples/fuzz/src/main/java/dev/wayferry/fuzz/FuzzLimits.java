package dev.wayferry.fuzz;

import dev.wayferry.proxy.limit.Limit;
import dev.wayferry.proxy.limit.Limits;
import java.util.Map;

/** Limits so low that an input of some hundred bytes reaches them; only contexts come as fast as can be. */
final class FuzzLimits {
    static final Limits LOW = new Limits(Map.of(
            Limit.CONTEXTS_PER_SECOND, Limit.CONTEXTS_PER_SECOND.largest(),
            Limit.RESOURCES, 32L,
            Limit.BACKING_ENTRIES, 64L,
            Limit.BLOB_BYTES, 16L << 20,
            Limit.MAPPED_BLOBS, 4L,
            Limit.SHARED_BLOBS, 4L,
            Limit.CONTEXT_ITEMS, 48L,
            Limit.ITEMS, 80L,
            Limit.MIRRORED_OBJECTS, 32L,
            Limit.FILE_COPY_BYTES, 1L << 20));

    private FuzzLimits() {}
}
