package dev.wayferry.proxy.gpu;

import static dev.wayferry.wire.gpu.VirtioGpu.RESP_ERR_INVALID_CONTEXT_ID;
import static dev.wayferry.wire.gpu.VirtioGpu.RESP_ERR_INVALID_PARAMETER;
import static dev.wayferry.wire.gpu.VirtioGpu.RESP_ERR_INVALID_RESOURCE_ID;
import static dev.wayferry.wire.gpu.VirtioGpu.RESP_ERR_OUT_OF_MEMORY;
import static dev.wayferry.wire.gpu.VirtioGpu.RESP_ERR_UNSPEC;
import static dev.wayferry.wire.gpu.VirtioGpu.RESP_OK_NODATA;

import dev.wayferry.posix.Errno;
import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.PosixException;
import dev.wayferry.proxy.limit.Limit;
import dev.wayferry.proxy.limit.Limits;
import dev.wayferry.proxy.log.GuestLog;
import dev.wayferry.proxy.virtio.SharedMemory;
import dev.wayferry.proxy.virtio.VmmNotices;
import dev.wayferry.wire.gpu.AttachBacking;
import dev.wayferry.wire.gpu.MemEntry;
import dev.wayferry.wire.gpu.ResourceCreateBlob;
import dev.wayferry.wire.gpu.ResourceMapBlob;
import dev.wayferry.wire.gpu.ResourceRequest;
import dev.wayferry.wire.gpu.RespMapInfo;
import dev.wayferry.wire.gpu.RespResourceUuid;
import dev.wayferry.wire.gpu.VirtioGpu;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What the commands about resources do. Belongs to the loop; what can block is left to the {@link ResourceKeeper}. */
final class ResourceCommands {
    private static final Logger LOG = LoggerFactory.getLogger(ResourceCommands.class);

    /** Entries of one resource. */
    private static final int MAX_ENTRIES = 16384;

    /** Contexts that a resource is attached to, on average: a guest has each in one or two. */
    static final int ATTACHMENTS_OF_A_RESOURCE = 2;

    private final String vm;
    private final GuestLog log;
    private final GpuDevice device;
    private final Responses responses;
    private final ResourceKeeper keeper;
    private final GuestBlobSharing sharing;
    private final HostWindow window;
    private final SharedMemory sharedMemory;
    private final VmmNotices notices;
    private final Scanouts scanouts;
    private final NumberedTable<GpuContext> contexts;
    private final Map<Integer, GpuResource> resources = new HashMap<>();

    /** Resources that the guest has unreferenced while their file was being made: they go once it is. */
    private final Set<GpuResource> leaving = new HashSet<>();

    private final int maxResources;
    private final int maxAttachments;
    private final int maxAllEntries;
    private final long maxBlobBytes;
    private long hostBlobBytes;
    private int backingEntries;
    private int attachments;

    private final ResourceRequest resourceRequest = new ResourceRequest();
    private final ResourceCreateBlob createBlobCommand = new ResourceCreateBlob();
    private final AttachBacking attachBackingCommand = new AttachBacking();
    private final ResourceMapBlob mapBlobCommand = new ResourceMapBlob();

    ResourceCommands(
            String vm,
            GuestLog log,
            GpuDevice device,
            Responses responses,
            ResourceKeeper keeper,
            GuestBlobSharing sharing,
            HostWindow window,
            SharedMemory sharedMemory,
            VmmNotices notices,
            Scanouts scanouts,
            NumberedTable<GpuContext> contexts,
            Limits limits) {
        this.vm = vm;
        this.log = log;
        this.device = device;
        this.responses = responses;
        this.keeper = keeper;
        this.sharing = sharing;
        this.window = window;
        this.sharedMemory = sharedMemory;
        this.notices = notices;
        this.scanouts = scanouts;
        this.contexts = contexts;
        this.maxResources = limits.number(Limit.RESOURCES);
        this.maxAttachments = ATTACHMENTS_OF_A_RESOURCE * maxResources;
        this.maxAllEntries = limits.number(Limit.BACKING_ENTRIES);
        this.maxBlobBytes = Math.min(limits.of(Limit.BLOB_BYTES), window.size());
    }

    @Nullable GpuResource find(int id) {
        return resources.get(id);
    }

    /** RESOURCE_CREATE_2D and _3D: something to be attached, backed and thrown away, and shown if there is a screen. */
    void create(GpuRequest request) {
        int id = resourceRequest.wrap(request.fixed(), 0).resourceId();
        if (isNew(request, id) && scanouts.images().accepts(request)) {
            GpuResource resource = new GpuResource(id, 0, 0, new long[0], GpuResource.State.READY);
            resource.image(scanouts.images().imageFor(request));
            resources.put(id, resource);
            request.respond(RESP_OK_NODATA);
        }
    }

    private boolean isNew(GpuRequest request, int id) {
        if (id == 0 || resources.containsKey(id)) {
            fail(request, RESP_ERR_INVALID_RESOURCE_ID, id == 0 ? "resource 0" : "resource " + id + " exists");
            return false;
        }
        if (resources.size() >= maxResources) {
            fail(request, RESP_ERR_OUT_OF_MEMORY,
                    "there are " + maxResources + " resources already, see --limit=" + Limit.RESOURCES);
            return false;
        }
        return true;
    }

    void createBlob(GpuRequest request) {
        createBlobCommand.wrap(request.fixed(), 0);
        int id = createBlobCommand.resourceId();
        long size = createBlobCommand.size();
        if (!isNew(request, id)) {
            return;
        }
        if (size <= 0) {
            fail(request, RESP_ERR_INVALID_PARAMETER, "resource " + id + " of " + size + " bytes");
            return;
        }
        switch (createBlobCommand.blobMem()) {
            case VirtioGpu.BLOB_MEM_GUEST -> createGuestBlob(request, id, size);
            case VirtioGpu.BLOB_MEM_HOST3D -> createHostBlob(request, id, size);
            default -> fail(request, RESP_ERR_INVALID_PARAMETER, "blob_mem " + createBlobCommand.blobMem());
        }
    }

    private void createGuestBlob(GpuRequest request, int id, long size) {
        long[] backing = readEntries(request, ResourceCreateBlob.LENGTH, createBlobCommand.nrEntries());
        if (backing == null) {
            return;
        }
        backingEntries += backing.length / 2;
        resources.put(id, new GpuResource(id, VirtioGpu.BLOB_MEM_GUEST, size, backing, GpuResource.State.READY));
        request.respond(RESP_OK_NODATA);
    }

    private void createHostBlob(GpuRequest request, int id, long size) {
        GpuContext context = contexts.get(request.header().ctxId());
        if (context == null) {
            fail(request, RESP_ERR_INVALID_CONTEXT_ID, "names no context");
            return;
        }
        if (keeper.isOverloaded()) {
            fail(request, RESP_ERR_OUT_OF_MEMORY, "too much waits for the VMM");
            return;
        }
        if (size > maxBlobBytes - hostBlobBytes) {
            fail(request, RESP_ERR_OUT_OF_MEMORY, String.format(
                    "a blob of %d bytes on top of %d, at most %d, see --limit=%s and --host-window",
                    size, hostBlobBytes, maxBlobBytes, Limit.BLOB_BYTES));
            return;
        }
        BlobSource source = context.claimBlob(createBlobCommand.blobId(), size);
        if (source == null) {
            request.respond(RESP_ERR_INVALID_PARAMETER);
            return;
        }
        GpuResource resource = new GpuResource(
                id, VirtioGpu.BLOB_MEM_HOST3D, size, new long[0], GpuResource.State.CREATING);
        resource.mapInfo = source.mapInfo();
        resources.put(id, resource);
        hostBlobBytes += size;
        int incarnation = device.incarnation();
        keeper.make("vm=" + vm + " resource " + id, source, file -> {
            resource.made.set(file);
            device.onLoop(incarnation, () -> settle(resource), resource::closeFile);
        });
        // Linux does not wait, and what needs the file waits for it: so the answer need not.
        request.respond(RESP_OK_NODATA);
    }

    private void settle(GpuResource resource) {
        resource.settle(resource.made.get() != null);
    }

    /** Pairs of address and length; null, and the request is answered, if they are not all there or lie outside. */
    private long @Nullable [] readEntries(GpuRequest request, int offset, int count) {
        long length = Integer.toUnsignedLong(count) * MemEntry.LENGTH;
        if (Integer.toUnsignedLong(count) > MAX_ENTRIES || offset + length > request.chain().readableLength()) {
            fail(request, RESP_ERR_INVALID_PARAMETER, String.format(
                    "%d entries in %d bytes, at most %d",
                    Integer.toUnsignedLong(count), request.chain().readableLength(), MAX_ENTRIES));
            return null;
        }
        if (backingEntries + count > maxAllEntries) {
            fail(request, RESP_ERR_OUT_OF_MEMORY, String.format("%d entries on top of %d, at most %d, see --limit=%s",
                    count, backingEntries, maxAllEntries, Limit.BACKING_ENTRIES));
            return null;
        }
        // Off the heap, as all that is read as a structure: with one kind of memory the JVM compiles reading best.
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment entries = arena.allocate(length);
            if (request.chain().read(offset, entries, 0, (int) length) != length) {
                fail(request, RESP_ERR_UNSPEC, "guest memory is gone");
                return null;
            }
            return readEntries(request, entries, count);
        }
    }

    private long @Nullable [] readEntries(GpuRequest request, MemorySegment entries, int count) {
        long[] backing = new long[2 * count];
        MemEntry entry = new MemEntry();
        for (int i = 0; i < count; i++) {
            entry.wrap(entries, (long) i * MemEntry.LENGTH);
            backing[2 * i] = entry.addr();
            backing[2 * i + 1] = Integer.toUnsignedLong(entry.length());
            if (device.memory().nativeAddress(backing[2 * i], backing[2 * i + 1]) == 0) {
                fail(request, RESP_ERR_INVALID_PARAMETER, String.format(
                        "entry %d addr 0x%x length %d lies outside guest memory %s",
                        i, backing[2 * i], backing[2 * i + 1], device.memory()));
                return null;
            }
        }
        return backing;
    }

    /** The resource that a request names; null, and the request is answered, if there is none. */
    private @Nullable GpuResource named(GpuRequest request) {
        int id = resourceRequest.wrap(request.fixed(), 0).resourceId();
        GpuResource resource = resources.get(id);
        if (resource == null) {
            fail(request, RESP_ERR_INVALID_RESOURCE_ID, "names no resource: " + id);
        }
        return resource;
    }

    /**
     * Names a resource for other devices of the VM. Linux asks for it before it exports a blob that was made with
     * CROSS_DEVICE, and refuses such blobs where RESOURCE_UUID is not offered.
     */
    void assignUuid(GpuRequest request) {
        GpuResource resource = named(request);
        if (resource == null) {
            return;
        }
        if (notices.canShareObjects()) {
            resource.whenSettled(() -> share(request, resource));
        } else {
            respondUuid(request, resource);
        }
    }

    /** Whoever the guest tells of the number can ask for the file: so the VMM is told of it first. */
    private void share(GpuRequest request, GpuResource resource) {
        UUID uuid = resource.uuid();
        if (resource.isGuestBlob() || resource.file() == null) {
            respondUuid(request, resource);
        } else {
            keeper.share(resource, uuid, whenDone(_ -> respondUuid(request, resource)));
        }
    }

    private void respondUuid(GpuRequest request, GpuResource resource) {
        new RespResourceUuid()
                .wrap(responses.cleared(RespResourceUuid.LENGTH), 0)
                .uuid(resource.uuid());
        request.respond(VirtioGpu.RESP_OK_RESOURCE_UUID, RespResourceUuid.LENGTH);
    }

    /** The file of the resource that has this number, to be closed by the caller; null if there is none. */
    @Nullable OwnedFd sharedObject(UUID uuid) {
        for (GpuResource resource : resources.values()) {
            OwnedFd file = resource.is(uuid) ? resource.file() : null;
            if (file != null) {
                try {
                    return file.duplicate();
                } catch (PosixException e) {
                    log.warn(LOG, "vm={} resource {}: {}", vm, resource.id(), e.getMessage());
                }
            }
        }
        return null;
    }

    void attachBacking(GpuRequest request) {
        GpuResource resource = named(request);
        if (resource == null) {
            return;
        }
        long[] backing = readEntries(
                request, AttachBacking.LENGTH, attachBackingCommand.wrap(request.fixed(), 0).nrEntries());
        if (backing != null) {
            back(resource, backing);
            answerOncePagesAreLeft(request, resource);
        }
    }

    void detachBacking(GpuRequest request) {
        GpuResource resource = named(request);
        if (resource != null) {
            back(resource, new long[0]);
            answerOncePagesAreLeft(request, resource);
        }
    }

    /** Answers when nothing here touches the pages any more that were the resource's until now. */
    private void answerOncePagesAreLeft(GpuRequest request, GpuResource resource) {
        scanouts.settle(resource, () -> sharing.withdraw(resource, () -> request.respond(RESP_OK_NODATA)));
    }

    private void back(GpuResource resource, long[] backing) {
        backingEntries += (backing.length - resource.backing().length) / 2;
        resource.backing(backing);
    }

    void ctxAttach(GpuRequest request) {
        GpuResource resource = named(request);
        if (resource == null) {
            return;
        }
        GpuContext context = contexts.get(request.header().ctxId());
        if (context == null) {
            fail(request, RESP_ERR_INVALID_CONTEXT_ID, "names no context");
            return;
        }
        if (!resource.contexts().contains(context)) {
            if (attachments == maxAttachments) {
                fail(request, RESP_ERR_OUT_OF_MEMORY,
                        "there are " + maxAttachments + " attachments already, see --limit=" + Limit.RESOURCES);
                return;
            }
            attachments++;
            resource.contexts().add(context);
            context.attach(resource);
        }
        request.respond(RESP_OK_NODATA);
    }

    void ctxDetach(GpuRequest request) {
        GpuResource resource = named(request);
        if (resource == null) {
            return;
        }
        GpuContext context = contexts.get(request.header().ctxId());
        if (context == null || !resource.contexts().remove(context)) {
            fail(request, RESP_ERR_INVALID_CONTEXT_ID, "resource " + resource.id() + " is not attached there");
            return;
        }
        attachments--;
        context.detach(resource);
        request.respond(RESP_OK_NODATA);
    }

    void mapBlob(GpuRequest request) {
        GpuResource resource = named(request);
        if (resource == null) {
            return;
        }
        String wrong;
        if (resource.blobMem() != VirtioGpu.BLOB_MEM_HOST3D) {
            wrong = "it is no host blob";
        } else if (resource.isUnmapping()) {
            wrong = "it is being unmapped";
        } else if (!sharedMemory.isAvailable()) {
            wrong = "the VMM can't map: it has not acknowledged SHMEM and BACKEND_REQ";
        } else {
            wrong = window.take(resource, mapBlobCommand.wrap(request.fixed(), 0).mapOffset());
        }
        if (wrong != null) {
            fail(request, RESP_ERR_INVALID_PARAMETER, "resource " + resource.id() + ": " + wrong);
            return;
        }
        keeper.map(resource, resource.made::get, whenDone(result -> {
            if (result == 0) {
                new RespMapInfo()
                        .wrap(responses.cleared(RespMapInfo.LENGTH), 0)
                        .mapInfo(resource.mapInfo);
                request.respond(VirtioGpu.RESP_OK_MAP_INFO, RespMapInfo.LENGTH);
            } else {
                window.free(resource);
                fail(request, RESP_ERR_UNSPEC, "resource " + resource.id() + ": " + Errno.name(result));
            }
        }));
    }

    void unmapBlob(GpuRequest request) {
        GpuResource resource = named(request);
        if (resource == null) {
            return;
        }
        if (resource.mapOffset == GpuResource.NOT_MAPPED || resource.isUnmapping()) {
            fail(request, RESP_ERR_INVALID_PARAMETER, "resource " + resource.id() + " is not mapped");
            return;
        }
        resource.unmapping(true);
        keeper.unmap(resource, whenDone(result -> {
            resource.unmapping(false);
            if (result == 0) {
                window.free(resource);
                request.respond(RESP_OK_NODATA);
            } else {
                // The range stays taken: what is there nobody knows.
                fail(request, RESP_ERR_UNSPEC, "resource " + resource.id() + ": " + Errno.name(result));
            }
        }));
    }

    /** Takes a result of the keeper's to the loop. */
    private IntConsumer whenDone(IntConsumer action) {
        int incarnation = device.incarnation();
        return result -> device.onLoop(incarnation, () -> action.accept(result), () -> {});
    }

    /** The answer says that nobody touches the pages any more, so it waits until that is so. */
    void unref(GpuRequest request) {
        GpuResource resource = named(request);
        if (resource == null) {
            return;
        }
        resources.remove(resource.id());
        resource.contexts().forEach(context -> context.detach(resource));
        attachments -= resource.contexts().size();
        resource.contexts().clear();
        back(resource, new long[0]);
        if (resource.blobMem() != VirtioGpu.BLOB_MEM_HOST3D && !sharing.isShared(resource)) {
            scanouts.release(resource, () -> request.respond(RESP_OK_NODATA));
            return;
        }
        // A SEND that came before may wait for the file. It takes hold of it when it is made; only then the resource goes.
        leaving.add(resource);
        scanouts.release(resource, () -> resource.whenSettled(() -> dispose(request, resource)));
    }

    private void dispose(GpuRequest request, GpuResource resource) {
        leaving.remove(resource);
        keeper.dispose(resource, whenDone(result -> {
            if (resource.isGuestBlob()) {
                sharing.gone(resource);
            } else {
                hostBlobBytes -= resource.size();
            }
            if (result == 0) {
                window.free(resource);
                request.respond(RESP_OK_NODATA);
            } else {
                fail(request, RESP_ERR_UNSPEC, "resource " + resource.id() + ": " + Errno.name(result));
            }
        }));
    }

    /** The context is gone. */
    void forget(GpuContext context) {
        for (GpuResource resource : resources.values()) {
            if (resource.contexts().remove(context)) {
                attachments--;
            }
        }
    }

    /** Forgets everything; files go when the keeper is done with them. See {@link ResourceKeeper#reset}. */
    void reset(boolean mappingsDropped) {
        scanouts.reset();
        // Others have nothing that the keeper could close, and may be many.
        List<GpuResource> withFiles = new ArrayList<>(leaving);
        for (GpuResource resource : resources.values()) {
            if (resource.blobMem() == VirtioGpu.BLOB_MEM_HOST3D || sharing.isShared(resource)) {
                withFiles.add(resource);
            }
        }
        withFiles.forEach(resource -> resource.backing(new long[0]));
        keeper.reset(withFiles, mappingsDropped);
        resources.clear();
        leaving.clear();
        sharing.reset();
        window.clear();
        hostBlobBytes = 0;
        backingEntries = 0;
        attachments = 0;
    }

    private void fail(GpuRequest request, int responseType, String why) {
        ControlCommands.fail(log, LOG, vm, request, responseType, why);
    }
}
