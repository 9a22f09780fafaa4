package dev.wayferry.examples.guestproxy;

import dev.wayferry.examples.virtgpu.VirtGpuBlob;
import dev.wayferry.posix.OwnedFd;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Makes blobs of the memory of one connection's pools, where that goes without a copy. */
final class PoolSharing implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(PoolSharing.class);

    private final CrossDomainChannel channel;
    private final ClientPages pages;
    private final List<VirtGpuBlob> closing = new ArrayList<>();

    PoolSharing(CrossDomainChannel channel, ClientPages pages) {
        this.channel = channel;
        this.pages = pages;
    }

    /** The first {@code size} bytes of {@code file}, shared; null where they have to be copied. */
    @Nullable SharedPool share(ClientFile file, long size) {
        try {
            if (file.isDmaBuf()) {
                return imported(file.fd(), size);
            }
            if (file.size() < size) {
                return null;
            }
            try (OwnedFd wrapped = pages.wrap(file.fd(), size)) {
                return wrapped == null ? null : imported(wrapped.number(), size);
            }
        } catch (IOException e) {
            LOG.debug("a pool of {} bytes is not shared: {}", size, e.getMessage());
            return null;
        }
    }

    private @Nullable SharedPool imported(int dmaBuf, long size) throws IOException {
        VirtGpuBlob blob = channel.importBlob(dmaBuf);
        if (blob.size() < size) {
            blob.close();
            return null;
        }
        return new SharedPool(blob, size, closing);
    }

    /** Lets go of what nobody holds any more, now that no SEND still to be submitted names it. */
    void closeReleased() throws IOException {
        for (VirtGpuBlob blob : closing) {
            blob.close();
        }
        closing.clear();
    }

    @Override
    public void close() throws IOException {
        closeReleased();
    }
}
