package dev.wayferry.proxy.gpu;

import dev.wayferry.posix.OwnedFd;
import java.io.IOException;

/** What a host blob will be made of. Owns what it needs for that until it is made or discarded. */
public interface BlobSource {
    /** Makes the file, which then is the caller's. May block, so it never runs on the loop. */
    OwnedFd make() throws IOException;

    /** Will not be made. */
    void discard();
}
