package dev.wayferry.proxy.gpu;

import static dev.wayferry.wire.gpu.VirtioGpu.RESP_ERR_INVALID_CONTEXT_ID;
import static dev.wayferry.wire.gpu.VirtioGpu.RESP_ERR_INVALID_PARAMETER;
import static dev.wayferry.wire.gpu.VirtioGpu.RESP_ERR_INVALID_SCANOUT_ID;
import static dev.wayferry.wire.gpu.VirtioGpu.RESP_ERR_OUT_OF_MEMORY;
import static dev.wayferry.wire.gpu.VirtioGpu.RESP_ERR_UNSPEC;
import static dev.wayferry.wire.gpu.VirtioGpu.RESP_OK_NODATA;

import dev.wayferry.posix.OwnedFd;
import dev.wayferry.proxy.limit.Limit;
import dev.wayferry.proxy.limit.Limits;
import dev.wayferry.proxy.limit.Rate;
import dev.wayferry.proxy.log.GuestLog;
import dev.wayferry.proxy.stats.Counter;
import dev.wayferry.proxy.stats.Counters;
import dev.wayferry.proxy.virtio.SharedMemory;
import dev.wayferry.proxy.virtio.VmmNotices;
import dev.wayferry.wire.gpu.AttachBacking;
import dev.wayferry.wire.gpu.CmdSubmit;
import dev.wayferry.wire.gpu.CtrlHeader;
import dev.wayferry.wire.gpu.CtxCreate;
import dev.wayferry.wire.gpu.DisplayOne;
import dev.wayferry.wire.gpu.GetCapset;
import dev.wayferry.wire.gpu.GetCapsetInfo;
import dev.wayferry.wire.gpu.GetEdid;
import dev.wayferry.wire.gpu.ResourceCreate2d;
import dev.wayferry.wire.gpu.ResourceCreateBlob;
import dev.wayferry.wire.gpu.ResourceMapBlob;
import dev.wayferry.wire.gpu.ResourceRequest;
import dev.wayferry.wire.gpu.RespCapsetInfo;
import dev.wayferry.wire.gpu.RespEdid;
import dev.wayferry.wire.gpu.SetScanout;
import dev.wayferry.wire.gpu.VirtioGpu;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the commands of the control queue do. Resources and blobs are {@link ResourceCommands}' affair.
 *
 * <p>Source: virtio specification, GPU Device, "Device Operation".
 */
final class ControlCommands {
    private static final Logger LOG = LoggerFactory.getLogger(ControlCommands.class);

    /** Exactly as many as GET_CAPSET_INFO answers: Linux forgets all of them over one it can't get. */
    static final int NUM_CAPSETS = 1;

    private final String vm;
    private final GuestLog log;
    private final Counters counters;
    private final GpuDevice device;
    private final Responses responses;
    private final GpuContext.Factory contextFactory;
    private final ResourceCommands resources;
    private final Scanouts scanouts;
    private final Output output;
    private final NumberedTable<GpuContext> contexts = new NumberedTable<>();
    private final int maxContexts;
    private final Rate contextRate;

    private final CtxCreate ctxCreateCommand = new CtxCreate();
    private final CmdSubmit cmdSubmit = new CmdSubmit();
    private final GetCapset getCapsetCommand = new GetCapset();
    private final GetCapsetInfo getCapsetInfoCommand = new GetCapsetInfo();
    private final GetEdid getEdidCommand = new GetEdid();

    ControlCommands(
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
            Output output,
            GpuContext.Factory contextFactory,
            Limits limits,
            Counters counters) {
        this.vm = vm;
        this.log = log;
        this.counters = counters;
        this.device = device;
        this.responses = responses;
        this.contextFactory = contextFactory;
        this.scanouts = scanouts;
        this.output = output;
        this.maxContexts = limits.number(Limit.CONTEXTS);
        this.contextRate = new Rate(limits.number(Limit.CONTEXTS_PER_SECOND), maxContexts, System::nanoTime);
        this.resources = new ResourceCommands(
                vm, log, device, responses, keeper, sharing, window, sharedMemory, notices, scanouts, contexts,
                limits);
    }

    /** Executes a request, which is answered now or later. */
    void execute(GpuRequest request) {
        int type = request.header().type();
        if (type == VirtioGpu.CMD_SUBMIT_3D) {
            submit(request);
            return;
        }
        if (request.fixedLength() < fixedLength(type)) {
            fail(request, RESP_ERR_INVALID_PARAMETER,
                    "has " + request.fixedLength() + " bytes, not " + fixedLength(type));
            return;
        }
        switch (type) {
            case VirtioGpu.CMD_GET_DISPLAY_INFO -> getDisplayInfo(request);
            case VirtioGpu.CMD_GET_EDID -> getEdid(request);
            case VirtioGpu.CMD_GET_CAPSET_INFO -> getCapsetInfo(request);
            case VirtioGpu.CMD_GET_CAPSET -> getCapset(request);
            case VirtioGpu.CMD_CTX_CREATE -> ctxCreate(request);
            case VirtioGpu.CMD_CTX_DESTROY -> ctxDestroy(request);
            case VirtioGpu.CMD_RESOURCE_CREATE_2D, VirtioGpu.CMD_RESOURCE_CREATE_3D -> resources.create(request);
            case VirtioGpu.CMD_RESOURCE_CREATE_BLOB -> resources.createBlob(request);
            case VirtioGpu.CMD_RESOURCE_UNREF -> resources.unref(request);
            case VirtioGpu.CMD_RESOURCE_ASSIGN_UUID -> resources.assignUuid(request);
            case VirtioGpu.CMD_RESOURCE_ATTACH_BACKING -> resources.attachBacking(request);
            case VirtioGpu.CMD_RESOURCE_DETACH_BACKING -> resources.detachBacking(request);
            case VirtioGpu.CMD_CTX_ATTACH_RESOURCE -> resources.ctxAttach(request);
            case VirtioGpu.CMD_CTX_DETACH_RESOURCE -> resources.ctxDetach(request);
            case VirtioGpu.CMD_RESOURCE_MAP_BLOB -> resources.mapBlob(request);
            case VirtioGpu.CMD_RESOURCE_UNMAP_BLOB -> resources.unmapBlob(request);
            case VirtioGpu.CMD_SET_SCANOUT, VirtioGpu.CMD_SET_SCANOUT_BLOB ->
                    scanouts.setScanout(request, resources::find);
            case VirtioGpu.CMD_RESOURCE_FLUSH -> scanouts.flush(request, resources::find);
            case VirtioGpu.CMD_TRANSFER_TO_HOST_2D -> scanouts.images().transferTo2d(request, resources::find);
            case VirtioGpu.CMD_TRANSFER_TO_HOST_3D -> scanouts.images().transferTo3d(request, resources::find);
            case VirtioGpu.CMD_TRANSFER_FROM_HOST_3D -> request.respond(RESP_OK_NODATA); // nothing is drawn here
            default -> fail(request, RESP_ERR_UNSPEC, "is unknown");
        }
    }

    /** Bytes that a command has at least, what follows its fixed part not counted. */
    private static int fixedLength(int type) {
        return switch (type) {
            case VirtioGpu.CMD_CTX_CREATE -> CtxCreate.LENGTH;
            case VirtioGpu.CMD_GET_CAPSET -> GetCapset.LENGTH;
            case VirtioGpu.CMD_GET_CAPSET_INFO -> GetCapsetInfo.LENGTH;
            case VirtioGpu.CMD_GET_EDID -> GetEdid.LENGTH;
            case VirtioGpu.CMD_RESOURCE_CREATE_2D, VirtioGpu.CMD_RESOURCE_CREATE_3D -> ResourceCreate2d.LENGTH;
            case VirtioGpu.CMD_RESOURCE_CREATE_BLOB -> ResourceCreateBlob.LENGTH;
            case VirtioGpu.CMD_RESOURCE_ATTACH_BACKING -> AttachBacking.LENGTH;
            case VirtioGpu.CMD_RESOURCE_MAP_BLOB -> ResourceMapBlob.LENGTH;
            case VirtioGpu.CMD_SET_SCANOUT, VirtioGpu.CMD_SET_SCANOUT_BLOB -> SetScanout.LENGTH;
            case VirtioGpu.CMD_RESOURCE_UNREF,
                    VirtioGpu.CMD_RESOURCE_ASSIGN_UUID,
                    VirtioGpu.CMD_RESOURCE_DETACH_BACKING,
                    VirtioGpu.CMD_CTX_ATTACH_RESOURCE,
                    VirtioGpu.CMD_CTX_DETACH_RESOURCE,
                    VirtioGpu.CMD_RESOURCE_UNMAP_BLOB -> ResourceRequest.LENGTH;
            default -> CtrlHeader.LENGTH;
        };
    }

    private void submit(GpuRequest request) {
        GpuContext context = contexts.get(request.header().ctxId());
        if (context == null) {
            fail(request, RESP_ERR_INVALID_CONTEXT_ID, "names no context");
            return;
        }
        long length = request.chain().readableLength() - CmdSubmit.LENGTH;
        cmdSubmit.wrap(request.fixed(), 0);
        if (length < 0 || Integer.toUnsignedLong(cmdSubmit.size()) > length || cmdSubmit.numInFences() != 0) {
            fail(request, RESP_ERR_INVALID_PARAMETER, String.format(
                    "size %d of %d bytes, %d in-fences",
                    Integer.toUnsignedLong(cmdSubmit.size()), length, cmdSubmit.numInFences()));
            return;
        }
        context.submit(request);
    }

    private void getDisplayInfo(GpuRequest request) {
        int length = CtrlHeader.LENGTH + VirtioGpu.MAX_SCANOUTS * DisplayOne.LENGTH;
        MemorySegment body = responses.cleared(length);
        new DisplayOne()
                .wrap(body, CtrlHeader.LENGTH)
                .width(output.width())
                .height(output.height())
                .enabled(output.isEnabled() ? 1 : 0);
        output.told();
        request.respond(VirtioGpu.RESP_OK_DISPLAY_INFO, length);
    }

    private void getEdid(GpuRequest request) {
        if (Integer.toUnsignedLong(getEdidCommand.wrap(request.fixed(), 0).scanout()) >= Scanouts.COUNT) {
            fail(request, RESP_ERR_INVALID_SCANOUT_ID, "scanout " + getEdidCommand.scanout() + " of " + Scanouts.COUNT);
            return;
        }
        byte[] edid = Edid.create(output.width(), output.height());
        MemorySegment body = responses.cleared(RespEdid.LENGTH);
        new RespEdid().wrap(body, 0).size(edid.length);
        MemorySegment.copy(MemorySegment.ofArray(edid), 0, body, RespEdid.EDID_OFFSET, edid.length);
        request.respond(VirtioGpu.RESP_OK_EDID, RespEdid.LENGTH);
    }

    private void getCapsetInfo(GpuRequest request) {
        if (Integer.toUnsignedLong(getCapsetInfoCommand.wrap(request.fixed(), 0).capsetIndex()) >= NUM_CAPSETS) {
            fail(request, RESP_ERR_INVALID_PARAMETER,
                    "capset index " + getCapsetInfoCommand.capsetIndex() + " of " + NUM_CAPSETS);
            return;
        }
        new RespCapsetInfo()
                .wrap(responses.cleared(RespCapsetInfo.LENGTH), 0)
                .capsetId(contextFactory.capsetId())
                .capsetMaxVersion(contextFactory.capsetVersion())
                .capsetMaxSize(contextFactory.capset().length);
        request.respond(VirtioGpu.RESP_OK_CAPSET_INFO, RespCapsetInfo.LENGTH);
    }

    private void getCapset(GpuRequest request) {
        getCapsetCommand.wrap(request.fixed(), 0);
        if (getCapsetCommand.capsetId() != contextFactory.capsetId()) {
            fail(request, RESP_ERR_INVALID_PARAMETER, "capset " + getCapsetCommand.capsetId());
            return;
        }
        byte[] capset = contextFactory.capset();
        int length = CtrlHeader.LENGTH + capset.length;
        MemorySegment body = responses.cleared(length);
        MemorySegment.copy(MemorySegment.ofArray(capset), 0, body, CtrlHeader.LENGTH, capset.length);
        request.respond(VirtioGpu.RESP_OK_CAPSET, length);
    }

    private void ctxCreate(GpuRequest request) {
        int id = request.header().ctxId();
        ctxCreateCommand.wrap(request.fixed(), 0);
        int capset = ctxCreateCommand.contextInit() & VirtioGpu.CONTEXT_INIT_CAPSET_ID_MASK;
        if (id == 0 || contexts.contains(id)) {
            fail(request, RESP_ERR_INVALID_CONTEXT_ID, id == 0 ? "context 0 can't be made" : "the context exists");
        } else if (capset != contextFactory.capsetId() && !isPlain(capset)) {
            fail(request, RESP_ERR_INVALID_PARAMETER,
                    "capset " + capset + ", there is only " + contextFactory.capsetId());
        } else if (contexts.size() >= maxContexts) {
            fail(request, RESP_ERR_OUT_OF_MEMORY,
                    "there are " + maxContexts + " contexts already, see --limit=" + Limit.CONTEXTS);
        } else if (!contextRate.take()) {
            fail(request, RESP_ERR_OUT_OF_MEMORY,
                    "contexts are made too fast, see --limit=" + Limit.CONTEXTS_PER_SECOND);
        } else {
            contexts.put(id, isPlain(capset)
                    ? new PlainContext((submitted, why) -> fail(submitted, RESP_ERR_INVALID_PARAMETER, why))
                    : contextFactory.create(id, debugName(request), device));
            counters.set(Counter.CONTEXTS, contexts.size());
            request.respond(RESP_OK_NODATA);
        }
    }

    /** Whether that makes a context for a text console, which there is only with a screen. */
    private boolean isPlain(int capset) {
        return capset == PlainContext.CAPSET && output.isEnabled();
    }

    /** What the guest calls the context, for logs: printable ASCII only. */
    private String debugName(GpuRequest request) {
        int length = Math.clamp(Integer.toUnsignedLong(ctxCreateCommand.nlen()), 0, 64);
        byte[] bytes = new byte[length];
        MemorySegment.copy(
                request.fixed(), CtxCreate.DEBUG_NAME_OFFSET, MemorySegment.ofArray(bytes), 0, length);
        int end = 0;
        while (end < length && bytes[end] != 0) {
            bytes[end] = bytes[end] >= 0x20 && bytes[end] < 0x7f ? bytes[end] : (byte) '?';
            end++;
        }
        return new String(bytes, 0, end, StandardCharsets.US_ASCII);
    }

    private void ctxDestroy(GpuRequest request) {
        GpuContext context = contexts.remove(request.header().ctxId());
        if (context == null) {
            fail(request, RESP_ERR_INVALID_CONTEXT_ID, "names no context");
            return;
        }
        counters.set(Counter.CONTEXTS, contexts.size());
        resources.forget(context);
        context.close(true);
        request.respond(RESP_OK_NODATA);
    }

    /** Answers an error and logs why. */
    private void fail(GpuRequest request, int responseType, String why) {
        fail(log, LOG, vm, request, responseType, why);
    }

    static void fail(
            GuestLog log, Logger logger, String vm, GpuRequest request, int responseType, @Nullable String why) {
        log.warn(logger, "vm={} ctx={} {}: {}", vm, request.header().ctxId(),
                VirtioGpu.commandName(request.header().type()), why);
        request.respond(responseType);
    }

    /** See {@link ResourceCommands#sharedObject}. */
    @Nullable OwnedFd sharedObject(UUID uuid) {
        return resources.sharedObject(uuid);
    }

    /** Forgets everything; requests still held are dropped, their queue is gone. */
    void reset(boolean mappingsDropped) {
        contexts.forEach(context -> context.close(false));
        contexts.clear();
        counters.set(Counter.CONTEXTS, 0);
        contextFactory.reset();
        resources.reset(mappingsDropped);
        output.reset();
    }
}
