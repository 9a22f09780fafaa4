package dev.wayferry.examples.loopback;

import dev.wayferry.examples.loopback.HostVisibleWindow.FileRange;
import dev.wayferry.examples.loopback.LoopbackResource.MapState;
import dev.wayferry.posix.Errno;
import dev.wayferry.posix.Memory;
import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.PosixException;
import dev.wayferry.wire.gpu.CtrlHeader;
import dev.wayferry.wire.gpu.MemEntry;
import dev.wayferry.wire.gpu.ResourceCreateBlob;
import dev.wayferry.wire.gpu.ResourceMapBlob;
import dev.wayferry.wire.gpu.ResourceRequest;
import dev.wayferry.wire.gpu.RespMapInfo;
import dev.wayferry.wire.gpu.VirtioGpu;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The driver's blob resources, with the commands and lifetimes of Linux's {@code virtgpu_object.c} and {@code
 * virtgpu_vram.c}. What the host answers too early is noted as a violation with the VMM.
 */
final class ResourceTable {
    private static final int FIRST_RESOURCE_ID = 2;
    private static final long MAX_BLOB = 4L << 30;
    private static final MemorySegment NO_ENTRIES = MemorySegment.ofArray(new byte[0]);

    private final LoopbackDriver driver;
    private final LoopbackVmm vmm;

    // Under the driver's lock.
    private final WindowAllocator windowRanges;
    /** Those that something holds. */
    private final Set<LoopbackResource> resources = new LinkedHashSet<>();
    /** Those that nothing holds and of which the device was not told yet. */
    private final Deque<LoopbackResource> toRelease = new ArrayDeque<>();

    private int nextResourceId = FIRST_RESOURCE_ID;

    ResourceTable(LoopbackDriver driver) {
        this.driver = driver;
        this.vmm = driver.vmm();
        this.windowRanges = new WindowAllocator(vmm.windowSize());
        driver.afterInterrupt(this::tellReleased);
    }

    /** Enqueues RESOURCE_CREATE_BLOB, and MAP_BLOB where the blob is the host's and mappable. */
    LoopbackResource createBlob(int contextId, int blobMem, int blobFlags, long size, long blobId)
            throws IOException {
        if (!driver.has(VirtioGpu.VIRTIO_GPU_F_RESOURCE_BLOB)
                || (blobMem != VirtioGpu.BLOB_MEM_GUEST && blobMem != VirtioGpu.BLOB_MEM_HOST3D)
                || size <= 0
                || size > MAX_BLOB) {
            throw new PosixException("blob_mem " + blobMem + " of " + size + " bytes", Errno.EINVAL);
        }
        boolean guest = blobMem == VirtioGpu.BLOB_MEM_GUEST;
        long rounded = Memory.roundUpToPage(size);
        long[] pages = guest ? allocatePages((int) (rounded / Memory.PAGE_SIZE)) : new long[0];
        int id = driver.locked(() -> nextResourceId++);
        LoopbackResource resource = new LoopbackResource(this, id, blobMem, blobFlags, rounded, pages);
        if (!guest && resource.isMappable()) {
            reserveRange(resource);
        }
        driver.doLocked(() -> resources.add(resource));
        MemorySegment entries = guest ? entries(pages) : NO_ENTRIES;
        ControlCommand create = driver.acquire(
                VirtioGpu.CMD_RESOURCE_CREATE_BLOB, ResourceCreateBlob.LENGTH, CtrlHeader.LENGTH);
        create.header().ctxId(guest ? 0 : contextId);
        new ResourceCreateBlob()
                .wrap(create.memory(), create.at())
                .resourceId(resource.id())
                .blobMem(blobMem)
                .blobFlags(blobFlags)
                .nrEntries((int) (entries.byteSize() / MemEntry.LENGTH))
                .blobId(guest ? 0 : blobId)
                .size(rounded);
        create.data(entries);
        driver.enqueue(create);
        if (resource.hasWindowRange()) {
            mapBlob(resource);
        }
        return resource;
    }

    private void reserveRange(LoopbackResource resource) throws IOException {
        long offset = driver.locked(() -> windowRanges.allocate(resource.size()));
        if (offset == WindowAllocator.FULL) {
            throw new PosixException(
                    "no room for " + resource.size() + " bytes in a window of " + vmm.windowSize(), Errno.ENOSPC);
        }
        resource.windowOffset(offset);
    }

    private long[] allocatePages(int count) throws IOException {
        if (driver.scattered()) {
            return driver.pages().allocateScattered(count);
        }
        long first = driver.pages().allocate(count * (long) Memory.PAGE_SIZE);
        long[] pages = new long[count];
        for (int i = 0; i < count; i++) {
            pages[i] = first + i * (long) Memory.PAGE_SIZE;
        }
        return pages;
    }

    /** The pages as entries, adjacent ones in one, as Linux's scatter lists are. */
    private MemorySegment entries(long[] pages) {
        MemorySegment all = MemorySegment.ofArray(new byte[pages.length * MemEntry.LENGTH]);
        MemEntry entry = new MemEntry();
        int count = 0;
        for (int i = 0; i < pages.length; count++) {
            int adjacent = 1;
            while (i + adjacent < pages.length
                    && driver.ram().guestAddress(pages[i + adjacent])
                            == driver.ram().guestAddress(pages[i]) + adjacent * (long) Memory.PAGE_SIZE) {
                adjacent++;
            }
            entry.wrap(all, (long) count * MemEntry.LENGTH)
                    .addr(driver.ram().guestAddress(pages[i]))
                    .length(adjacent * Memory.PAGE_SIZE);
            i += adjacent;
        }
        return all.asSlice(0, (long) count * MemEntry.LENGTH);
    }

    private void mapBlob(LoopbackResource resource) throws IOException {
        ControlCommand map = driver.acquire(
                VirtioGpu.CMD_RESOURCE_MAP_BLOB, ResourceMapBlob.LENGTH, RespMapInfo.LENGTH);
        new ResourceMapBlob()
                .wrap(map.memory(), map.at())
                .resourceId(resource.id())
                .mapOffset(resource.windowOffset());
        driver.doLocked(resource::hold);
        map.completion = done -> {
            mapAnswered(resource, done);
            resource.drop();
        };
        driver.enqueue(map);
    }

    /** A guest would touch the memory from now on. */
    private void mapAnswered(LoopbackResource resource, ControlCommand map) {
        if (map.response().type() != VirtioGpu.RESP_OK_MAP_INFO) {
            resource.mapState(MapState.FAILED);
            return;
        }
        int mapInfo = new RespMapInfo().wrap(map.memory(), map.responseAt()).mapInfo();
        if (mapInfo < VirtioGpu.MAP_CACHE_CACHED || mapInfo > VirtioGpu.MAP_CACHE_WC) {
            vmm.violation("MAP_BLOB of resource " + resource.id() + " answered map_info " + mapInfo);
        }
        if (!vmm.window().isMapped(resource.windowOffset(), resource.size())) {
            vmm.violation("MAP_BLOB of resource " + resource.id() + " was answered while nothing of "
                    + resource.size() + " bytes is mapped at 0x" + Long.toHexString(resource.windowOffset()));
            resource.mapState(MapState.FAILED);
            return;
        }
        try (OwnedFd file = vmm.window().fileAt(resource.windowOffset()).file()) {
            resource.file(FileIdentity.of(file.number()));
            resource.mapState(MapState.MAPPED);
        } catch (IOException e) {
            vmm.violation("no file of resource " + resource.id() + ": " + e.getMessage());
            resource.mapState(MapState.FAILED);
        }
    }

    /** Waits for MAP_BLOB's answer and gives the file behind a host blob; its descriptor is the caller's. */
    FileRange awaitMapped(LoopbackResource resource) throws IOException {
        if (!resource.hasWindowRange()) {
            throw new PosixException("resource " + resource.id() + " is not mappable", Errno.EINVAL);
        }
        driver.await(
                () -> resource.mapState() != MapState.PENDING, "MAP_BLOB of resource " + resource.id());
        if (resource.mapState() != MapState.MAPPED) {
            throw new PosixException("the host did not map resource " + resource.id(), Errno.EINVAL);
        }
        return vmm.window().fileAt(resource.windowOffset());
    }

    /** The resource that {@code fd} was exported from, with a reference for the caller. */
    LoopbackResource held(int fd) throws IOException {
        FileIdentity file = FileIdentity.of(fd);
        LoopbackResource found = driver.<@Nullable LoopbackResource>locked(() -> {
            for (LoopbackResource resource : resources) {
                if (file.equals(resource.file())) {
                    resource.hold();
                    return resource;
                }
            }
            return null;
        });
        if (found == null) {
            throw new PosixException("fd " + fd + " is no blob of this device", Errno.ENODEV);
        }
        return found;
    }

    /** Enqueues CTX_ATTACH_RESOURCE; the resource lives until the answer. */
    void attach(int contextId, LoopbackResource resource) throws IOException {
        driver.doLocked(resource::hold);
        enqueueHolding(VirtioGpu.CMD_CTX_ATTACH_RESOURCE, contextId, resource);
    }

    /** Enqueues CTX_DETACH_RESOURCE; the caller's reference goes with the answer, so the last one goes there. */
    void detach(int contextId, LoopbackResource resource) throws IOException {
        enqueueHolding(VirtioGpu.CMD_CTX_DETACH_RESOURCE, contextId, resource);
    }

    private void enqueueHolding(int type, int contextId, LoopbackResource resource) throws IOException {
        ControlCommand command = request(type, contextId, resource);
        command.completion = _ -> resource.drop();
        driver.enqueue(command);
    }

    /** Nothing holds {@code resource} any more. Under the driver's lock. */
    void release(LoopbackResource resource) {
        resources.remove(resource);
        toRelease.add(resource);
    }

    /** Whether there is neither a resource nor one to tell the device of. Under the driver's lock. */
    boolean isEmpty() {
        return resources.isEmpty() && toRelease.isEmpty();
    }

    /** Tells the device of released resources, as the queue has room. Under the driver's lock. */
    private void tellReleased() {
        if (toRelease.isEmpty()) {
            return;
        }
        try {
            while (!toRelease.isEmpty() && driver.hasRoom(2)) {
                unref(toRelease.remove());
            }
            driver.kick();
        } catch (IOException e) {
            // Device or guest is gone, and with it all resources.
            toRelease.clear();
        }
    }

    private void unref(LoopbackResource resource) throws IOException {
        if (resource.hasWindowRange()) {
            driver.enqueue(request(VirtioGpu.CMD_RESOURCE_UNMAP_BLOB, 0, resource));
        }
        ControlCommand unref = request(VirtioGpu.CMD_RESOURCE_UNREF, 0, resource);
        unref.completion = _ -> unrefAnswered(resource);
        driver.enqueue(unref);
    }

    /** The guest uses range and pages again from now on. */
    private void unrefAnswered(LoopbackResource resource) {
        if (resource.hasWindowRange()) {
            if (vmm.window().isTouched(resource.windowOffset(), resource.size())) {
                vmm.violation("UNREF of resource " + resource.id() + " was answered while something is mapped at 0x"
                        + Long.toHexString(resource.windowOffset()));
            }
            windowRanges.free(resource.windowOffset());
        }
        driver.pages().free(resource.pages());
    }

    private ControlCommand request(int type, int contextId, LoopbackResource resource) throws IOException {
        ControlCommand command = driver.acquire(type, ResourceRequest.LENGTH, CtrlHeader.LENGTH);
        command.header().ctxId(contextId);
        new ResourceRequest().wrap(command.memory(), command.at()).resourceId(resource.id());
        return command;
    }
}
