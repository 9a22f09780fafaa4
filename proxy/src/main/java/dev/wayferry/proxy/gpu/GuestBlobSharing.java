package dev.wayferry.proxy.gpu;

import dev.wayferry.posix.OwnedFd;
import dev.wayferry.proxy.limit.Limit;
import dev.wayferry.proxy.limit.Limits;
import dev.wayferry.proxy.log.GuestLog;
import dev.wayferry.proxy.memory.GuestMemory;
import dev.wayferry.proxy.memory.GuestRegion;
import java.io.IOException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The files of guest blobs: made when a guest first sends the blob, kept with the resource, and closed when the resource
 * goes, when it gets other pages, or when the VMM takes the memory away. Belongs to the loop.
 *
 * <p>The compositor has descriptors of its own by then and may go on reading and writing the pages, also after UNREF is
 * answered, which otherwise says that nobody touches them any more. That answer does not wait for the compositor, for no
 * event tells of its closing a file, and a guest's kernel would wait with it. What it holds are pages of a memory file of
 * this VM's VMM alone, which nobody else is ever given: it can see or spoil what this guest has put there since, as
 * though the guest had never taken its buffer back, and nothing of another VM or of the host. A guest that keeps its
 * blobs until the compositor has released the buffers in them, as guest proxies do, meets nothing of this. Here nothing
 * touches the pages at any time, and the descriptor is closed before the answer, unless the guest does not wait for that of
 * an earlier DETACH_BACKING, which is then the one that says so.
 */
final class GuestBlobSharing {
    private static final Logger LOG = LoggerFactory.getLogger(GuestBlobSharing.class);

    /**
     * Files at once, and their bytes, whose pages are pinned: usually enough for 32 clients with a pool for each of several
     * windows. What the compositor still holds of closed ones is not counted: its own limits bound that, and all of it
     * together pins no more than the guest's memory. Of mirrored copies a pool keeps its file for as long as its program's
     * connection wants it.
     */
    private final int maxFiles;

    private final long maxBytes;

    private final String vm;
    private final GuestLog log;
    private final GpuDevice device;
    private final ResourceKeeper keeper;
    private final GuestBlobFiles files;

    /** The regions of each resource that has a file, or for which one is being made. */
    private final Map<GpuResource, Set<GuestRegion>> shared = new HashMap<>();

    /** Withdraws a file for which the VMM has taken the memory away; once, however often it does so before there is one. */
    private record Withdrawal(GuestBlobSharing sharing, GpuResource resource) implements Runnable {
        @Override
        public void run() {
            sharing.withdraw(resource, () -> {});
        }
    }

    private int count;
    private long bytes;
    private boolean saidWhatHelps;

    GuestBlobSharing(
            String vm, GuestLog log, GpuDevice device, ResourceKeeper keeper, GuestBlobFiles files, Limits limits) {
        this.vm = vm;
        this.log = log;
        this.device = device;
        this.keeper = keeper;
        this.files = files;
        this.maxFiles = limits.number(Limit.SHARED_BLOBS);
        this.maxBytes = limits.of(Limit.SHARED_BYTES);
    }

    boolean areCopies() {
        return files.areCopies();
    }

    /** Has the blob's file made; it is being made when this returns null. Otherwise, why there can't be one. */
    @Nullable String share(GpuResource resource) {
        if (keeper.isOverloaded()) {
            return "too much waits for the VMM";
        }
        if (count >= maxFiles || resource.size() > maxBytes - bytes) {
            return String.format("%d bytes on top of %d in %d guest blobs that are shared already, at most %d in %d, see --limit=%s and %s",
                    resource.size(), bytes, count, maxBytes, maxFiles, Limit.SHARED_BYTES, Limit.SHARED_BLOBS);
        }
        GuestBlobFiles.Plan plan;
        try {
            plan = files.plan(device.memory(), resource.backing(), resource.size());
        } catch (IOException e) {
            return e.getMessage() + "; --guest-shm=copy does without";
        }
        shared.put(resource, plan.regions());
        count++;
        bytes += resource.size();
        resource.creating();
        int incarnation = device.incarnation();
        keeper.make("vm=" + vm + " resource " + resource.id(), plan.source(), file -> {
            resource.made.set(file);
            device.onLoop(incarnation, () -> settle(resource), resource::closeFile);
        });
        return null;
    }

    private void settle(GpuResource resource) {
        boolean success = resource.file() != null;
        if (!success) {
            gone(resource);
        }
        resource.settle(success);
    }

    private void giveBack(GpuResource resource) {
        count--;
        bytes -= resource.size();
    }

    /** Whether the resource has a file, or will. */
    boolean isShared(GpuResource resource) {
        return shared.containsKey(resource);
    }

    /** The keeper has closed the resource's file, or there never was one. */
    void gone(GpuResource resource) {
        if (shared.remove(resource) != null) {
            giveBack(resource);
        }
    }

    /**
     * Closes the file, if there is one, as it is not of the resource's pages any more; then {@code closed} runs on the loop,
     * unless the driver starts anew before.
     */
    void withdraw(GpuResource resource, Runnable closed) {
        if (!isShared(resource)) {
            closed.run();
            return;
        }
        // A SEND that came before may wait for the file, and takes hold of it first.
        resource.whenSettled(() -> {
            // Taken out here, so that no SEND can find it while the keeper closes it, and the next has another made.
            OwnedFd file = resource.made.getAndSet(null);
            boolean wasShared = shared.remove(resource) != null;
            int incarnation = device.incarnation();
            keeper.close(file, () -> device.onLoop(incarnation, () -> {
                if (wasShared) {
                    giveBack(resource);
                }
                closed.run();
            }, () -> {}));
        });
    }

    /** The VMM has given other memory. */
    void useMemory(GuestMemory memory) {
        List<GuestRegion> regions = memory.regions();
        Set<GuestRegion> there = new HashSet<>(regions);
        for (Map.Entry<GpuResource, Set<GuestRegion>> entry : List.copyOf(shared.entrySet())) {
            if (!there.containsAll(entry.getValue())) {
                entry.getKey().whenSettled(new Withdrawal(this, entry.getKey()));
            }
        }
        for (GuestRegion region : regions) {
            String wrong = saidWhatHelps ? null : files.refusal(region);
            if (wrong != null) {
                saidWhatHelps = true;
                log.warn(LOG, "vm={} guest blobs can't be shared with the compositor: {}", vm, wrong);
            }
        }
    }

    /** The driver starts anew; the keeper closes the files with all others. */
    void reset() {
        shared.clear();
        count = 0;
        bytes = 0;
    }
}
