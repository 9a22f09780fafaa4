package dev.wayferry.proxy.gpu;

import dev.wayferry.posix.Errno;
import dev.wayferry.posix.Memory;
import dev.wayferry.posix.OwnedFd;
import dev.wayferry.proxy.log.GuestLog;
import dev.wayferry.proxy.loop.SideThreads;
import dev.wayferry.proxy.virtio.SharedMemory;
import dev.wayferry.proxy.virtio.VmmNotices;
import dev.wayferry.wire.gpu.VirtioGpu;
import java.io.IOException;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The thread on which everything about resources happens that can block: making files, and mapping them into the guest,
 * one after the other. So a map follows the making of what it maps, and an unmap the map, without further ado.
 *
 * <p>Results are told on the keeper's thread; whoever asks takes them to the loop.
 */
final class ResourceKeeper {
    private static final Logger LOG = LoggerFactory.getLogger(ResourceKeeper.class);

    private final String vm;
    private final ExecutorService thread;
    private final GuestLog log;
    private final SharedMemory sharedMemory;
    private final VmmNotices notices;

    /** More than a guest can have under way that waits for its answers. */
    private static final int MAX_BACKLOG = 1 << 16;

    /**
     * Resets that wait at once, each with what its driver had made: a VMM that lets so many drivers come and go, and answers
     * nothing meanwhile, never will.
     */
    static final int MAX_RESETS = 16;

    private final AtomicInteger backlog = new AtomicInteger();
    private final AtomicInteger waitingResets = new AtomicInteger();

    /** Whether nothing was asked for since the last reset. The loop's. */
    private boolean untouched = true;

    /** What the last reset was told of the VMM's mappings. The loop's. */
    private boolean lastDropped = true;

    /** Counts the guest's resets; what was asked for before the last one is not mapped any more. */
    private final AtomicInteger resets = new AtomicInteger();

    ResourceKeeper(String vm, GuestLog log, SharedMemory sharedMemory, VmmNotices notices) {
        this.vm = vm;
        this.log = log;
        this.thread = Executors.newSingleThreadExecutor(SideThreads.named("keeper " + vm));
        this.sharedMemory = sharedMemory;
        this.notices = notices;
    }

    private void execute(Runnable task) {
        untouched = false;
        int unused = backlog.incrementAndGet();
        thread.execute(() -> {
            try {
                task.run();
            } finally {
                int left = backlog.decrementAndGet();
            }
        });
    }

    /** Whether so much waits, as the VMM does not answer, that no more is to be begun. */
    boolean isOverloaded() {
        return backlog.get() >= MAX_BACKLOG || waitingResets.get() >= MAX_RESETS;
    }

    /** Does what may wait for the VMM. */
    void tell(Runnable notice) {
        execute(notice);
    }

    /** Tells the VMM of the resource's number, once; {@code told} gets 0 when that is over. */
    void share(GpuResource resource, UUID uuid, IntConsumer told) {
        int resetsBefore = resets.get();
        execute(() -> {
            if (!resource.shared && resets.get() == resetsBefore) {
                resource.shared = notices.addSharedObject(uuid);
            }
            told.accept(0);
        });
    }

    private void unshare(GpuResource resource) {
        if (resource.shared) {
            resource.shared = false;
            notices.removeSharedObject(resource.uuid());
        }
    }

    /** Makes a file; {@code made} gets it, or null. */
    void make(String what, BlobSource source, Consumer<@Nullable OwnedFd> made) {
        execute(() -> {
            OwnedFd file = null;
            try {
                file = source.make();
            } catch (IOException | RuntimeException e) {
                log.warn(LOG, "{}: {}", what, e.toString());
            }
            made.accept(file);
        });
    }

    /** Closes {@code file}, if there is one; then {@code closed} is told. Takes ownership of {@code file}. */
    void close(@Nullable OwnedFd file, Runnable closed) {
        execute(() -> {
            if (file != null) {
                file.close();
            }
            closed.run();
        });
    }

    /**
     * Maps the resource's file where its {@code mapOffset} says; {@code mapped} gets 0 or a negative error number.
     *
     * @param file asked for when it is this task's turn, null if it could not be made
     */
    void map(GpuResource resource, FileLookup file, IntConsumer mapped) {
        long offset = resource.mapOffset;
        int resetsBefore = resets.get();
        execute(() -> {
            OwnedFd fd = file.get();
            int result = -Errno.EIO;
            sharedMemory.awaitResume();
            if (fd != null && resets.get() == resetsBefore) {
                result = sharedMemory.map(VirtioGpu.SHM_ID_HOST_VISIBLE, offset, length(resource), fd.number());
                resource.live = result == 0;
            }
            if (resource.live && resets.get() != resetsBefore) {
                // The VMM may have mapped it after it dropped the others, and the range is the new driver's.
                resource.live = false;
                result = sharedMemory.unmap(VirtioGpu.SHM_ID_HOST_VISIBLE, offset, length(resource));
            }
            mapped.accept(result);
        });
    }

    /** What gives the keeper a resource's file. */
    @FunctionalInterface
    interface FileLookup {
        @Nullable OwnedFd get();
    }

    /** Unmaps the resource if it is mapped; {@code unmapped} gets 0 once nobody can touch it through the guest. */
    void unmap(GpuResource resource, IntConsumer unmapped) {
        long offset = resource.mapOffset;
        int resetsBefore = resets.get();
        execute(() -> unmapped.accept(unmap(resource, offset, resetsBefore)));
    }

    private int unmap(GpuResource resource, long offset, int resetsBefore) {
        if (!resource.live) {
            return 0;
        }
        sharedMemory.awaitResume();
        if (resets.get() != resetsBefore && !sharedMemory.keepsMappingsOverReset()) {
            resource.live = false;
            return 0;
        }
        int result = sharedMemory.unmap(VirtioGpu.SHM_ID_HOST_VISIBLE, offset, length(resource));
        resource.live = result != 0;
        return result;
    }

    /**
     * Unmaps the resource if it is mapped and closes its file, whatever becomes of the device meanwhile. Nobody else may
     * use it any more; {@code gone} gets 0 once nobody can touch it through the guest.
     */
    void dispose(GpuResource resource, IntConsumer gone) {
        long offset = resource.mapOffset;
        int resetsBefore = resets.get();
        execute(() -> {
            int result = unmap(resource, offset, resetsBefore);
            unshare(resource);
            resource.closeFile();
            gone.accept(result);
        });
    }

    /**
     * The guest's driver starts anew. Closes the files of {@code resources}; those that the VMM keeps mapped are unmapped
     * first, before anything of the new driver's is mapped. A reset behind another that finds nothing is none: VMMs of
     * guests that boot again and again, and never get as far as a driver, may have their rings stopped all the while.
     *
     * @param dropped whether the VMM itself has said that all mappings are gone
     */
    void reset(List<GpuResource> resources, boolean dropped) {
        if (untouched && resources.isEmpty() && (lastDropped || !dropped)) {
            return;
        }
        int unused = resets.incrementAndGet();
        int waiting = waitingResets.incrementAndGet();
        execute(() -> {
            int left = waitingResets.decrementAndGet();
            boolean kept = !dropped && sharedMemory.keepsMappingsOverReset();
            for (GpuResource resource : resources) {
                if (kept) {
                    int unmapped = unmap(resource, resource.mapOffset, resets.get());
                    if (unmapped != 0) {
                        log.warn(LOG, "vm={} resource {}: still mapped after a reset: {}", vm, resource.id(),
                                Errno.name(unmapped));
                    }
                }
                resource.live = false;
                unshare(resource);
                resource.closeFile();
            }
            if (!kept) {
                sharedMemory.dropped();
            }
        });
        untouched = true;
        lastDropped = dropped;
    }

    private static long length(GpuResource resource) {
        return Memory.roundUpToPage(resource.size());
    }

    /** Takes no more, finishes what it has, and ends; the caller has made sure that nothing blocks it any more. */
    void close() {
        thread.shutdown();
        boolean interrupted = false;
        while (true) {
            try {
                if (thread.awaitTermination(1, TimeUnit.HOURS)) {
                    break;
                }
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
