package dev.wayferry.examples.loopback;

import dev.wayferry.examples.virtgpu.VirtGpuContext;
import dev.wayferry.examples.virtgpu.VirtGpuDevice;
import dev.wayferry.posix.Errno;
import dev.wayferry.posix.PosixException;
import dev.wayferry.wire.gpu.CtrlHeader;
import dev.wayferry.wire.gpu.CtxCreate;
import dev.wayferry.wire.gpu.VirtioGpu;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * A virtio GPU as a guest's programs see it, without a guest: commands, their order and their lifetimes are those of
 * Linux's virtio_gpu.
 */
public final class LoopbackGpu implements VirtGpuDevice {
    /** How long what is under way at the end may take to come back. */
    private static final int LAST_COMMANDS_MILLIS = 30_000;

    private static final int MAX_RINGS = 64;
    private static final byte[] DEBUG_NAME = "loopback".getBytes(StandardCharsets.US_ASCII);

    private final LoopbackDriver driver;
    private final boolean ownsVmm;
    private final CapsetTable capsets;
    private final ResourceTable resources;

    // Under the driver's lock.
    private final BitSet contextIds = new BitSet();
    private final Set<LoopbackContext> contexts = new LinkedHashSet<>();

    private boolean closed;

    /** A guest on a VMM of its own, as QEMU would be, with the host process that listens at {@code socket}. */
    public static LoopbackGpu connect(Path socket) throws IOException {
        return connect(socket, new VmmOptions(), new GuestOptions());
    }

    /** A guest on a VMM of its own with the host process that listens at {@code socket}. */
    public static LoopbackGpu connect(Path socket, VmmOptions vmmOptions, GuestOptions guestOptions)
            throws IOException {
        LoopbackVmm vmm = LoopbackVmm.connect(socket, vmmOptions);
        try {
            return new LoopbackGpu(vmm, guestOptions, true);
        } catch (IOException | RuntimeException e) {
            vmm.close();
            throw e;
        }
    }

    /** Boots a guest on {@code vmm}, which stays the caller's; closing the guest resets the machine. */
    public static LoopbackGpu boot(LoopbackVmm vmm, GuestOptions options) throws IOException {
        return new LoopbackGpu(vmm, options, false);
    }

    private LoopbackGpu(LoopbackVmm vmm, GuestOptions options, boolean ownsVmm) throws IOException {
        this.ownsVmm = ownsVmm;
        driver = new LoopbackDriver(vmm, options);
        try {
            capsets = CapsetTable.probe(driver);
        } catch (IOException | RuntimeException e) {
            driver.close();
            throw e;
        }
        resources = new ResourceTable(driver);
        driver.whenGone(() -> contexts.forEach(LoopbackContext::deviceGone));
    }

    /** The driver's queues, for raw commands and for what Linux would write to its log. */
    public LoopbackDriver driver() {
        return driver;
    }

    /** Runs {@code action}, which must not wait, when the guest or its device is gone for good; at once if it is. */
    public void whenGone(Runnable action) {
        driver.whenGone(action);
    }

    ResourceTable resources() {
        return resources;
    }

    /** The VMM, for what happens to a VM. */
    public LoopbackVmm vmm() {
        return driver.vmm();
    }

    @Override
    public byte[] capset(int capsetId, int version, int length) throws IOException {
        return capsets.capset(capsetId, version, length);
    }

    // ---- Contexts.

    @Override
    public VirtGpuContext openContext(int capsetId, int numRings, long pollRingsMask) throws IOException {
        if (!driver.has(VirtioGpu.VIRTIO_GPU_F_VIRGL) || !driver.has(VirtioGpu.VIRTIO_GPU_F_CONTEXT_INIT)) {
            throw new PosixException("the device has no CONTEXT_INIT", Errno.EINVAL);
        }
        if (!capsets.has(capsetId) || numRings < 0 || numRings > MAX_RINGS) {
            throw new PosixException("capset " + capsetId + " with " + numRings + " rings", Errno.EINVAL);
        }
        int id = driver.locked(() -> {
            int free = contextIds.nextClearBit(1);
            contextIds.set(free);
            return free;
        });
        LoopbackContext context = new LoopbackContext(this, id, numRings, pollRingsMask);
        driver.doLocked(() -> contexts.add(context));
        ControlCommand create = driver.acquire(VirtioGpu.CMD_CTX_CREATE, CtxCreate.LENGTH, CtrlHeader.LENGTH);
        create.header().ctxId(id);
        new CtxCreate().wrap(create.memory(), create.at()).nlen(DEBUG_NAME.length).contextInit(capsetId);
        MemorySegment.copy(
                DEBUG_NAME,
                0,
                create.memory(),
                ValueLayout.JAVA_BYTE,
                create.at() + CtxCreate.DEBUG_NAME_OFFSET,
                DEBUG_NAME.length);
        driver.enqueue(create);
        driver.kick();
        return context;
    }

    /** Enqueues the CTX_DESTROY. */
    void destroyContext(int id) throws IOException {
        ControlCommand destroy = driver.acquire(VirtioGpu.CMD_CTX_DESTROY, CtrlHeader.LENGTH, CtrlHeader.LENGTH);
        destroy.header().ctxId(id);
        driver.enqueue(destroy);
    }

    /** The context's number may be used again, as on Linux before the device has answered its CTX_DESTROY. */
    void forget(LoopbackContext context) {
        driver.doLocked(() -> {
            contexts.remove(context);
            contextIds.clear(context.id());
        });
    }

    // ---- The end.

    /** Closes what programs left open, as their end would, waits for the last commands, and stops the device. */
    @Override
    public void close() throws IOException {
        boolean first = driver.locked(() -> {
            boolean was = closed;
            closed = true;
            return !was;
        });
        if (!first) {
            return;
        }
        try {
            for (LoopbackContext context : driver.locked(() -> List.copyOf(contexts))) {
                context.close();
            }
            driver.await(
                    () -> driver.isQuiet() && resources.isEmpty(), "the last commands", LAST_COMMANDS_MILLIS);
        } catch (IOException e) {
            if (driver.isAlive()) {
                vmm().violation("at the guest's end: " + e.getMessage() + ", " + driver.commandsInFlight()
                        + " commands are in flight");
            }
        }
        boolean alive = driver.isAlive();
        driver.close();
        if (ownsVmm) {
            vmm().close();
        } else if (alive) {
            vmm().reset();
        }
    }
}
