package dev.wayferry.examples.loopback;

import dev.wayferry.bridge.UnixSockets;
import dev.wayferry.posix.Errno;
import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.PollSet;
import dev.wayferry.posix.Posix;
import dev.wayferry.posix.Sockets;
import dev.wayferry.wire.gpu.VirtioGpu;
import dev.wayferry.wire.vhostuser.VhostUser;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A VMM with one vhost-user virtio-gpu device and no processor: the front-end's side of the protocol, guest RAM and the
 * host-visible window. The guest is a {@link LoopbackDriver}.
 *
 * <p>Messages, their order and checks are those of QEMU 11.1's {@code vhost-user-test-device-pci}. So is one lock over
 * both sockets: while the VMM waits for an answer on the main socket it does not serve the back-channel, and the reverse.
 * What a back-end does that would hurt a real VMM or guest is kept in {@link #violations}.
 */
public final class LoopbackVmm implements AutoCloseable {
    /** The queues of a virtio-gpu device. */
    static final int QUEUES = 2;

    /** QEMU's own limit, above which it aborts (VHOST_USER_MAX_RAM_SLOTS). */
    private static final int MAX_RAM_SLOTS = 512;

    /** Of the guest driver's status, all that QEMU passes on. */
    private static final long STATUS_FEATURES_OK = 8;

    private static final long PROTOCOL_FEATURES_BIT = 1L << VhostUser.F_PROTOCOL_FEATURES;

    /** What the VMM does to the guest that runs on it. Called from any thread. */
    public interface Guest {
        /** Stops the processors. */
        void freeze();

        /** Lets the processors run on. */
        void thaw();

        /** Tells that this guest or its device is gone for good. */
        void gone(IOException why);
    }

    /** What is done with the main socket while nobody else uses it. */
    @FunctionalInterface
    public interface Conversation<T> {
        T with(VhostUserSocket socket) throws IOException;
    }

    @FunctionalInterface
    private interface Step {
        void run() throws IOException;
    }

    private final VmmOptions options;
    private final ReentrantLock bigLock = new ReentrantLock();
    private final Violations violations = new Violations();
    private final FrontEnd frontEnd;
    private final GuestRam ram;
    private final HostVisibleWindow window;
    private final BackChannel backChannel;
    private final MemoryTable memoryTable;
    private final List<VringNotifiers> notifiers = new ArrayList<>();
    private final OwnedFd stopEvent;
    private final long deviceFeatures;
    private final Thread thread;
    /** What to close, the last first. */
    private final Deque<AutoCloseable> open = new ArrayDeque<>();

    // Under the big lock.
    private final int[] bases = new int[QUEUES];
    private List<Vring> rings = List.of();
    private long driverFeatures;
    private boolean started;
    private boolean closed;

    private volatile @Nullable Guest guest;
    private volatile @Nullable IOException failure;

    /** Connects to the back-end that listens at {@code socket}. */
    public static LoopbackVmm connect(Path socket, VmmOptions options) throws IOException {
        return new LoopbackVmm(UnixSockets.connect(socket), options);
    }

    /** Connects to the back-end that listens at {@code socket}, as QEMU with 64 MiB of RAM. */
    public static LoopbackVmm connect(Path socket) throws IOException {
        return connect(socket, new VmmOptions());
    }

    /** Takes ownership of the connected {@code socket} and negotiates, as QEMU does when it realizes the device. */
    public LoopbackVmm(OwnedFd socket, VmmOptions options) throws IOException {
        this.options = options;
        try {
            frontEnd = opened(new FrontEnd(socket, options.replyTimeoutMillis()));
            ram = opened(new GuestRam(options.ramSize(), options.lowRamSize()));
            stopEvent = opened(OwnedFd.of(Posix.eventfd(), "eventfd"));
            for (int i = 0; i < QUEUES; i++) {
                notifiers.add(opened(new VringNotifiers()));
            }
            OwnedFd[] channel = Sockets.pair();
            OwnedFd ours = opened(channel[0]);
            OwnedFd theirs = opened(channel[1]);

            long offered = frontEnd.get(VhostUser.GET_FEATURES);
            if ((offered & PROTOCOL_FEATURES_BIT) == 0) {
                throw new IOException("no protocol features in 0x" + Long.toHexString(offered));
            }
            deviceFeatures = offered & options.deviceFeatures() & ~PROTOCOL_FEATURES_BIT;
            frontEnd.negotiateProtocolFeatures(options.protocolFeatures());
            checkQueues();
            memoryTable = new MemoryTable(frontEnd, maxMemoryRegions());
            if (has(VhostUser.PROTOCOL_F_BACKEND_REQ)) {
                frontEnd.setBackendReqFd(theirs.number());
            }
            theirs.close();
            frontEnd.setOwner();
            frontEnd.get(VhostUser.GET_FEATURES);
            for (int i = 0; i < QUEUES; i++) {
                frontEnd.setVringFd(VhostUser.SET_VRING_CALL, i, notifiers.get(i).call());
                frontEnd.setVringFd(VhostUser.SET_VRING_ERR, i, notifiers.get(i).err());
            }
            window = opened(shmemWindow());
            backChannel =
                    opened(new BackChannel(ours, frontEnd, window, options, violations, this::tellMemory));
        } catch (IOException | RuntimeException e) {
            closeAll();
            throw e;
        }
        thread = Thread.ofPlatform().daemon().name("loopback-vmm").start(this::run);
    }

    private <T extends AutoCloseable> T opened(T resource) {
        open.push(resource);
        return resource;
    }

    private void checkQueues() throws IOException {
        if (has(VhostUser.PROTOCOL_F_MQ)) {
            long queues = frontEnd.get(VhostUser.GET_QUEUE_NUM);
            if (queues < QUEUES) {
                throw new IOException("the back-end has " + queues + " queues, " + QUEUES + " are needed");
            }
        }
    }

    private int maxMemoryRegions() throws IOException {
        if (has(VhostUser.PROTOCOL_F_CONFIGURE_MEM_SLOTS)) {
            return (int) Math.min(frontEnd.get(VhostUser.GET_MAX_MEM_SLOTS), MAX_RAM_SLOTS);
        }
        return VhostUser.MAX_MEM_TABLE_REGIONS;
    }

    private HostVisibleWindow shmemWindow() throws IOException {
        long end = ram.end();
        if (!has(VhostUser.PROTOCOL_F_SHMEM)) {
            return new HostVisibleWindow(end, 0);
        }
        MemorySegment config = frontEnd.getShmemConfig();
        int regions = config.get(ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN), 0);
        long size = config.get(
                ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN),
                (1 + VirtioGpu.SHM_ID_HOST_VISIBLE) * (long) Long.BYTES);
        if (regions != 1 || size <= 0 || Long.bitCount(size) != 1) {
            throw new IOException("QEMU aborts: " + regions + " shared memory regions, window of " + size
                    + " bytes, which must be a power of two");
        }
        return new HostVisibleWindow((end + size - 1) & -size, size);
    }

    // ---- What the guest sees.

    /** The virtio features that the guest is offered. */
    public long deviceFeatures() {
        return deviceFeatures;
    }

    /** Bytes of the host-visible window, 0 when there is none. */
    public long windowSize() {
        return window.size();
    }

    /** The configuration space. */
    public MemorySegment readConfig() throws IOException {
        return exclusively(_ -> frontEnd.getConfig(options.configSize()));
    }

    /** Writes to the configuration space. */
    public void writeConfig(int offset, MemorySegment bytes) throws IOException {
        underBigLock(() -> frontEnd.setConfig(offset, bytes));
    }

    /** Guest RAM; it stays the VMM's. */
    public GuestRam ram() {
        return ram;
    }

    HostVisibleWindow window() {
        return window;
    }

    /** Whether the back-end has put exactly {@code length} bytes at {@code offset} of the window. */
    public boolean isMapped(long offset, long length) {
        return window.isMapped(offset, length);
    }

    /** Maps what the back-end has put at {@code offset} of the window, as the guest would; until {@code arena} closes. */
    public WindowMemory mapWindow(long offset, Arena arena) throws IOException {
        return WindowMemory.map(window.fileAt(offset), arena);
    }

    /** Readable when the device has interrupted; it stays the VMM's. */
    public int callFd(int queue) {
        return notifiers.get(queue).call();
    }

    /** Tells the device that a queue has new chains. Not while the guest is frozen. */
    public void kick(int queue) {
        notifiers.get(queue).kick();
    }

    /** Starts the device for a guest whose driver has set DRIVER_OK; its queues begin at 0. */
    public void start(Guest guest, long driverFeatures, List<Vring> rings) throws IOException {
        underBigLock(() -> {
            if (started) {
                throw new IllegalStateException("another guest runs on this device");
            }
            this.guest = guest;
            this.driverFeatures = driverFeatures;
            this.rings = rings;
            for (int i = 0; i < QUEUES; i++) {
                bases[i] = 0;
            }
            startDevice();
        });
    }

    // ---- What happens to a VM.

    /** Stops the processors and the device, as QMP {@code stop} does. */
    public void pause() throws IOException {
        Guest running = guest;
        if (running != null) {
            running.freeze();
        }
        underBigLock(this::stopDevice);
    }

    /** Lets device and processors go on where {@link #pause} stopped them, as QMP {@code cont} does. */
    public void resume() throws IOException {
        underBigLock(() -> {
            if (!started && !rings.isEmpty()) {
                startDevice();
            }
        });
        Guest running = guest;
        if (running != null) {
            running.thaw();
        }
    }

    /**
     * Resets the machine, as QMP {@code system_reset} does: the device is stopped and all mappings are dropped, of which
     * the back-end hears at the next start. The guest is gone; another may be started.
     */
    public void reset() throws IOException {
        Guest running = guest;
        if (running != null) {
            running.freeze();
            running.gone(new IOException("the machine was reset"));
        }
        underBigLock(() -> {
            stopDevice();
            guest = null;
            rings = List.of();
            window.clear();
        });
    }

    /** Ends both connections without a word, as a VMM that is killed. */
    public void disconnect() {
        fail(new IOException("the VMM was killed"));
        Sockets.shutdown(backChannel.fd());
        Sockets.shutdown(frontEnd.socket().fd());
    }

    /** Uses the main socket for a whole conversation, for instance of messages that QEMU would not send. */
    public <T> T exclusively(Conversation<T> conversation) throws IOException {
        bigLock.lock();
        try {
            checkAlive();
            return conversation.with(frontEnd.socket());
        } catch (IOException e) {
            throw fail(e);
        } finally {
            bigLock.unlock();
        }
    }

    private void underBigLock(Step step) throws IOException {
        exclusively(_ -> {
            step.run();
            return true;
        });
    }

    /** Whether a protocol feature was offered and acknowledged. */
    public boolean has(int protocolFeature) {
        return frontEnd.has(protocolFeature);
    }

    /** How many files are mapped into the window. */
    public int mappings() {
        return window.count();
    }

    /** What the back-end did that would have hurt a real VMM or guest. */
    public List<String> violations() {
        return violations.list();
    }

    void violation(String what) {
        violations.add(what);
    }

    // ---- The device's life. Under the big lock.

    private void startDevice() throws IOException {
        frontEnd.set(VhostUser.SET_FEATURES, driverFeatures | PROTOCOL_FEATURES_BIT);
        if (has(VhostUser.PROTOCOL_F_STATUS)) {
            long status = frontEnd.get(VhostUser.GET_STATUS);
            if ((status & STATUS_FEATURES_OK) == 0) {
                frontEnd.set(VhostUser.SET_STATUS, status | STATUS_FEATURES_OK);
            }
        }
        started = true;
        tellMemory();
        for (int i = 0; i < QUEUES; i++) {
            startRing(i, rings.get(i));
        }
        for (int i = 0; i < QUEUES; i++) {
            frontEnd.setVringEnable(i, true);
        }
        for (int i = 0; i < QUEUES; i++) {
            frontEnd.setVringFd(VhostUser.SET_VRING_CALL, i, notifiers.get(i).call());
        }
    }

    private void startRing(int index, Vring ring) throws IOException {
        frontEnd.setVringNum(index, ring.queueSize());
        frontEnd.setVringBase(index, bases[index]);
        frontEnd.setVringAddr(
                index,
                ram.userAddress(ring.descriptorTable()),
                ram.userAddress(ring.availRing()),
                ram.userAddress(ring.usedRing()),
                ram.guestAddress(ring.usedRing()));
        frontEnd.setVringFd(VhostUser.SET_VRING_KICK, index, notifiers.get(index).openKick());
        frontEnd.setVringFd(VhostUser.SET_VRING_CALL, index, notifiers.get(index).call());
    }

    private void stopDevice() throws IOException {
        if (!started) {
            return;
        }
        started = false;
        for (int i = 0; i < QUEUES; i++) {
            frontEnd.setVringEnable(i, false);
        }
        for (int i = 0; i < QUEUES; i++) {
            bases[i] = frontEnd.getVringBase(i);
            notifiers.get(i).closeKick();
        }
    }

    private void tellMemory() throws IOException {
        if (!started) {
            return;
        }
        List<MemoryRegion> regions = new ArrayList<>(ram.regions());
        if (options.answersBeforeDone()) {
            regions.addAll(window.regions());
        }
        if (!memoryTable.update(regions)) {
            violations.add("ENOBUFS: " + regions.size() + " memory regions do not fit SET_MEM_TABLE");
        }
    }

    private void run() {
        try (Arena arena = Arena.ofConfined()) {
            PollSet set = new PollSet(3, arena);
            while (failure == null) {
                set.clear();
                int stop = set.add(stopEvent.number(), Posix.POLLIN);
                int requests = set.add(backChannel.fd(), Posix.POLLIN);
                int hangUp = set.add(frontEnd.socket().fd(), 0);
                int ready = set.poll(-1);
                if (ready == -Errno.EINTR) {
                    continue;
                }
                if (ready < 0 || set.revents(stop) != 0) {
                    return;
                }
                if (set.revents(hangUp) != 0) {
                    fail(new IOException("the host process has closed the connection"));
                } else if (set.revents(requests) != 0) {
                    serveBackChannel();
                }
            }
        }
    }

    private void serveBackChannel() {
        bigLock.lock();
        try {
            backChannel.serve();
        } catch (IOException e) {
            fail(e);
        } finally {
            bigLock.unlock();
        }
    }

    // ---- The end.

    private void checkAlive() throws IOException {
        IOException failed = failure;
        if (failed != null) {
            throw new IOException(failed.getMessage(), failed);
        }
    }

    /** Remembers the first failure and tells the guest, whose device is dead then. */
    private IOException fail(IOException why) {
        if (failure == null) {
            failure = why;
            Guest running = guest;
            if (running != null) {
                running.gone(why);
            }
        }
        return why;
    }

    /** Why the device is dead, or null while it lives. */
    public @Nullable IOException failure() {
        return failure;
    }

    /** Stops the device, as at poweroff, and closes everything. The guest's programs must have ended. */
    @Override
    public void close() throws IOException {
        bigLock.lock();
        try {
            if (closed) {
                return;
            }
            closed = true;
            if (failure == null) {
                stopDevice();
            }
        } catch (IOException e) {
            violation("at poweroff: " + e.getMessage());
        } finally {
            bigLock.unlock();
        }
        VringNotifiers.fire(stopEvent.number());
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        closeAll();
    }

    private void closeAll() throws IOException {
        while (!open.isEmpty()) {
            try {
                open.pop().close();
            } catch (IOException | RuntimeException e) {
                throw e;
            } catch (Exception e) {
                throw new IOException(e);
            }
        }
    }
}
