package dev.wayferry.examples.virtgpu;

import java.io.IOException;

/** A virtio GPU as a guest's programs see it. Safe for use from several threads. */
public interface VirtGpuDevice extends AutoCloseable {
    /** The data of a capset as the host gave it, at most {@code length} bytes. */
    byte[] capset(int capsetId, int version, int length) throws IOException;

    /**
     * Opens a context of its own, as opening the node and CONTEXT_INIT do.
     *
     * @param numRings timelines of the context
     * @param pollRingsMask the rings whose fences are announced as events
     */
    VirtGpuContext openContext(int capsetId, int numRings, long pollRingsMask) throws IOException;

    @Override
    void close() throws IOException;
}
