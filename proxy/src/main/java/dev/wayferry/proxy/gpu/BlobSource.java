package dev.wayferry.proxy.gpu;

import dev.wayferry.posix.OwnedFd;
import dev.wayferry.wire.gpu.VirtioGpu;
import java.io.IOException;

/** What a host blob will be made of. It is made once, always: what it owns for that is closed then. */
@FunctionalInterface
public interface BlobSource {
    /** Makes the file, which then is the caller's. May block, so it never runs on the loop. */
    OwnedFd make() throws IOException;

    /** How the guest has to map it, {@code VIRTIO_GPU_MAP_CACHE_*}. */
    default int mapInfo() {
        return VirtioGpu.MAP_CACHE_CACHED;
    }
}
