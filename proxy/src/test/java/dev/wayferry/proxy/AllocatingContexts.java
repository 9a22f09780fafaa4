package dev.wayferry.proxy;

import dev.wayferry.proxy.gpu.BlobSource;
import dev.wayferry.proxy.gpu.GpuContext;
import dev.wayferry.proxy.gpu.GpuContextHost;
import dev.wayferry.proxy.gpu.GpuRequest;
import dev.wayferry.proxy.gpu.GpuResource;
import org.jspecify.annotations.Nullable;

/** Contexts that allocate an array of 64 bytes for each command, if told to; otherwise as those of the factory behind. */
final class AllocatingContexts implements GpuContext.Factory {
    /** Bytes of the array with its header. */
    static final int SIZE = 64 + 16;

    private final GpuContext.Factory factory;

    volatile boolean allocates;

    /** Where the last array is kept, so that it is really made. */
    volatile byte[] planted = {};

    AllocatingContexts(GpuContext.Factory factory) {
        this.factory = factory;
    }

    @Override
    public int capsetId() {
        return factory.capsetId();
    }

    @Override
    public int capsetVersion() {
        return factory.capsetVersion();
    }

    @Override
    public byte[] capset() {
        return factory.capset();
    }

    @Override
    public GpuContext create(int ctxId, String debugName, GpuContextHost host) {
        GpuContext context = factory.create(ctxId, debugName, host);
        return new GpuContext() {
            @Override
            public void submit(GpuRequest request) {
                if (allocates) {
                    planted = new byte[64];
                }
                context.submit(request);
            }

            @Override
            public @Nullable BlobSource claimBlob(long blobId, long size) {
                return context.claimBlob(blobId, size);
            }

            @Override
            public void attach(GpuResource resource) {
                context.attach(resource);
            }

            @Override
            public void detach(GpuResource resource) {
                context.detach(resource);
            }

            @Override
            public void giveOut() {
                context.giveOut();
            }

            @Override
            public void close(boolean answer) {
                context.close(answer);
            }
        };
    }

    @Override
    public void reset() {
        factory.reset();
    }
}
