package dev.wayferry.proxy.vhostuser;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import dev.wayferry.posix.Epoll;
import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.Posix;
import dev.wayferry.posix.PosixException;
import dev.wayferry.proxy.log.GuestLog;
import dev.wayferry.proxy.loop.EventLoop;
import dev.wayferry.proxy.memory.GuestMemory;
import dev.wayferry.proxy.queue.InflightBuffer;
import dev.wayferry.proxy.queue.QueueException;
import dev.wayferry.proxy.queue.QueueLayout;
import dev.wayferry.proxy.virtio.SharedMemory;
import dev.wayferry.proxy.virtio.VirtioDevice;
import dev.wayferry.proxy.virtio.VmmNotices;
import dev.wayferry.wire.vhostuser.ConfigSpace;
import dev.wayferry.wire.vhostuser.InflightDescription;
import dev.wayferry.wire.vhostuser.VhostUser;
import dev.wayferry.wire.vhostuser.VringAddress;
import dev.wayferry.wire.vhostuser.VringState;
import dev.wayferry.wire.virtqueue.SplitRing;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The back-end's side of one vhost-user connection: configuration messages in, the device driven accordingly.
 *
 * <p>It runs on a thread of its own, always ready to answer, also while a map request waits on the back-channel. What
 * concerns the device it has done by the loop, which never blocks.
 *
 * <p>Source: vhost-user.rst.
 */
public final class VhostUserSession implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(VhostUserSession.class);

    /** What every VMM is offered; a dialect of shared memory comes on top. */
    private static final long PROTOCOL_FEATURES = 1L << VhostUser.PROTOCOL_F_MQ
            | 1L << VhostUser.PROTOCOL_F_REPLY_ACK
            | 1L << VhostUser.PROTOCOL_F_BACKEND_REQ
            | 1L << VhostUser.PROTOCOL_F_CONFIG
            | 1L << VhostUser.PROTOCOL_F_BACKEND_SEND_FD
            | 1L << VhostUser.PROTOCOL_F_INFLIGHT_SHMFD
            | 1L << VhostUser.PROTOCOL_F_CONFIGURE_MEM_SLOTS
            | 1L << VhostUser.PROTOCOL_F_SHARED_OBJECT;

    private static final long F_PROTOCOL_FEATURES = 1L << VhostUser.F_PROTOCOL_FEATURES;

    /** Features with which the rings would be others: ACCESS_PLATFORM, RING_PACKED, IN_ORDER, NOTIFICATION_DATA. */
    private static final long OTHER_RINGS = 1L << 33 | 1L << 34 | 1L << 35 | 1L << 38;

    private static final int UUID_LENGTH = 16;
    private static final ValueLayout.OfLong BIG_ENDIAN_LONG = JAVA_LONG_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

    private static final long FAILED = 1;
    private static final long OK = 0;

    private final String vm;
    private final GuestLog log;
    private final long offered;
    private final MessageSocket socket;
    private final BackChannel backChannel;
    private EventLoop loop;
    private VirtioDevice device;
    private Runnable beforeStart = () -> {};
    private MemoryTable memory;
    private Vring[] vrings = {};
    private @Nullable InflightMemory inflight;
    private @Nullable OwnedFd displaySocket;
    private long features;
    private long protocolFeatures;
    private long status;

    /** Takes ownership of the connected {@code socket}. The session serves nothing before {@link #run}. */
    @SuppressWarnings("NullAway.Init") // loop, device and memory are set by run, before anything uses them
    public VhostUserSession(String vm, ShmemOffer shmem, GuestLog log, OwnedFd socket) {
        this.vm = vm;
        this.log = log;
        this.offered = PROTOCOL_FEATURES | shmem.features();
        this.socket = new MessageSocket(socket);
        this.backChannel = new BackChannel(vm, log, BackChannel.PATIENCE_NANOS);
    }

    /** What the device maps blobs with. */
    public SharedMemory sharedMemory() {
        return backChannel;
    }

    /** What the device tells the VMM by itself. */
    public VmmNotices notices() {
        return backChannel;
    }

    /**
     * Serves the front-end until it hangs up.
     *
     * @param ringsStart run before a ring starts
     * @throws IOException when the front-end breaks the protocol, or the connection breaks
     */
    public void run(EventLoop eventLoop, VirtioDevice virtioDevice, Runnable ringsStart) throws IOException {
        loop = eventLoop;
        device = virtioDevice;
        beforeStart = ringsStart;
        memory = new MemoryTable(backChannel, map -> loop.call(() -> {
            device.useMemory(map);
            return true;
        }));
        vrings = new Vring[device.queueCount()];
        for (int i = 0; i < vrings.length; i++) {
            vrings[i] = new Vring();
        }
        try {
            while (socket.receive()) {
                handle(socket.header().request());
            }
        } catch (RejectedExecutionException e) {
            throw new IOException("the session's loop has ended", e);
        }
    }

    /** Ends {@link #run} and every wait for the VMM, from any thread. */
    public void shutdown() {
        socket.shutdown();
        backChannel.shutdown();
    }

    /** Closes what is left, after {@link #run}, the loop and the device have ended. */
    @Override
    public void close() {
        backChannel.close();
        for (Vring vring : vrings) {
            vring.closeFds();
        }
        if (memory != null) {
            memory.close();
        }
        if (inflight != null) {
            inflight.close();
        }
        Vring.close(displaySocket);
        socket.close();
    }

    // ---- messages

    private void handle(int request) throws IOException {
        boolean needReply = (socket.header().flags() & VhostUser.FLAG_NEED_REPLY) != 0;
        LOG.debug("vm={} {} of {} bytes, {} fds", vm, VhostUser.requestName(request), socket.header().size(),
                socket.fds().size());
        if (LOG.isTraceEnabled()) {
            byte[] payload = socket.payload().asSlice(0, socket.header().size()).toArray(JAVA_BYTE);
            LOG.trace("vm={} request={} flags={} fds={} payload={}", vm, request, socket.header().flags(),
                    socket.fds().size(), HexFormat.of().formatHex(payload));
        }
        switch (request) {
            case VhostUser.GET_FEATURES -> replyU64(request, device.features() | F_PROTOCOL_FEATURES);
            case VhostUser.GET_PROTOCOL_FEATURES -> replyU64(request, offered);
            case VhostUser.GET_QUEUE_NUM -> replyU64(request, device.queueCount());
            case VhostUser.GET_MAX_MEM_SLOTS -> replyU64(request, MemoryTable.MAX_SLOTS);
            case VhostUser.GET_STATUS -> replyU64(request, status);
            case VhostUser.GET_CONFIG -> getConfig();
            case VhostUser.GET_SHMEM_CONFIG -> {
                backChannel.dialectHeard(ShmemDialect.STANDARD);
                reply(request, ShmemDialect.writeConfig(socket.payload(), device::sharedMemorySize));
            }
            case VhostUser.GET_SHARED_MEMORY_REGIONS -> {
                backChannel.dialectHeard(ShmemDialect.LEGACY);
                reply(request, ShmemDialect.writeRegions(socket.payload(), device::sharedMemorySize));
            }
            case VhostUser.GET_SHARED_OBJECT -> getSharedObject();
            case VhostUser.GET_VRING_BASE -> getVringBase();
            case VhostUser.GET_INFLIGHT_FD -> getInflightFd();
            default -> {
                long result = OK;
                try {
                    set(request);
                } catch (VhostUserException e) {
                    log.warn(LOG, "vm={} {}: {}", vm, VhostUser.requestName(request), e.getMessage());
                    result = FAILED;
                }
                if (needReply && (protocolFeatures & 1L << VhostUser.PROTOCOL_F_REPLY_ACK) != 0) {
                    replyU64(request, result);
                }
            }
        }
    }

    /** A request that has no answer of its own. */
    private void set(int request) throws IOException {
        switch (request) {
            case VhostUser.SET_FEATURES -> setFeatures(u64());
            case VhostUser.SET_PROTOCOL_FEATURES -> setProtocolFeatures(u64());
            case VhostUser.SET_OWNER, VhostUser.RESET_OWNER -> LOG.debug("vm={} nothing to do", vm);
            case VhostUser.SET_MEM_TABLE -> memory.set(socket.payload(), socket.header().size(), socket.fds());
            case VhostUser.ADD_MEM_REG -> memory.add(region(), fd());
            case VhostUser.REM_MEM_REG -> memory.remove(region());
            case VhostUser.SET_VRING_NUM -> setVringNum();
            case VhostUser.SET_VRING_ADDR -> setVringAddr();
            case VhostUser.SET_VRING_BASE -> vringOf(state().index()).base = state().num() & 0xffff;
            case VhostUser.SET_VRING_ENABLE -> {
                Vring vring = vringOf(state().index());
                vring.enabled = state().num() != 0;
                apply(state().index());
            }
            case VhostUser.SET_VRING_KICK, VhostUser.SET_VRING_CALL, VhostUser.SET_VRING_ERR -> setVringFd(request);
            case VhostUser.SET_BACKEND_REQ_FD -> backChannel.connect(fd());
            case VhostUser.SET_CONFIG -> setConfig();
            case VhostUser.SET_INFLIGHT_FD -> setInflightFd();
            case VhostUser.RESET_DEVICE -> resetDevice();
            case VhostUser.SET_STATUS -> {
                status = u64();
                if (status == 0) {
                    resetDevice();
                }
            }
            case VhostUser.GPU_SET_SOCKET -> {
                // Its display protocol is begun by us, if at all: there is nothing to show, so nothing is said.
                Vring.close(displaySocket);
                displaySocket = fd();
                log.warn(LOG, "vm={} this is QEMU's vhost-user-gpu or vhost-user-vga, which can't carry cross-domain: it passes"
                        + " no RESOURCE_BLOB and CONTEXT_INIT on and maps nothing; use vhost-user-test-device-pci of"
                        + " QEMU 11.1", vm);
            }
            default -> throw new VhostUserException("is not served");
        }
    }

    private void setFeatures(long value) throws IOException {
        long unknown = value & ~(device.features() | F_PROTOCOL_FEATURES);
        if ((unknown & OTHER_RINGS) != 0) {
            throw new VhostUserException(String.format("features 0x%x, of which 0x%x were not offered", value, unknown));
        }
        if (unknown != 0) {
            // QEMU's vhost-user-gpu adds RING_RESET, which it sees to itself.
            LOG.debug("vm={} features 0x{} were not offered", vm, Long.toHexString(unknown));
        }
        long known = value & ~unknown;
        if (features != known) {
            features = known;
            run(() -> device.negotiated(known));
        }
        if ((value & F_PROTOCOL_FEATURES) == 0) {
            for (int i = 0; i < vrings.length; i++) {
                vrings[i].enabled = true;
                apply(i);
            }
        }
    }

    private void setProtocolFeatures(long value) {
        long unknown = value & ~offered;
        if (unknown != 0) {
            log.warn(LOG, "vm={} protocol features 0x{} were acknowledged and not offered", vm, Long.toHexString(unknown));
        }
        protocolFeatures = value & offered;
        backChannel.protocolFeatures(protocolFeatures);
        if (!backChannel.isAvailable()) {
            log.warn(LOG, "vm={} this VMM can't map memory into the guest, it acknowledges 0x{} and lacks {}: there is no"
                    + " host-visible memory", vm, Long.toHexString(value),
                    backChannel.dialect() == null ? "SHMEM (bits 22 and 31 are known)" : "BACKEND_REQ (bit 5)");
        } else {
            LOG.debug("vm={} maps by the {} messages", vm, backChannel.dialect());
        }
    }

    private void setVringNum() throws IOException {
        int num = state().num();
        if (num <= 0 || num > SplitRing.MAX_QUEUE_SIZE || Integer.bitCount(num) != 1) {
            throw new VhostUserException("ring " + state().index() + ": " + Integer.toUnsignedString(num)
                    + " entries is no power of two up to " + SplitRing.MAX_QUEUE_SIZE);
        }
        vringOf(state().index()).num = num;
    }

    private void setVringAddr() throws IOException {
        VringAddress address = new VringAddress().wrap(payload(VringAddress.LENGTH), 0);
        Vring vring = vringOf(address.index());
        vring.descriptor = address.descriptor();
        vring.available = address.available();
        vring.used = address.used();
        vring.hasAddress = true;
    }

    private void setVringFd(int request) throws IOException {
        long value = u64();
        int index = (int) (value & VhostUser.VRING_INDEX_MASK);
        Vring vring = vringOf(index);
        OwnedFd fd = (value & VhostUser.VRING_NOFD_MASK) != 0 ? null : eventFd(index);
        switch (request) {
            case VhostUser.SET_VRING_KICK -> {
                stopWatching(vring);
                Vring.close(vring.kick);
                vring.kick = fd;
                vring.kickSet = true;
                if (fd == null) {
                    log.warn(LOG, "vm={} ring {} has no kick descriptor; polled rings are not served", vm, index);
                }
                if (vring.started) {
                    watch(index, vring);
                } else {
                    apply(index);
                }
            }
            case VhostUser.SET_VRING_CALL -> {
                OwnedFd old = vring.call;
                vring.call = fd;
                // The ring may be running; the old descriptor is closed only when the loop uses the new one.
                run(() -> device.callFd(index, vring.callNumber()));
                Vring.close(old);
            }
            default -> {
                OwnedFd old = vring.err;
                vring.err = fd;
                run(() -> device.errFd(index, vring.errNumber()));
                Vring.close(old);
            }
        }
    }

    // ---- rings

    /** Starts or stops the ring as what has been said of it demands. */
    private void apply(int index) throws IOException {
        Vring vring = vrings[index];
        boolean wanted = vring.enabled && vring.kickSet && vring.hasAddress && vring.num > 0;
        if (wanted == vring.started) {
            return;
        }
        if (wanted) {
            start(index, vring);
        } else {
            stop(index, vring);
        }
    }

    private void start(int index, Vring vring) throws IOException {
        beforeStart.run();
        GuestMemory map = memory.current();
        QueueLayout layout = new QueueLayout(
                vring.num,
                guestAddress(map, index, "descriptor table", vring.descriptor),
                guestAddress(map, index, "available ring", vring.available),
                guestAddress(map, index, "used ring", vring.used),
                (features & 1L << SplitRing.VIRTIO_F_EVENT_IDX) != 0,
                (features & 1L << SplitRing.VIRTIO_F_INDIRECT_DESC) != 0);
        InflightBuffer buffer = inflight == null ? null : inflight.buffer(index, vring.num);
        String wrong = loop.call(() -> {
            try {
                device.startQueue(index, layout, vring.callNumber(), vring.base, buffer);
                return "";
            } catch (QueueException e) {
                return String.valueOf(e.getMessage());
            }
        });
        if (!wrong.isEmpty()) {
            throw new VhostUserException("ring " + index + " can't start: " + wrong);
        }
        vring.started = true;
        backChannel.suspended(false);
        log.info(LOG, "vm={} ring {} runs, {} entries from {}, EVENT_IDX {}, INDIRECT {}",
                vm, index, vring.num, vring.base, layout.eventIdx(), layout.indirect());
        watch(index, vring);
    }

    private static long guestAddress(GuestMemory map, int index, String what, long userAddress)
            throws VhostUserException {
        long address = map.ofUserAddress(userAddress);
        if (address < 0) {
            throw new VhostUserException(String.format(
                    "ring %d can't start: %s at user address 0x%x lies outside guest memory %s", index, what, userAddress, map));
        }
        return address;
    }

    private void watch(int index, Vring vring) throws IOException {
        OwnedFd kick = vring.kick;
        if (kick == null) {
            return;
        }
        // Edge-triggered, so that it need not be read: each write is an edge.
        int error = loop.call(() -> {
            try {
                vring.registration = loop.register(
                        kick.number(), Epoll.EPOLLIN | Epoll.EPOLLET, _ -> device.kick(index));
                device.kick(index);
                return 0;
            } catch (PosixException e) {
                return e.errno();
            }
        });
        if (error != 0) {
            throw new PosixException("watching the kick descriptor of ring " + index, error);
        }
    }

    private void stopWatching(Vring vring) {
        run(() -> {
            EventLoop.Registration registration = vring.registration;
            if (registration != null) {
                registration.cancel();
                vring.registration = null;
            }
        });
    }

    private int stop(int index, Vring vring) {
        stopWatching(vring);
        int nextAvail = loop.call(() -> device.stopQueue(index));
        vring.started = false;
        vring.base = nextAvail;
        backChannel.suspended(Arrays.stream(vrings).noneMatch(other -> other.started));
        log.info(LOG, "vm={} ring {} stops at {}", vm, index, nextAvail);
        return nextAvail;
    }

    private void getVringBase() throws IOException {
        int index = state().index();
        Vring vring = vringOf(index);
        if (vring.started) {
            int unused = stop(index, vring);
        }
        run(() -> {
            device.callFd(index, Vring.NO_FD);
            device.errFd(index, Vring.NO_FD);
        });
        vring.closeFds();
        new VringState().wrap(socket.payload(), 0).index(index).num(vring.base);
        reply(VhostUser.GET_VRING_BASE, VringState.LENGTH);
    }

    private void resetDevice() throws IOException {
        for (int i = 0; i < vrings.length; i++) {
            if (vrings[i].started) {
                int unused = stop(i, vrings[i]);
            }
            vrings[i].enabled = false;
            vrings[i].base = 0;
        }
        String wrong = loop.call(() -> {
            try {
                device.reset();
                return "";
            } catch (IOException e) {
                return String.valueOf(e.getMessage());
            }
        });
        if (!wrong.isEmpty()) {
            // A reset can't be refused: the VMM takes it for done, whatever the answer.
            throw new IOException(wrong);
        }
    }

    private void run(Runnable task) {
        boolean unused = loop.call(() -> {
            task.run();
            return true;
        });
    }

    private void getInflightFd() throws IOException {
        InflightDescription description =
                new InflightDescription().wrap(payload(InflightDescription.LENGTH), 0);
        try (OwnedFd file = InflightMemory.create(description)) {
            // Some front-ends send the structure with the padding at its end, and want it back so.
            reply(VhostUser.GET_INFLIGHT_FD, socket.header().size(), file.number());
        }
    }

    /** The reply names the object again, and has its descriptor along if there still is one. */
    private void getSharedObject() throws IOException {
        MemorySegment payload = socket.payload();
        UUID uuid = socket.header().size() < UUID_LENGTH
                ? new UUID(0, 0)
                : new UUID(payload.get(BIG_ENDIAN_LONG, 0), payload.get(BIG_ENDIAN_LONG, Long.BYTES));
        try (OwnedFd file = loop.call(() -> Optional.ofNullable(device.sharedObject(uuid))).orElse(null)) {
            LOG.debug("vm={} another device asks for {}: {}", vm, uuid, file == null ? "it is gone" : "there it is");
            reply(VhostUser.GET_SHARED_OBJECT, socket.header().size(),
                    file == null ? MessageSocket.NO_FD : file.number());
        }
    }

    private void setInflightFd() throws IOException {
        if (Arrays.stream(vrings).anyMatch(vring -> vring.started)) {
            throw new VhostUserException("comes while a ring runs");
        }
        try (OwnedFd file = fd()) {
            InflightMemory next = InflightMemory.map(
                    new InflightDescription().wrap(payload(InflightDescription.LENGTH), 0), file);
            if (inflight != null) {
                inflight.close();
            }
            inflight = next;
        }
    }

    // ---- configuration

    private void getConfig() throws IOException {
        ConfigSpace config = new ConfigSpace().wrap(socket.payload(), 0);
        int given = socket.header().size() - ConfigSpace.LENGTH;
        // The guest chooses offset and size, and a failed answer ends some VMMs: what lies outside reads as zeros.
        int size = Math.clamp(Integer.toUnsignedLong(config.size()), 0, Math.max(0, given));
        long offset = Integer.toUnsignedLong(config.offsetInSpace());
        for (int i = 0; i < size; i++) {
            byte value = offset + i < VhostUser.MAX_CONFIG_SIZE ? device.readConfig((int) offset + i) : 0;
            socket.payload().set(JAVA_BYTE, ConfigSpace.LENGTH + (long) i, value);
        }
        reply(VhostUser.GET_CONFIG, ConfigSpace.LENGTH + size);
    }

    private void setConfig() throws IOException {
        MemorySegment payload = payload(ConfigSpace.LENGTH);
        ConfigSpace config = new ConfigSpace().wrap(payload, 0);
        int size = socket.header().size() - ConfigSpace.LENGTH;
        long offset = Integer.toUnsignedLong(config.offsetInSpace());
        byte[] values = payload.asSlice(ConfigSpace.LENGTH, size).toArray(JAVA_BYTE);
        run(() -> {
            for (int i = 0; i < size && offset + i < VhostUser.MAX_CONFIG_SIZE; i++) {
                device.writeConfig((int) offset + i, values[i]);
            }
        });
    }

    // ---- payloads

    private MemorySegment payload(int atLeast) throws VhostUserException {
        if (socket.header().size() < atLeast) {
            throw new VhostUserException("has " + socket.header().size() + " bytes, at least " + atLeast);
        }
        return socket.payload();
    }

    private long u64() throws VhostUserException {
        return payload(Long.BYTES).get(JAVA_LONG, 0);
    }

    private VringState state() throws VhostUserException {
        return new VringState().wrap(payload(VringState.LENGTH), 0);
    }

    private MemorySegment region() throws VhostUserException {
        return payload(MemoryTable.SINGLE_REGION_LENGTH);
    }

    private Vring vringOf(int index) throws VhostUserException {
        if (index < 0 || index >= vrings.length) {
            throw new VhostUserException("ring " + Integer.toUnsignedString(index) + " of " + vrings.length);
        }
        return vrings[index];
    }

    /** Takes the one descriptor that came. */
    private OwnedFd fd() throws VhostUserException {
        if (socket.fds().size() != 1) {
            throw new VhostUserException("came with " + socket.fds().size() + " descriptors, not 1");
        }
        return socket.fds().removeFirst();
    }

    /** Takes the one descriptor that came, which has to be an eventfd: others could block the loop, or close slowly. */
    private OwnedFd eventFd(int index) throws VhostUserException {
        OwnedFd fd = fd();
        String link = Posix.linkOf(fd.number());
        if (!link.equals("anon_inode:[eventfd]") || Posix.setNonBlocking(fd.number(), true) < 0) {
            fd.close();
            throw new VhostUserException("ring " + index + ": its descriptor is no eventfd");
        }
        return fd;
    }

    private void replyU64(int request, long value) throws IOException {
        socket.payload().set(JAVA_LONG, 0, value);
        reply(request, Long.BYTES);
    }

    private void reply(int request, int size) throws IOException {
        reply(request, size, MessageSocket.NO_FD);
    }

    /** Replies with the payload's first {@code size} bytes and a descriptor, which stays the caller's. */
    private void reply(int request, int size, int fd) throws IOException {
        socket.header().request(request).flags(VhostUser.VERSION | VhostUser.FLAG_REPLY);
        socket.send(size, fd);
    }
}
