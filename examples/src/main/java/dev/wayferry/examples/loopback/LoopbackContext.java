package dev.wayferry.examples.loopback;

import dev.wayferry.examples.virtgpu.VirtGpuBlob;
import dev.wayferry.examples.virtgpu.VirtGpuContext;
import dev.wayferry.posix.Errno;
import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.Posix;
import dev.wayferry.posix.PosixException;
import dev.wayferry.wire.gpu.CmdSubmit;
import dev.wayferry.wire.gpu.CtrlHeader;
import dev.wayferry.wire.gpu.VirtioGpu;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** An open file of the driver with a context of its own, as Linux's {@code virtgpu_ioctl.c} and {@code virtgpu_submit.c}. */
final class LoopbackContext implements VirtGpuContext {
    /** Events that fit the 4,096 bytes of a DRM file. */
    private static final int MAX_EVENTS = 512;

    private static final LoopbackResource[] NOTHING = {};

    private final LoopbackGpu gpu;
    private final LoopbackDriver driver;
    private final ResourceTable resources;
    private final int id;
    private final int numRings;
    private final long pollRingsMask;
    private final OwnedFd eventFd;
    private final Arena arena = Arena.ofShared();
    private final CmdSubmit cmdSubmit = new CmdSubmit();
    private final MemorySegment counter = arena.allocate(Long.BYTES, Long.BYTES);

    private final Set<LoopbackBlob> blobs = new HashSet<>();

    // Under the driver's lock.
    /** How many blobs of ours share the handle of a resource. */
    private final Map<LoopbackResource, Integer> handles = new LinkedHashMap<>();

    private int events;
    /** Events that are waiting or will come. */
    private int reservedEvents;

    private boolean closed;

    LoopbackContext(LoopbackGpu gpu, int id, int numRings, long pollRingsMask) throws PosixException {
        this.gpu = gpu;
        this.driver = gpu.driver();
        this.resources = gpu.resources();
        this.id = id;
        this.numRings = numRings;
        this.pollRingsMask = pollRingsMask;
        this.eventFd = OwnedFd.of(Posix.eventfd(), "eventfd");
    }

    LoopbackDriver driver() {
        return driver;
    }

    ResourceTable resources() {
        return resources;
    }

    int id() {
        return id;
    }

    // ---- Blobs.

    @Override
    public VirtGpuBlob createBlob(int blobMem, int blobFlags, long size, long blobId) throws IOException {
        LoopbackResource resource = resources.createBlob(id, blobMem, blobFlags, size, blobId);
        openHandle(resource);
        driver.kick();
        return opened(resource);
    }

    @Override
    public VirtGpuBlob importBlob(int fd) throws IOException {
        LoopbackResource resource = resources.held(fd);
        try {
            openHandle(resource);
            driver.kick();
        } finally {
            driver.doLocked(resource::drop);
        }
        return opened(resource);
    }

    private LoopbackBlob opened(LoopbackResource resource) {
        LoopbackBlob blob = new LoopbackBlob(this, resource);
        blobs.add(blob);
        return blob;
    }

    private void openHandle(LoopbackResource resource) throws IOException {
        boolean first = driver.locked(() -> {
            resource.hold();
            return handles.merge(resource, 1, Integer::sum) == 1;
        });
        if (first) {
            resources.attach(id, resource);
        }
    }

    /** Drops one blob's hold on the handle; the last closes it (GEM_CLOSE). */
    void closed(LoopbackBlob blob) throws IOException {
        if (!blobs.remove(blob)) {
            return;
        }
        LoopbackResource resource = blob.resource();
        boolean last = driver.locked(() -> {
            int left = handles.merge(resource, -1, Integer::sum);
            if (left > 0) {
                resource.drop();
                return false;
            }
            handles.remove(resource);
            return true;
        });
        if (last) {
            resources.detach(id, resource);
            driver.kick();
        }
    }

    // ---- Commands.

    @Override
    public void submit(MemorySegment command, int ring, VirtGpuBlob... fenced) throws IOException {
        if (ring != NO_RING && (ring < 0 || ring >= numRings)) {
            throw new PosixException("ring " + ring + " of " + numRings, Errno.EINVAL);
        }
        boolean announced = ring != NO_RING && (pollRingsMask >>> ring & 1) != 0;
        LoopbackResource[] fencedResources = resourcesOf(fenced);
        int length = Math.toIntExact(command.byteSize());
        ControlCommand submit = driver.acquire(VirtioGpu.CMD_SUBMIT_3D, CmdSubmit.LENGTH, CtrlHeader.LENGTH);
        submit.header().ctxId(id);
        cmdSubmit.wrap(submit.memory(), submit.at()).size(length);
        submit.data(command);
        if (announced || fencedResources.length > 0) {
            addFence(submit, ring, announced, fencedResources);
        }
        driver.enqueue(submit);
        driver.kick();
    }

    private static LoopbackResource[] resourcesOf(VirtGpuBlob[] blobs) {
        if (blobs.length == 0) {
            return NOTHING;
        }
        LoopbackResource[] held = new LoopbackResource[blobs.length];
        for (int i = 0; i < blobs.length; i++) {
            held[i] = ((LoopbackBlob) blobs[i]).resource();
        }
        return held;
    }

    private void addFence(ControlCommand submit, int ring, boolean announced, LoopbackResource[] held)
            throws IOException {
        boolean fits = driver.locked(() -> {
            if (announced && reservedEvents == MAX_EVENTS) {
                return false;
            }
            reservedEvents += announced ? 1 : 0;
            for (LoopbackResource resource : held) {
                resource.hold();
                resource.fenceAdded();
            }
            return true;
        });
        if (!fits) {
            throw new PosixException(MAX_EVENTS + " events are waiting or to come", Errno.ENOMEM);
        }
        submit.fence = new GuestFence(ring == NO_RING ? null : this, ring, () -> signalled(announced, held));
        if (held.length > 0) {
            submit.completion = _ -> {
                for (LoopbackResource resource : held) {
                    resource.drop();
                }
            };
        }
    }

    /** Under the driver's lock. */
    private void signalled(boolean announced, LoopbackResource[] held) {
        for (LoopbackResource resource : held) {
            resource.fenceSignalled();
        }
        if (announced && !closed) {
            events++;
            if (events == 1) {
                VringNotifiers.fire(eventFd.number());
            }
        }
    }

    @Override
    public void await(VirtGpuBlob blob) throws IOException {
        LoopbackResource resource = ((LoopbackBlob) blob).resource();
        driver.await(() -> !resource.hasPendingFences(), "the fences of resource " + resource.id());
    }

    @Override
    public boolean isSignalled(VirtGpuBlob blob) throws IOException {
        LoopbackResource resource = ((LoopbackBlob) blob).resource();
        driver.checkAlive();
        return driver.locked(() -> !resource.hasPendingFences());
    }

    // ---- Events.

    @Override
    public int eventFd() {
        return eventFd.number();
    }

    @Override
    public boolean takeEvent() throws IOException {
        boolean taken = driver.locked(() -> {
            if (closed || events == 0) {
                return false;
            }
            events--;
            reservedEvents--;
            if (events == 0) {
                Posix.read(eventFd.number(), counter);
            }
            return true;
        });
        if (!taken) {
            driver.checkAlive();
        }
        return taken;
    }

    /** Makes whoever waits for an event see that none will come; under the driver's lock. */
    void deviceGone() {
        if (!closed) {
            VringNotifiers.fire(eventFd.number());
        }
    }

    // ---- The end.

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
        List<LoopbackBlob> left = List.copyOf(blobs);
        blobs.clear();
        left.forEach(LoopbackBlob::unmap);
        try {
            for (Map.Entry<LoopbackResource, Integer> handle : handles.entrySet()) {
                for (int i = 1; i < handle.getValue(); i++) {
                    driver.doLocked(handle.getKey()::drop);
                }
                resources.detach(id, handle.getKey());
            }
            gpu.destroyContext(id);
            driver.kick();
        } finally {
            gpu.forget(this);
            eventFd.close();
            arena.close();
        }
    }
}
