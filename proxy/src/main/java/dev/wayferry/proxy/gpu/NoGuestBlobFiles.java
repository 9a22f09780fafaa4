package dev.wayferry.proxy.gpu;

import dev.wayferry.proxy.memory.GuestMemory;
import dev.wayferry.proxy.memory.GuestRegion;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Guest blobs are not sent.
 *
 * @param reason why
 */
record NoGuestBlobFiles(String reason) implements GuestBlobFiles {
    @Override
    public Plan plan(GuestMemory memory, long[] backing, long size) throws IOException {
        throw new IOException("guest blobs are refused: " + reason);
    }

    @Override
    public @Nullable String refusal(GuestRegion region) {
        return null; // it is not the region's fault
    }

    @Override
    public String description() {
        return "refused: " + reason;
    }

    @Override
    public void close() {
        // There is nothing to close.
    }
}
