package dev.wayferry.examples.bench.guest;

import dev.wayferry.examples.loopback.WindowMemory;
import dev.wayferry.posix.Memory;
import dev.wayferry.wire.crossdomain.CrossDomain;
import dev.wayferry.wire.crossdomain.CrossDomainGetImageRequirements;
import dev.wayferry.wire.crossdomain.CrossDomainImageRequirements;
import dev.wayferry.wire.gpu.CmdSubmit;
import dev.wayferry.wire.gpu.MemEntry;
import dev.wayferry.wire.gpu.ResourceCreateBlob;
import dev.wayferry.wire.gpu.ResourceMapBlob;
import dev.wayferry.wire.gpu.ResourceRequest;
import dev.wayferry.wire.gpu.VirtioGpu;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Blob resources of a {@link GpuGuest}, by the commands of Linux. Each waits for its answer, and nothing of the connection
 * may be under way.
 */
public final class GpuBlobs {
    /** XR24: 32 bits a pixel. */
    private static final int XRGB8888 = 0x34325258;

    private static final int NOWHERE = -1;
    private static final int SETUP = 0;

    private final GpuGuest guest;
    private long nextOffset;
    private int mapped;

    /** A resource of one context, and where in the window it is mapped. */
    public static final class Blob {
        final int resource;
        final long size;
        final int stride;
        final int offset;
        final long modifier;
        /** Where in guest RAM a guest blob lies. */
        final long page;
        long windowOffset = NOWHERE;

        private Blob(int resource, long size, int stride, int offset, long modifier, long page) {
            this.resource = resource;
            this.size = size;
            this.stride = stride;
            this.offset = offset;
            this.modifier = modifier;
            this.page = page;
        }
    }

    GpuBlobs(GpuGuest guest) {
        this.guest = guest;
    }

    /**
     * Asks how an image has to lie and makes it, in memory of the host's.
     *
     * @param use {@code GBM_BO_USE_*}
     */
    public Blob createHost(int connection, int width, int height, int use) throws IOException {
        CrossDomainImageRequirements requirements = query(connection, width, height, use);
        long size = Memory.roundUpToPage(requirements.size());
        if (size == 0) {
            throw new UnsuitableException("the back-end has no image of " + width + "x" + height + " for use 0x"
                    + Integer.toHexString(use));
        }
        Blob blob = new Blob(
                guest.newResource(),
                size,
                requirements.strides(0),
                requirements.offsets(0),
                requirements.modifier(),
                NOWHERE);
        long block = block(connection);
        guest.begin(block, VirtioGpu.CMD_RESOURCE_CREATE_BLOB, guest.at(connection).contextId);
        new ResourceCreateBlob().wrap(guest.memory(), block + CommandQueue.REQUEST)
                .resourceId(blob.resource)
                .blobMem(VirtioGpu.BLOB_MEM_HOST3D)
                .blobFlags(VirtioGpu.BLOB_FLAG_USE_MAPPABLE | VirtioGpu.BLOB_FLAG_USE_SHAREABLE)
                .blobId(Integer.toUnsignedLong(requirements.blobId()))
                .size(size);
        run(connection, block, ResourceCreateBlob.LENGTH, 0);
        resourceCommand(connection, VirtioGpu.CMD_CTX_ATTACH_RESOURCE, blob);
        return blob;
    }

    private CrossDomainImageRequirements query(int connection, int width, int height, int use) throws IOException {
        long block = block(connection);
        guest.formatSubmit(
                block,
                guest.at(connection).contextId,
                CrossDomain.QUERY_RING,
                CrossDomain.CMD_GET_IMAGE_REQUIREMENTS,
                CrossDomainGetImageRequirements.LENGTH);
        new CrossDomainGetImageRequirements().wrap(guest.memory(), GpuGuest.command(block))
                .width(width)
                .height(height)
                .drmFormat(XRGB8888)
                .flags(use);
        guest.queue().fence(block);
        run(connection, block, CmdSubmit.LENGTH, CrossDomainGetImageRequirements.LENGTH);
        return new CrossDomainImageRequirements().wrap(guest.memory(), guest.at(connection).queryPage);
    }

    /** Makes a resource of memory of the guest's, in one piece. */
    Blob createGuest(int connection, long bytes) throws IOException {
        long size = Memory.roundUpToPage(bytes);
        Blob blob = new Blob(guest.newResource(), size, 0, 0, 0, guest.pages().allocate(size));
        long block = block(connection);
        guest.begin(block, VirtioGpu.CMD_RESOURCE_CREATE_BLOB, 0);
        new ResourceCreateBlob().wrap(guest.memory(), block + CommandQueue.REQUEST)
                .resourceId(blob.resource)
                .blobMem(VirtioGpu.BLOB_MEM_GUEST)
                .blobFlags(VirtioGpu.BLOB_FLAG_USE_MAPPABLE | VirtioGpu.BLOB_FLAG_USE_SHAREABLE)
                .nrEntries(1)
                .size(size);
        new MemEntry().wrap(guest.memory(), block + CommandQueue.REQUEST + ResourceCreateBlob.LENGTH)
                .addr(guest.vmm().ram().guestAddress(blob.page))
                .length((int) size);
        run(connection, block, ResourceCreateBlob.LENGTH, MemEntry.LENGTH);
        resourceCommand(connection, VirtioGpu.CMD_CTX_ATTACH_RESOURCE, blob);
        return blob;
    }

    /** Has a host blob put into the window, where it has not been before while anything else was there. */
    public void map(int connection, Blob blob) throws IOException {
        if (blob.windowOffset == NOWHERE) {
            blob.windowOffset = nextOffset;
            nextOffset += blob.size;
            mapped++;
        }
        if (nextOffset > guest.vmm().windowSize()) {
            throw new UnsuitableException("the window of " + guest.vmm().windowSize() + " bytes is full");
        }
        long block = block(connection);
        guest.begin(block, VirtioGpu.CMD_RESOURCE_MAP_BLOB, 0);
        new ResourceMapBlob().wrap(guest.memory(), block + CommandQueue.REQUEST)
                .resourceId(blob.resource)
                .mapOffset(blob.windowOffset);
        run(connection, block, ResourceMapBlob.LENGTH, 0);
        if (!guest.vmm().isMapped(blob.windowOffset, blob.size)) {
            throw new RefusedException("RESOURCE_MAP_BLOB was answered without anything being mapped");
        }
    }

    /** What {@link #map} has put into the window. */
    WindowMemory memory(Blob blob, Arena arena) throws IOException {
        return guest.vmm().mapWindow(blob.windowOffset, arena);
    }

    /** Has a host blob taken out of the window; its place stays its own. */
    public void unmap(int connection, Blob blob) throws IOException {
        resourceCommand(connection, VirtioGpu.CMD_RESOURCE_UNMAP_BLOB, blob);
    }

    /** Ends the resource, which is mapped no more, and gives back what it lay in. */
    public void destroy(int connection, Blob blob) throws IOException {
        resourceCommand(connection, VirtioGpu.CMD_CTX_DETACH_RESOURCE, blob);
        resourceCommand(connection, VirtioGpu.CMD_RESOURCE_UNREF, blob);
        if (blob.page != NOWHERE) {
            guest.pages().free(blob.page, blob.size);
        }
        if (blob.windowOffset != NOWHERE && --mapped == 0) {
            nextOffset = 0;
        }
    }

    private void resourceCommand(int connection, int type, Blob blob) throws IOException {
        boolean ofContext = type == VirtioGpu.CMD_CTX_ATTACH_RESOURCE || type == VirtioGpu.CMD_CTX_DETACH_RESOURCE;
        long block = block(connection);
        guest.begin(block, type, ofContext ? guest.at(connection).contextId : 0);
        new ResourceRequest().wrap(guest.memory(), block + CommandQueue.REQUEST).resourceId(blob.resource);
        run(connection, block, ResourceRequest.LENGTH, 0);
    }

    /** Where a command is to be put, as none is under way. */
    private long block(int connection) throws IOException {
        guest.finish(connection);
        return guest.at(connection).setupBlock(SETUP);
    }

    private void run(int connection, long block, int structure, int data) throws IOException {
        guest.setUp(connection, block, structure, data);
        guest.finish(connection);
    }
}
