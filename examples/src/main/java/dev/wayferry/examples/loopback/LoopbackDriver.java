package dev.wayferry.examples.loopback;

import dev.wayferry.posix.Errno;
import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.PollSet;
import dev.wayferry.posix.Posix;
import dev.wayferry.wire.gpu.CtrlHeader;
import dev.wayferry.wire.gpu.VirtioGpu;
import dev.wayferry.wire.virtqueue.DriverQueue;
import dev.wayferry.wire.virtqueue.SplitRing;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The queues and fences of a virtio-gpu driver, as Linux's {@code virtgpu_vq.c} and {@code virtgpu_fence.c} keep them.
 *
 * <p>Safe for use from several threads. One thread of its own handles interrupts; completions and fences run there, under
 * the lock, and must neither block nor enqueue more than {@link #hasRoom} allows.
 */
public final class LoopbackDriver implements AutoCloseable {
    /** How long a device may take where Linux itself gives up after a time, and where it would wait for ever. */
    static final int PATIENCE_MILLIS = 15_000;

    private static final long KNOWN_FEATURES = bit(VirtioGpu.VIRTIO_GPU_F_VIRGL)
            | bit(VirtioGpu.VIRTIO_GPU_F_EDID)
            | bit(VirtioGpu.VIRTIO_GPU_F_RESOURCE_UUID)
            | bit(VirtioGpu.VIRTIO_GPU_F_RESOURCE_BLOB)
            | bit(VirtioGpu.VIRTIO_GPU_F_CONTEXT_INIT)
            | bit(SplitRing.VIRTIO_F_INDIRECT_DESC)
            | bit(SplitRing.VIRTIO_F_EVENT_IDX)
            | bit(SplitRing.VIRTIO_F_VERSION_1);
    private static final int FIRST_ERROR = VirtioGpu.RESP_ERR_UNSPEC;
    private static final int MAX_ERRORS_KEPT = 64;
    /** The longest structure that a command begins with; what follows is data. */
    private static final int MAX_STRUCTURE = 96;

    /** A queue and the commands in it, by head. */
    private record Queue(int index, DriverQueue ring, @Nullable ControlCommand[] inFlight) {}

    private final LoopbackVmm vmm;
    private final GuestOptions options;
    private final GuestRam ram;
    private final GuestPages pages;
    private final long features;
    private final boolean indirect;
    private final Queue control;
    private final Queue cursor;
    private final OwnedFd stopEvent;
    private final Thread interrupts;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();

    // Under the lock.
    private final Deque<ControlCommand> idle = new ArrayDeque<>();
    private final Deque<ControlCommand> returned = new ArrayDeque<>();
    /** Not signalled yet, in the order of their numbers. */
    private final List<GuestFence> fences = new ArrayList<>();

    private final List<String> errors = new ArrayList<>();
    private final List<Runnable> afterInterrupt = new ArrayList<>();
    private final List<Runnable> whenGone = new ArrayList<>();
    private long lastFenceId;
    private long errorCount;
    private int commandsInFlight;
    private boolean frozen;
    private @Nullable IOException gone;

    /** Probes the device of {@code vmm}, which stays the caller's: negotiates features, makes queues and starts it. */
    public LoopbackDriver(LoopbackVmm vmm, GuestOptions options) throws IOException {
        this.vmm = vmm;
        this.options = options;
        this.ram = vmm.ram();
        this.pages = new GuestPages(GuestRam.FIRST_USABLE, ram.memory().byteSize());
        long offered = vmm.deviceFeatures();
        if ((offered & bit(SplitRing.VIRTIO_F_VERSION_1)) == 0) {
            throw new IOException("the device has no VERSION_1: 0x" + Long.toHexString(offered));
        }
        long unwanted = (options.indirect() ? 0 : bit(SplitRing.VIRTIO_F_INDIRECT_DESC))
                | (options.eventIdx() ? 0 : bit(SplitRing.VIRTIO_F_EVENT_IDX));
        this.features = offered & KNOWN_FEATURES & ~unwanted;
        this.indirect = has(SplitRing.VIRTIO_F_INDIRECT_DESC);
        this.control = queue(VirtioGpu.CONTROLQ);
        this.cursor = queue(VirtioGpu.CURSORQ);
        this.stopEvent = OwnedFd.of(Posix.eventfd(), "eventfd");
        try {
            vmm.start(new Processors(), features, List.of(Vring.of(control.ring), Vring.of(cursor.ring)));
        } catch (IOException | RuntimeException e) {
            stopEvent.close();
            throw e;
        }
        this.interrupts = Thread.ofPlatform().daemon().name("loopback-interrupts").start(this::run);
    }

    private Queue queue(int index) throws IOException {
        int size = options.queueSize();
        DriverQueue ring = new DriverQueue(
                ram.memory(),
                pages.allocate(DriverQueue.length(size)),
                size,
                has(SplitRing.VIRTIO_F_EVENT_IDX));
        return new Queue(index, ring, new ControlCommand[size]);
    }

    /** Whether a virtio feature was offered and accepted, by its bit number. */
    public boolean has(int feature) {
        return (features & bit(feature)) != 0;
    }

    LoopbackVmm vmm() {
        return vmm;
    }

    GuestRam ram() {
        return ram;
    }

    GuestPages pages() {
        return pages;
    }

    boolean scattered() {
        return options.scattered();
    }

    // ---- Raw commands.

    /**
     * Sends a command of the control queue, well formed or not, and waits for its response.
     *
     * @param responseLength bytes that the device may write
     * @return what it says it wrote, which may be less
     */
    public byte[] command(byte[] request, int responseLength) throws IOException {
        return command(request, responseLength, 0);
    }

    /**
     * Sends a command of the control queue and waits for its response.
     *
     * @param descriptorLength bytes after which request and response are cut into descriptors, 0 for one each
     */
    public byte[] command(byte[] request, int responseLength, int descriptorLength) throws IOException {
        return command(control, request, responseLength, descriptorLength);
    }

    /** Sends a command of the cursor queue, which has no response, and waits until it is taken. */
    public void cursorCommand(byte[] request) throws IOException {
        command(cursor, request, 0, 0);
    }

    private byte[] command(Queue queue, byte[] request, int responseLength, int descriptorLength)
            throws IOException {
        MemorySegment bytes = MemorySegment.ofArray(request);
        int structure = Math.min(request.length, MAX_STRUCTURE);
        ControlCommand command = acquire(0, structure, responseLength);
        MemorySegment.copy(bytes, 0, command.memory(), command.at(), structure);
        command.data(bytes.asSlice(structure));
        command.end(descriptorLength, indirect);
        byte[][] answer = {null};
        command.completion = done -> answer[0] = done.copyResponse();
        put(queue, command);
        await(() -> answer[0] != null, "command 0x" + Integer.toHexString(typeOf(request)));
        return answer[0];
    }

    private static int typeOf(byte[] request) {
        return request.length < CtrlHeader.LENGTH
                ? 0
                : new CtrlHeader().wrap(MemorySegment.ofArray(request), 0).type();
    }

    // ---- Commands of the driver.

    /** A command to fill in; it is the caller's until it is enqueued. */
    ControlCommand acquire(int type, int headerLength, int responseLength) throws IOException {
        ControlCommand command;
        lock.lock();
        try {
            checkAlive();
            command = idle.poll();
        } finally {
            lock.unlock();
        }
        if (command == null) {
            command = new ControlCommand(ram, pages, options.scattered());
        }
        return command.begin(type, headerLength, responseLength);
    }

    /** Enqueues on the control queue, waiting for room as Linux does, and without a kick. */
    void enqueue(ControlCommand command) throws IOException {
        command.end(0, indirect);
        lock.lock();
        try {
            awaitRoom(control, command);
            enqueueLocked(control, command);
        } finally {
            lock.unlock();
        }
    }

    /** Whether {@code commands} without data could be enqueued at once; asked under the lock. */
    boolean hasRoom(int commands) {
        return !frozen && control.ring.freeDescriptors() >= commands * (indirect ? 1 : 2);
    }

    private void put(Queue queue, ControlCommand command) throws IOException {
        lock.lock();
        try {
            awaitRoom(queue, command);
            enqueueLocked(queue, command);
            publish(queue);
        } finally {
            lock.unlock();
        }
    }

    private void awaitRoom(Queue queue, ControlCommand command) throws IOException {
        int descriptors = command.descriptors(indirect);
        if (descriptors > options.queueSize()) {
            throw new IOException("a chain of " + descriptors + " descriptors in a queue of " + options.queueSize());
        }
        await(() -> !frozen && queue.ring.freeDescriptors() >= descriptors, "room in queue " + queue.index);
    }

    private void enqueueLocked(Queue queue, ControlCommand command) {
        GuestFence fence = command.fence;
        if (fence != null) {
            fence.id(++lastFenceId);
            fences.add(fence);
            CtrlHeader header = command.header();
            header.flags(header.flags() | VirtioGpu.FLAG_FENCE).fenceId(fence.id());
            if (!fence.isGlobal()) {
                header.flags(header.flags() | VirtioGpu.FLAG_INFO_RING_IDX).ringIdx(fence.ring());
            }
        }
        commandsInFlight++;
        queue.inFlight[command.makeAvailable(queue.ring, indirect)] = command;
    }

    /** Shows the device what was enqueued on the control queue. */
    void kick() {
        doLocked(() -> publish(control));
    }

    private void publish(Queue queue) {
        if (gone == null && queue.ring.publish()) {
            vmm.kick(queue.index);
        }
    }

    // ---- Waiting.

    /** Waits until {@code done}, which is asked under the lock. */
    void await(BooleanSupplier done, String what) throws IOException {
        await(done, what, PATIENCE_MILLIS);
    }

    void await(BooleanSupplier done, String what, int millis) throws IOException {
        lock.lock();
        try {
            long left = TimeUnit.MILLISECONDS.toNanos(millis);
            while (!done.getAsBoolean()) {
                checkAlive();
                if (left <= 0) {
                    throw new IOException("waited " + millis + " ms for " + what);
                }
                left = changed.awaitNanos(left);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while waiting for " + what, e);
        } finally {
            lock.unlock();
        }
    }

    /** Does {@code action} under the lock, together with all that interrupts do. */
    void doLocked(Runnable action) {
        lock.lock();
        try {
            action.run();
        } finally {
            lock.unlock();
        }
    }

    /** What {@code question} answers under the lock, together with all that interrupts do. */
    <T extends @Nullable Object> T locked(Supplier<T> question) {
        lock.lock();
        try {
            return question.get();
        } finally {
            lock.unlock();
        }
    }

    /** Whether guest and device are still there. */
    boolean isAlive() {
        return locked(() -> gone == null);
    }

    void checkAlive() throws IOException {
        IOException why = gone;
        if (why != null) {
            throw new IOException(why.getMessage(), why);
        }
    }

    // ---- Interrupts.

    private void run() {
        try (Arena arena = Arena.ofConfined()) {
            PollSet set = new PollSet(3, arena);
            MemorySegment counter = arena.allocate(Long.BYTES, Long.BYTES);
            while (true) {
                set.clear();
                int stop = set.add(stopEvent.number(), Posix.POLLIN);
                int controlCall = set.add(vmm.callFd(control.index), Posix.POLLIN);
                int cursorCall = set.add(vmm.callFd(cursor.index), Posix.POLLIN);
                int ready = set.poll(-1);
                if (ready == -Errno.EINTR) {
                    continue;
                }
                if (ready < 0 || set.revents(stop) != 0) {
                    return;
                }
                lock.lock();
                try {
                    while (frozen && gone == null) {
                        changed.await();
                    }
                    if (gone != null) {
                        return;
                    }
                    if (set.revents(controlCall) != 0) {
                        interrupt(control, counter);
                    }
                    if (set.revents(cursorCall) != 0) {
                        interrupt(cursor, counter);
                    }
                    changed.signalAll();
                } finally {
                    lock.unlock();
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (IllegalStateException e) {
            vmm.violation(String.valueOf(e.getMessage()));
            gone(new IOException("the device broke the ring", e));
        }
    }

    /** As {@code virtio_gpu_dequeue_ctrl_func}: takes all there is, then looks at each response. */
    private void interrupt(Queue queue, MemorySegment counter) {
        Posix.read(vmm.callFd(queue.index), counter);
        do {
            queue.ring.disableInterrupts();
            for (int head = queue.ring.takeUsed(); head != DriverQueue.NONE; head = queue.ring.takeUsed()) {
                ControlCommand command = queue.inFlight[head];
                if (command == null) {
                    throw new IllegalStateException("no command with head " + head);
                }
                queue.inFlight[head] = null;
                command.used(queue.ring.usedLength());
                returned.add(command);
            }
        } while (!queue.ring.enableInterrupts());
        for (ControlCommand command = returned.poll(); command != null; command = returned.poll()) {
            commandsInFlight--;
            complete(queue, command);
        }
        for (int i = 0; i < afterInterrupt.size(); i++) {
            afterInterrupt.get(i).run();
        }
    }

    private void complete(Queue queue, ControlCommand command) {
        if (queue == control && command.requestLength() >= CtrlHeader.LENGTH) {
            checkResponse(command);
        }
        if (command.completion != null) {
            command.completion.completed(command);
        }
        command.releaseExtraPages();
        idle.push(command);
    }

    private void checkResponse(ControlCommand command) {
        if (command.usedLength() < CtrlHeader.LENGTH) {
            noteError(command, "a response of " + command.usedLength() + " bytes");
            return;
        }
        CtrlHeader response = command.response();
        int type = response.type();
        if (type >= FIRST_ERROR) {
            noteError(command, "response 0x" + Integer.toHexString(type));
        } else if (type < VirtioGpu.RESP_OK_NODATA || type > VirtioGpu.RESP_OK_MAP_INFO) {
            vmm.violation("response 0x" + Integer.toHexString(type) + " to " + describe(command));
        }
        GuestFence fence = command.fence;
        if (fence != null) {
            checkEcho(command, response);
        }
        if ((response.flags() & VirtioGpu.FLAG_FENCE) != 0) {
            signal(response.fenceId());
        }
    }

    private void checkEcho(ControlCommand command, CtrlHeader response) {
        CtrlHeader request = command.header();
        if (response.flags() != request.flags()
                || response.fenceId() != request.fenceId()
                || response.ctxId() != request.ctxId()
                || response.ringIdx() != request.ringIdx()) {
            vmm.violation(describe(command) + " with flags " + request.flags() + " fence " + request.fenceId()
                    + " ring " + request.ringIdx() + " was answered with flags " + response.flags() + " fence "
                    + response.fenceId() + " context " + response.ctxId() + " ring " + response.ringIdx());
        }
    }

    private static String describe(ControlCommand command) {
        CtrlHeader header = command.header();
        return VirtioGpu.commandName(header.type()) + " of context " + header.ctxId();
    }

    private void noteError(ControlCommand command, String what) {
        errorCount++;
        if (errors.size() < MAX_ERRORS_KEPT) {
            errors.add(what + " to " + describe(command));
        }
    }

    /** As {@code virtio_gpu_fence_event_process}: the fence itself, and all earlier ones of its timeline. */
    private void signal(long fenceId) {
        int at = 0;
        while (at < fences.size() && fences.get(at).id() != fenceId) {
            at++;
        }
        if (at == fences.size()) {
            return;
        }
        GuestFence signalled = fences.get(at);
        for (int i = 0; i <= at; ) {
            GuestFence fence = fences.get(i);
            if (fence.isOnTimelineOf(signalled)) {
                fences.remove(i);
                at--;
                fence.signal();
            } else {
                i++;
            }
        }
    }

    /** Runs {@code action} at the end of each interrupt, under the lock. */
    void afterInterrupt(Runnable action) {
        doLocked(() -> afterInterrupt.add(action));
    }

    /** Runs {@code action} when guest or device is gone, under the lock; at once if that is so already. */
    void whenGone(Runnable action) {
        doLocked(() -> {
            if (gone == null) {
                whenGone.add(action);
            } else {
                action.run();
            }
        });
    }

    // ---- What Linux would write to its log, for tests.

    /** How many responses were errors. */
    public long errorCount() {
        return locked(() -> errorCount);
    }

    /** The first of the responses that were errors, and to which command. */
    public List<String> errors() {
        return locked(() -> List.copyOf(errors));
    }

    /** How many commands the device has not given back. */
    public int commandsInFlight() {
        return locked(() -> commandsInFlight);
    }

    /** Whether nothing is in flight; asked under the lock. */
    boolean isQuiet() {
        return commandsInFlight == 0;
    }

    /** How many fences are not signalled. */
    public int pendingFences() {
        return locked(() -> fences.size());
    }

    // ---- What the VMM does to the guest.

    private final class Processors implements LoopbackVmm.Guest {
        @Override
        public void freeze() {
            doLocked(() -> frozen = true);
        }

        @Override
        public void thaw() {
            doLocked(() -> {
                frozen = false;
                changed.signalAll();
            });
        }

        @Override
        public void gone(IOException why) {
            LoopbackDriver.this.gone(why);
        }
    }

    private void gone(IOException why) {
        lock.lock();
        try {
            if (gone == null) {
                gone = why;
                changed.signalAll();
                whenGone.forEach(Runnable::run);
            }
        } finally {
            lock.unlock();
        }
    }

    /** Ends the handling of interrupts; the device stays as it is. Every later call fails. */
    @Override
    public void close() {
        gone(new IOException("the driver was closed"));
        VringNotifiers.fire(stopEvent.number());
        try {
            interrupts.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        stopEvent.close();
    }

    private static long bit(int number) {
        return 1L << number;
    }
}
