package dev.wayferry.proxy.gpu;

import dev.wayferry.bridge.MemoryFiles;
import dev.wayferry.proxy.memory.GuestMemory;
import dev.wayferry.proxy.memory.GuestRegion;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** For each guest blob a file of the host's, into which the contexts that send it copy. It needs nothing of the VMM. */
final class MirroredGuestBlobs implements GuestBlobFiles {
    @Override
    public Plan plan(GuestMemory memory, long[] backing, long size) {
        return new Plan(() -> MemoryFiles.allocate(size), Set.of());
    }

    @Override
    public boolean areCopies() {
        return true;
    }

    @Override
    public @Nullable String refusal(GuestRegion region) {
        return null;
    }

    @Override
    public String description() {
        return "mirrored: what is damaged is copied, of wl_shm alone (--guest-shm=copy)";
    }

    @Override
    public void close() {
        // There is nothing to close.
    }
}
