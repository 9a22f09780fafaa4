package dev.wayferry.proxy.gpu;

import dev.wayferry.posix.Memory;
import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.Posix;
import dev.wayferry.proxy.limit.Limit;
import dev.wayferry.proxy.limit.Limits;
import dev.wayferry.proxy.log.GuestLog;
import dev.wayferry.proxy.loop.EventLoop;
import dev.wayferry.proxy.memory.GuestMemory;
import dev.wayferry.proxy.queue.DescriptorChain;
import dev.wayferry.proxy.queue.InflightBuffer;
import dev.wayferry.proxy.queue.QueueException;
import dev.wayferry.proxy.queue.QueueLayout;
import dev.wayferry.proxy.queue.SplitQueue;
import dev.wayferry.proxy.screen.Screen;
import dev.wayferry.proxy.stats.Counter;
import dev.wayferry.proxy.stats.Counters;
import dev.wayferry.proxy.virtio.SharedMemory;
import dev.wayferry.proxy.virtio.VirtioDevice;
import dev.wayferry.proxy.virtio.VmmNotices;
import dev.wayferry.wire.gpu.CtrlHeader;
import dev.wayferry.wire.gpu.VirtioGpu;
import dev.wayferry.wire.virtqueue.SplitRing;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;
import java.util.List;
import java.util.UUID;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The virtio-gpu device of one VM: its two queues, and the turn that takes requests in and gives them out. What the
 * commands do is {@link ControlCommands}' affair.
 *
 * <p>While the control queue does not run (before the driver, over a pause) nothing of the guest is touched: contexts that
 * become ready and work that the keeper finishes wait for the next turn in which it runs.
 */
public final class GpuDevice implements VirtioDevice, EventLoop.Agent, GpuContextHost, Handoff.Consumer {
    private static final Logger LOG = LoggerFactory.getLogger(GpuDevice.class);

    private static final int QUEUES = 2;
    private static final int NO_FD = -1;

    /** Requests taken in one turn, so that sockets have theirs however fast the guest submits. */
    private static final int TURN = 256;

    /** Bytes of requests after which a turn takes no more: each may have to be copied, for a reader that stands still. */
    private static final int TURN_BYTES = 4 << 20;

    private static final int SMALLEST_PAGE = 4096;

    private static final long FEATURES = 1L << VirtioGpu.VIRTIO_GPU_F_VIRGL
            | 1L << VirtioGpu.VIRTIO_GPU_F_EDID
            | 1L << VirtioGpu.VIRTIO_GPU_F_RESOURCE_UUID
            | 1L << VirtioGpu.VIRTIO_GPU_F_RESOURCE_BLOB
            | 1L << VirtioGpu.VIRTIO_GPU_F_CONTEXT_INIT
            // Where our pages are larger than the guest's may be, it has to know; elsewhere no driver need know the bit.
            | (Memory.PAGE_SIZE > SMALLEST_PAGE ? 1L << VirtioGpu.VIRTIO_GPU_F_BLOB_ALIGNMENT : 0)
            | 1L << SplitRing.VIRTIO_F_INDIRECT_DESC
            | 1L << SplitRing.VIRTIO_F_EVENT_IDX
            | 1L << SplitRing.VIRTIO_F_VERSION_1;

    /** Without these a guest has no contexts and no blobs. */
    private static final long NEEDED = 1L << VirtioGpu.VIRTIO_GPU_F_VIRGL
            | 1L << VirtioGpu.VIRTIO_GPU_F_RESOURCE_BLOB
            | 1L << VirtioGpu.VIRTIO_GPU_F_CONTEXT_INIT;

    /** What the keeper finished, to be taken up on the loop, or disposed of if the driver started anew meanwhile. */
    private record Finished(Runnable take, Runnable dispose) {}

    private final String vm;
    private final Predicate<Runnable> runOnLoop;
    private final GuestLog log;
    private final Counters counters;
    private final ResourceKeeper keeper;
    private final GuestBlobSharing sharing;
    private final HostWindow window;
    private final Scanouts scanouts;
    private final Output output;
    private final ControlCommands commands;
    private final Responses responses = new Responses();
    private final Handoff handoff = new Handoff(this);
    private final @Nullable SplitQueue[] queues = new SplitQueue[QUEUES];
    private final @Nullable QueueLayout[] layouts = new QueueLayout[QUEUES];
    /** Whether the VMM wants it to run. */
    private final boolean[] started = new boolean[QUEUES];
    /** Whether it does: not without its memory. */
    private final boolean[] running = new boolean[QUEUES];
    private final int[] errFds = {NO_FD, NO_FD};
    private final boolean[] kicked = new boolean[QUEUES];
    private final ArrayDeque<Finished> finished = new ArrayDeque<>();
    private @Nullable GpuRequest[] requests = {};
    private final MemorySegment one = Arena.ofAuto().allocateFrom(ValueLayout.JAVA_LONG, 1L);
    private GuestMemory memory = GuestMemory.NONE;
    private int incarnation;
    private boolean moreComes;

    /** Whether kicks are asked for only in {@link #arm}, as the loop looks for requests by itself. */
    private boolean polled;

    /**
     * @param vm the VM's name, for logs
     * @param runOnLoop runs tasks on the loop, or refuses when it has ended
     * @param log for what the guest causes
     * @param hostWindow bytes of the host-visible region, a power of two
     * @param limits what the guest may have at once
     * @param screen what shows the scanout, null if nothing does; stays the caller's, who closes it after this device
     * @param screenWidth of the display that the guest is told of, in pixels
     * @param guestBlobs what becomes of guest blobs that are sent; stays the caller's
     */
    public GpuDevice(
            String vm,
            Predicate<Runnable> runOnLoop,
            GuestLog log,
            SharedMemory sharedMemory,
            VmmNotices notices,
            long hostWindow,
            Limits limits,
            @Nullable Screen screen,
            int screenWidth,
            int screenHeight,
            GuestBlobFiles guestBlobs,
            GpuContext.Factory contexts,
            Counters counters) {
        this.vm = vm;
        this.runOnLoop = runOnLoop;
        this.log = log;
        this.counters = counters;
        this.keeper = new ResourceKeeper(vm, log, sharedMemory, notices);
        this.window = new HostWindow(hostWindow, limits.number(Limit.MAPPED_BLOBS));
        this.scanouts = new Scanouts(vm, log, this, screen, limits.of(Limit.IMAGE_BYTES));
        this.output = new Output(vm, log, screen != null, screenWidth, screenHeight, keeper, notices);
        if (screen != null) {
            screen.onResize((width, height) -> {
                boolean unused = runOnLoop.test(() -> output.resize(width, height));
            });
        }
        this.sharing = new GuestBlobSharing(vm, log, this, keeper, guestBlobs, limits);
        this.commands = new ControlCommands(
                vm, log, this, responses, keeper, sharing, window, sharedMemory, notices, scanouts, output, contexts,
                limits, counters);
    }

    // ---- what the transport asks

    @Override
    public long features() {
        return FEATURES;
    }

    @Override
    public int queueCount() {
        return QUEUES;
    }

    @Override
    public long sharedMemorySize(int shmid) {
        return shmid == VirtioGpu.SHM_ID_HOST_VISIBLE ? window.size() : 0;
    }

    @Override
    public byte readConfig(int offset) {
        int word = switch (offset & -Integer.BYTES) {
            case VirtioGpu.CONFIG_EVENTS_READ_OFFSET -> output.events();
            case VirtioGpu.CONFIG_NUM_SCANOUTS_OFFSET -> Scanouts.COUNT;
            case VirtioGpu.CONFIG_NUM_CAPSETS_OFFSET -> ControlCommands.NUM_CAPSETS;
            case VirtioGpu.CONFIG_BLOB_ALIGNMENT_OFFSET -> Memory.PAGE_SIZE > SMALLEST_PAGE ? Memory.PAGE_SIZE : 0;
            default -> 0;
        };
        return (byte) (word >>> (8 * (offset % Integer.BYTES)));
    }

    @Override
    public void writeConfig(int offset, byte value) {
        // events_clear is the only writable field, and its events are all in its first byte.
        if (offset == VirtioGpu.CONFIG_EVENTS_CLEAR_OFFSET) {
            output.clear(value);
        }
    }

    @Override
    public void useMemory(GuestMemory newMemory) {
        memory = newMemory;
        scanouts.useMemory(newMemory);
        sharing.useMemory(newMemory);
        for (int i = 0; i < QUEUES; i++) {
            SplitQueue queue = queues[i];
            if (queue != null) {
                try {
                    queue.useMemory(newMemory);
                    if (started[i] && !running[i]) {
                        log.info(LOG, "vm={} queue {} lies in guest memory again and goes on", vm, i);
                        running[i] = true;
                        kicked[i] = true;
                    }
                } catch (QueueException e) {
                    // QEMU takes a region away before it gives the one that replaces it.
                    if (running[i]) {
                        log.info(LOG, "vm={} queue {} waits for its memory: {}", vm, i, e.getMessage());
                        running[i] = false;
                    }
                }
            }
        }
    }

    @Override
    public void negotiated(long features) {
        long missing = NEEDED & ~features;
        if (missing != 0) {
            log.warn(LOG, "vm={} there can be no cross-domain: the VMM or its guest has not taken {}", vm,
                    VirtioGpu.featureNames(missing));
        }
    }

    @Override
    public void startQueue(
            int index, QueueLayout layout, int callFd, int nextAvail, @Nullable InflightBuffer inflight)
            throws QueueException {
        SplitQueue queue = new SplitQueue("vm=" + vm + " queue " + index, log, layout, memory, callFd, nextAvail);
        SplitQueue old = queues[index];
        if (old != null && layout.equals(layouts[index]) && old.nextAvail() == nextAvail
                && old.usedIdx() == queue.usedIdx()) {
            LOG.debug("{} resumes at {} with {} requests in flight", old, nextAvail, old.inFlight());
            old.useMemory(memory);
            old.callFd(callFd);
            old.inflightBuffer(inflight);
            queue = old;
        } else {
            boolean first = old == null;
            if (index == VirtioGpu.CONTROLQ) {
                if (!first) {
                    log.info(LOG, "vm={} the guest's driver starts anew", vm);
                }
                if (keeper.isOverloaded()) {
                    throw new QueueException(unanswered());
                }
                forgetGuest(false);
                requests = new GpuRequest[layout.size()];
            }
            if (inflight != null && first) {
                giveUp(queue.recover(inflight), index);
            } else {
                queue.inflightBuffer(inflight);
            }
        }
        queues[index] = queue;
        layouts[index] = layout;
        started[index] = true;
        running[index] = true;
        kicked[index] = true;
    }

    /** Answers requests of a back-end that died: what they are about has died with it. */
    private void giveUp(List<DescriptorChain> lost, int index) {
        for (DescriptorChain chain : lost) {
            GpuRequest request = new GpuRequest(responses);
            if (index == VirtioGpu.CONTROLQ && request.take(chain)) {
                request.respond(VirtioGpu.RESP_ERR_UNSPEC);
            } else {
                chain.giveBack(0);
            }
        }
        if (!lost.isEmpty()) {
            log.warn(LOG, "vm={} queue {}: {} requests that were in flight when another back-end died are answered with an"
                    + " error", vm, index, lost.size());
        }
    }

    @Override
    public int stopQueue(int index) {
        SplitQueue queue = queues[index];
        if (polled && running[index] && queue != null) {
            // Whoever serves it next is to be kicked. What is there already it finds when it starts.
            boolean unused = queue.enableNotification();
        }
        started[index] = false;
        running[index] = false;
        return queue == null ? 0 : queue.nextAvail();
    }

    @Override
    public void kick(int index) {
        kicked[index] = true;
    }

    @Override
    public void callFd(int index, int callFd) {
        SplitQueue queue = queues[index];
        if (queue != null) {
            queue.callFd(callFd);
        }
    }

    @Override
    public void errFd(int index, int errFd) {
        errFds[index] = errFd;
    }

    @Override
    public @Nullable OwnedFd sharedObject(UUID uuid) {
        return commands.sharedObject(uuid);
    }

    @Override
    public void reset() throws IOException {
        if (keeper.isOverloaded()) {
            throw new IOException(unanswered());
        }
        forgetAll();
    }

    private String unanswered() {
        return "too much waits for the VMM of " + vm + ", which does not answer";
    }

    private void forgetAll() {
        forgetGuest(true);
        for (int i = 0; i < QUEUES; i++) {
            queues[i] = null;
            layouts[i] = null;
            started[i] = false;
            running[i] = false;
        }
    }

    /** Contexts, resources and requests of the driver so far are gone. */
    private void forgetGuest(boolean mappingsDropped) {
        incarnation++;
        finished.forEach(f -> f.dispose().run());
        finished.clear();
        handoff.clear();
        commands.reset(mappingsDropped);
    }

    /** Ends the device: contexts and resources go. Not on the loop, which has ended, and blocks until all is done. */
    public void close() {
        forgetAll();
        keeper.close();
    }

    // ---- what contexts and the keeper ask

    @Override
    public GuestMemory memory() {
        return memory;
    }

    @Override
    public void ready(GpuContext context) {
        if (handoff.isFull()) {
            // There is one entry a context at most, and never so many, so it is full of requests and the queue is running.
            handoff.drain();
        }
        handoff.put(context);
    }

    @Override
    public boolean moreComes() {
        return moreComes;
    }

    @Override
    public @Nullable String share(GpuResource guestBlob) {
        return sharing.share(guestBlob);
    }

    @Override
    public boolean copiesGuestBlobs() {
        return sharing.areCopies();
    }

    @Override
    public void drop(GpuRequest request) {
        request.drop();
    }

    /**
     * Runs {@code take} on the loop when the control queue runs; if the driver starts anew before that or the device ends,
     * {@code dispose} instead, on any thread. From any thread.
     */
    void onLoop(int ofIncarnation, Runnable take, Runnable dispose) {
        boolean accepted = runOnLoop.test(() -> {
            if (ofIncarnation == incarnation) {
                finished.add(new Finished(take, dispose));
            } else {
                dispose.run();
            }
        });
        if (!accepted) {
            dispose.run();
        }
    }

    /** Counts the driver's starts. */
    int incarnation() {
        return incarnation;
    }

    // ---- the turn

    @Override
    public boolean doWork() {
        SplitQueue control = runningQueue(VirtioGpu.CONTROLQ);
        if (control == null) {
            return false;
        }
        counters.add(Counter.TURNS, 1);
        runFinished();
        boolean more = turn(control, VirtioGpu.CONTROLQ);
        SplitQueue cursor = runningQueue(VirtioGpu.CURSORQ);
        return cursor == null ? more : turn(cursor, VirtioGpu.CURSORQ) || more;
    }

    /** Takes in and gives out; returns whether there is more to take in. */
    private boolean turn(SplitQueue queue, int index) {
        boolean more = false;
        try {
            more = takeIn(queue, index);
        } catch (QueueException e) {
            // What was taken before is good and is still answered.
            log.warn(LOG, "vm={} queue {} is broken and is stopped: {}", vm, index, e.getMessage());
            started[index] = false;
            running[index] = false;
            if (errFds[index] != NO_FD) {
                long unused = Posix.write(errFds[index], one);
            }
        }
        giveOut();
        flush(queue);
        return more;
    }

    private void giveOut() {
        long waiting = handoff.size();
        counters.set(Counter.HANDOFF, waiting);
        counters.raise(Counter.HANDOFF_MOST, waiting);
        handoff.drain();
        counters.set(Counter.HANDOFF, 0);
    }

    private void flush(SplitQueue queue) {
        int published = queue.usedIdx();
        if (queue.flush()) {
            counters.add(Counter.INTERRUPTS, 1);
        }
        if (queue.usedIdx() != published) {
            counters.add(Counter.BATCHES, 1);
        }
    }

    private @Nullable SplitQueue runningQueue(int index) {
        return running[index] ? queues[index] : null;
    }

    private void runFinished() {
        Finished next = finished.poll();
        while (next != null) {
            next.take().run();
            next = finished.poll();
        }
    }

    /** Takes requests in; returns whether there are more. */
    private boolean takeIn(SplitQueue queue, int index) throws QueueException {
        if (!kicked[index]) {
            return false;
        }
        queue.disableNotification();
        int start = queue.nextAvail();
        long bytes = 0;
        do {
            DescriptorChain chain = queue.take();
            while (chain != null) {
                bytes += chain.readableLength();
                takeIn(chain, index);
                chain = isTurnOver(queue, start, bytes) ? null : queue.take();
            }
            // The queue gives wrong requests back by itself; they count as well.
            if (isTurnOver(queue, start, bytes)) {
                return true;
            }
        } while (!polled && queue.enableNotification());
        kicked[index] = false;
        return false;
    }

    @Override
    public void beginPolling() {
        polled = true;
    }

    @Override
    public boolean hasWork() {
        if (!running[VirtioGpu.CONTROLQ]) {
            return false;
        }
        boolean any = false;
        for (int i = 0; i < QUEUES; i++) {
            SplitQueue queue = runningQueue(i);
            if (queue != null && queue.hasRequests()) {
                kicked[i] = true;
                any = true;
            }
        }
        return any;
    }

    @Override
    public boolean arm() {
        if (!running[VirtioGpu.CONTROLQ]) {
            return false;
        }
        boolean any = false;
        for (int i = 0; i < QUEUES; i++) {
            SplitQueue queue = runningQueue(i);
            if (queue != null && queue.enableNotification()) {
                kicked[i] = true;
                any = true;
            }
        }
        return any;
    }

    private static boolean isTurnOver(SplitQueue queue, int start, long bytes) {
        return ((queue.nextAvail() - start) & 0xffff) >= TURN || bytes >= TURN_BYTES;
    }

    private void takeIn(DescriptorChain chain, int index) {
        counters.add(Counter.CHAINS, 1);
        if (index == VirtioGpu.CURSORQ) {
            // There is no cursor to move: the buffer goes straight back (Linux gives it no room for an answer).
            chain.giveBack(0);
            return;
        }
        GpuRequest request = requests[chain.head()];
        if (request == null) {
            request = new GpuRequest(responses);
            requests[chain.head()] = request;
        }
        if (!request.take(chain)) {
            log.warn(LOG, "{}: a request of {} bytes has no header of {}", chain.queue(), chain.readableLength(),
                    CtrlHeader.LENGTH);
            request.drop();
            chain.giveBack(0);
            return;
        }
        if (handoff.isFull()) {
            giveOut();
        }
        handoff.put(request);
    }

    @Override
    public void onRequest(GpuRequest request, boolean more) {
        moreComes = more;
        commands.execute(request);
    }

    @Override
    public void onContext(GpuContext context) {
        context.giveOut();
    }
}
