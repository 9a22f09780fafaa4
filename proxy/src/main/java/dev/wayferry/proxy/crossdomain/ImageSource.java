package dev.wayferry.proxy.crossdomain;

import dev.wayferry.bridge.ImageAllocator;
import dev.wayferry.posix.OwnedFd;
import dev.wayferry.proxy.gpu.BlobSource;
import dev.wayferry.wire.gpu.VirtioGpu;
import java.io.IOException;

/** A file of the allocator's. */
record ImageSource(ImageAllocator allocator, long size) implements BlobSource {
    @Override
    public OwnedFd make() throws IOException {
        return allocator.allocate(size);
    }

    @Override
    public int mapInfo() {
        return mapInfo(allocator);
    }

    /** VIRTIO_GPU_MAP_CACHE_*. */
    static int mapInfo(ImageAllocator allocator) {
        return switch (allocator.caching()) {
            case CACHED -> VirtioGpu.MAP_CACHE_CACHED;
            case WRITE_COMBINED -> VirtioGpu.MAP_CACHE_WC;
        };
    }
}
