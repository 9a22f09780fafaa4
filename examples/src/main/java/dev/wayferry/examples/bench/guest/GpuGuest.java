package dev.wayferry.examples.bench.guest;

import dev.wayferry.examples.loopback.GuestPages;
import dev.wayferry.examples.loopback.GuestRam;
import dev.wayferry.examples.loopback.LoopbackVmm;
import dev.wayferry.examples.loopback.VmmOptions;
import dev.wayferry.examples.loopback.Vring;
import dev.wayferry.wire.crossdomain.CrossDomain;
import dev.wayferry.wire.crossdomain.CrossDomainGetImageRequirements;
import dev.wayferry.wire.crossdomain.CrossDomainHeader;
import dev.wayferry.wire.crossdomain.CrossDomainInit;
import dev.wayferry.wire.crossdomain.CrossDomainSendReceive;
import dev.wayferry.wire.gpu.CmdSubmit;
import dev.wayferry.wire.gpu.CtrlHeader;
import dev.wayferry.wire.gpu.CtxCreate;
import dev.wayferry.wire.gpu.GetCapsetInfo;
import dev.wayferry.wire.gpu.MemEntry;
import dev.wayferry.wire.gpu.RespCapsetInfo;
import dev.wayferry.wire.gpu.ResourceCreateBlob;
import dev.wayferry.wire.gpu.ResourceRequest;
import dev.wayferry.wire.gpu.VirtioGpu;
import dev.wayferry.wire.virtqueue.DriverQueue;
import dev.wayferry.wire.virtqueue.SplitRing;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A guest of a vhost-user GPU back-end with cross-domain, whosever it is. What it submits, and in which order, is what Linux
 * submits; how it does so is as quick as can be: commands are formatted once, and the thread that waits for the interrupt is
 * the one that goes on.
 */
public final class GpuGuest implements Guest {
    private static final long RAM_SIZE = 128L << 20;

    /** On a machine that is too busy to measure anything, too, a back-end answers at last. */
    private static final int REPLY_TIMEOUT_MILLIS = 60_000;

    private static final long WANTED_FEATURES = bit(VirtioGpu.VIRTIO_GPU_F_VIRGL)
            | bit(VirtioGpu.VIRTIO_GPU_F_RESOURCE_BLOB)
            | bit(VirtioGpu.VIRTIO_GPU_F_CONTEXT_INIT)
            | bit(SplitRing.VIRTIO_F_INDIRECT_DESC)
            | bit(SplitRing.VIRTIO_F_EVENT_IDX)
            | bit(SplitRing.VIRTIO_F_VERSION_1);
    private static final long NEEDED_FEATURES = bit(VirtioGpu.VIRTIO_GPU_F_VIRGL)
            | bit(VirtioGpu.VIRTIO_GPU_F_RESOURCE_BLOB)
            | bit(VirtioGpu.VIRTIO_GPU_F_CONTEXT_INIT)
            | bit(SplitRing.VIRTIO_F_VERSION_1);
    private static final int CURSOR_QUEUE_SIZE = 16;
    private static final int POLL_LENGTH = 16;

    /** What {@link #open} submits. */
    private static final int OPENING_COMMANDS = 6;

    // The image that is asked for, and as sommelier asks: XR24, linear, for scanout.
    private static final int IMAGE_SIZE = 64;
    private static final int XRGB8888 = 0x34325258;
    private static final int LINEAR_SCANOUT = 0x11;

    private static final ValueLayout.OfInt LE_INT =
            ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final Arena arena = Arena.ofConfined();
    private final LoopbackVmm vmm;
    private final MemorySegment memory;
    private final GuestPages pages;
    private final CommandQueue queue;
    private final CallEvent call;
    private final List<@Nullable GpuConnection> connections = new ArrayList<>();
    private final CtrlHeader header = new CtrlHeader();
    private final GpuBlobs blobs = new GpuBlobs(this);
    private final GpuPictures pictures = new GpuPictures(this, blobs);
    private final GpuPipes pipes = new GpuPipes(this);
    private int lastResource;

    /** Connects to the back-end that listens at {@code socket}, and checks that it offers cross-domain. */
    public static GpuGuest connect(Path socket) throws IOException {
        return connect(socket, new VmmOptions());
    }

    /** The same by another kind of VMM. */
    static GpuGuest connect(Path socket, VmmOptions options) throws IOException {
        LoopbackVmm vmm = LoopbackVmm.connect(
                socket, options.ramSize(RAM_SIZE).replyTimeoutMillis(REPLY_TIMEOUT_MILLIS));
        try {
            return new GpuGuest(vmm);
        } catch (IOException | RuntimeException e) {
            vmm.close();
            throw e;
        }
    }

    private GpuGuest(LoopbackVmm vmm) throws IOException {
        this.vmm = vmm;
        GuestRam ram = vmm.ram();
        memory = ram.memory();
        pages = new GuestPages(GuestRam.FIRST_USABLE, memory.byteSize());
        long features = vmm.deviceFeatures() & WANTED_FEATURES;
        if ((features & NEEDED_FEATURES) != NEEDED_FEATURES) {
            throw new IOException("the back-end offers features 0x" + Long.toHexString(vmm.deviceFeatures())
                    + ", of which 0x" + Long.toHexString(NEEDED_FEATURES) + " are needed");
        }
        queue = new CommandQueue(vmm, pages.allocate(DriverQueue.length(CommandQueue.SIZE)), features);
        DriverQueue cursor = new DriverQueue(
                memory, pages.allocate(DriverQueue.length(CURSOR_QUEUE_SIZE)), CURSOR_QUEUE_SIZE, false);
        call = new CallEvent(vmm.callFd(VirtioGpu.CONTROLQ), arena);
        vmm.start(new Machine(), features, List.of(Vring.of(queue.ring()), Vring.of(cursor)));
        checkCapset();
    }

    /** What a VMM does to its guest; this one is never stopped. */
    private final class Machine implements LoopbackVmm.Guest {
        @Override
        public void freeze() {}

        @Override
        public void thaw() {}

        @Override
        public void gone(IOException why) {
            fail(why);
        }
    }

    private void checkCapset() throws IOException {
        int count = vmm.readConfig().get(LE_INT, VirtioGpu.CONFIG_NUM_CAPSETS_OFFSET);
        long block = pages.allocate(CommandQueue.BLOCK_SIZE);
        for (int i = 0; i < count; i++) {
            begin(block, VirtioGpu.CMD_GET_CAPSET_INFO, 0);
            new GetCapsetInfo().wrap(memory, block + CommandQueue.REQUEST).capsetIndex(i);
            queue.submit(block, GetCapsetInfo.LENGTH, 0, Finished.SETUP);
            queue.kick();
            while (queue.next() == Finished.NOTHING) {
                await();
            }
            queue.checkResponse();
            if (new RespCapsetInfo().wrap(memory, queue.response()).capsetId() == VirtioGpu.CAPSET_CROSS_DOMAIN) {
                pages.free(block, CommandQueue.BLOCK_SIZE);
                return;
            }
        }
        throw new IOException("none of the back-end's " + count + " capsets is cross-domain (5)");
    }

    void begin(long block, int type, int contextId) {
        memory.asSlice(block, CommandQueue.BLOCK_SIZE).fill((byte) 0);
        header.wrap(memory, block + CommandQueue.REQUEST).type(type).ctxId(contextId);
    }

    // ---- A connection's life.

    @Override
    public int open(int sendSlots) throws IOException {
        return open(sendSlots, CrossDomain.CHANNEL_TYPE_WAYLAND);
    }

    /** The same to another socket of the host's, by {@code CROSS_DOMAIN_CHANNEL_TYPE_*}. */
    public int open(int sendSlots, int channelType) throws IOException {
        if (sendSlots > MAX_SEND_SLOTS) {
            throw new IllegalArgumentException(sendSlots + " SENDs under way, at most " + MAX_SEND_SLOTS);
        }
        int connection = connections.indexOf(null);
        if (connection < 0) {
            connection = connections.size();
            connections.add(null);
        }
        while (!queue.hasRoom(OPENING_COMMANDS)) {
            if (next() == Finished.NOTHING) {
                kick();
                await();
            }
        }
        GpuConnection opened =
                new GpuConnection(pages, connection + 1, ++lastResource, ++lastResource, sendSlots);
        connections.set(connection, opened);
        formatOperations(opened, sendSlots);

        long create = opened.setupBlock(0);
        begin(create, VirtioGpu.CMD_CTX_CREATE, opened.contextId);
        new CtxCreate().wrap(memory, create + CommandQueue.REQUEST).contextInit(VirtioGpu.CAPSET_CROSS_DOMAIN);
        setUp(connection, create, CtxCreate.LENGTH, 0);
        ring(connection, opened.setupBlock(1), opened.setupBlock(2), opened.queryResource, opened.queryPage);
        ring(connection, opened.setupBlock(3), opened.setupBlock(4), opened.channelResource, opened.channelPage);
        long init = opened.setupBlock(5);
        formatSubmit(init, opened.contextId, 0, CrossDomain.CMD_INIT, CrossDomainInit.LENGTH);
        new CrossDomainInit().wrap(memory, command(init))
                .queryRingId(opened.queryResource)
                .channelRingId(opened.channelResource)
                .channelType(channelType);
        setUp(connection, init, CmdSubmit.LENGTH, CrossDomainInit.LENGTH);
        return connection;
    }

    /** From now on errors in answer to what the connection does are none of the guest's. */
    public void expectErrors(int connection) {
        at(connection).mayFail = true;
    }

    /** A page of guest RAM as a resource of the context. */
    private void ring(int connection, long create, long attach, int resource, long page) throws IOException {
        begin(create, VirtioGpu.CMD_RESOURCE_CREATE_BLOB, 0);
        new ResourceCreateBlob().wrap(memory, create + CommandQueue.REQUEST)
                .resourceId(resource)
                .blobMem(VirtioGpu.BLOB_MEM_GUEST)
                .blobFlags(VirtioGpu.BLOB_FLAG_USE_MAPPABLE)
                .nrEntries(1)
                .size(CrossDomain.RING_SIZE);
        new MemEntry().wrap(memory, create + CommandQueue.REQUEST + ResourceCreateBlob.LENGTH)
                .addr(vmm.ram().guestAddress(page))
                .length(CrossDomain.RING_SIZE);
        setUp(connection, create, ResourceCreateBlob.LENGTH, MemEntry.LENGTH);
        resourceCommand(connection, attach, VirtioGpu.CMD_CTX_ATTACH_RESOURCE, resource);
    }

    void resourceCommand(int connection, long block, int type, int resource) throws IOException {
        begin(block, type, type == VirtioGpu.CMD_RESOURCE_UNREF ? 0 : at(connection).contextId);
        new ResourceRequest().wrap(memory, block + CommandQueue.REQUEST).resourceId(resource);
        setUp(connection, block, ResourceRequest.LENGTH, 0);
    }

    void setUp(int connection, long block, int structure, int data) throws IOException {
        submit(connection, block, structure, data, Finished.of(Finished.SETUP, connection, 0));
    }

    private void formatOperations(GpuConnection opened, int sendSlots) {
        int context = opened.contextId;
        formatSubmit(opened.pollBlock(), context, CrossDomain.CHANNEL_RING, CrossDomain.CMD_POLL, POLL_LENGTH);
        long query = opened.queryBlock();
        formatSubmit(
                query,
                context,
                CrossDomain.QUERY_RING,
                CrossDomain.CMD_GET_IMAGE_REQUIREMENTS,
                CrossDomainGetImageRequirements.LENGTH);
        new CrossDomainGetImageRequirements().wrap(memory, command(query))
                .width(IMAGE_SIZE)
                .height(IMAGE_SIZE)
                .drmFormat(XRGB8888)
                .flags(LINEAR_SCANOUT);
        for (int slot = 0; slot < sendSlots; slot++) {
            formatSubmit(opened.sendBlock(slot), context, 0, CrossDomain.CMD_SEND, CrossDomainSendReceive.LENGTH);
        }
    }

    void formatSubmit(long block, int contextId, int ring, int cmd, int length) {
        begin(block, VirtioGpu.CMD_SUBMIT_3D, contextId);
        header.ringIdx(ring);
        new CmdSubmit().wrap(memory, block + CommandQueue.REQUEST).size(length);
        new CrossDomainHeader().wrap(memory, command(block)).cmd(cmd).cmdSize(length);
    }

    static long command(long block) {
        return block + CommandQueue.REQUEST + CmdSubmit.LENGTH;
    }

    @Override
    public void close(int connection) throws IOException {
        GpuConnection closed = at(connection);
        closed.closing = true;
        resourceCommand(
                connection, closed.setupBlock(0), VirtioGpu.CMD_CTX_DETACH_RESOURCE, closed.channelResource);
        resourceCommand(connection, closed.setupBlock(1), VirtioGpu.CMD_CTX_DETACH_RESOURCE, closed.queryResource);
        long destroy = closed.setupBlock(2);
        begin(destroy, VirtioGpu.CMD_CTX_DESTROY, closed.contextId);
        setUp(connection, destroy, CtrlHeader.LENGTH, 0);
        resourceCommand(connection, closed.setupBlock(3), VirtioGpu.CMD_RESOURCE_UNREF, closed.channelResource);
        resourceCommand(connection, closed.setupBlock(4), VirtioGpu.CMD_RESOURCE_UNREF, closed.queryResource);
        finish(connection);
        connections.set(connection, null);
        closed.close();
    }

    /** Waits until nothing of the connection is under way; of others nothing may end. */
    @Override
    public void finish(int connection) throws IOException {
        GpuConnection waiting = at(connection);
        kick();
        while (waiting.underWay > 0) {
            int finished = next();
            if (finished == Finished.NOTHING && waiting.underWay > 0) {
                await();
            } else if (finished != Finished.NOTHING && Finished.connection(finished) != connection) {
                throw new IllegalStateException("connection " + Finished.connection(finished)
                        + " is in use while " + connection + " is waited for");
            }
        }
    }

    /** The number of a resource that there is not yet. */
    int newResource() {
        return ++lastResource;
    }

    LoopbackVmm vmm() {
        return vmm;
    }

    GuestPages pages() {
        return pages;
    }

    CommandQueue queue() {
        return queue;
    }

    // ---- Operations.

    GpuConnection at(int connection) {
        GpuConnection found = connections.get(connection);
        if (found == null) {
            throw new IllegalStateException("connection " + connection + " is closed");
        }
        return found;
    }

    @Override
    public MemorySegment memory() {
        return memory;
    }

    @Override
    public long payload(int connection, int slot) {
        return at(connection).payload(slot);
    }

    @Override
    public long received(int connection) {
        return at(connection).received();
    }

    @Override
    public int receivedLength(int connection) {
        return memory.get(LE_INT, at(connection).channelPage + CrossDomainSendReceive.OPAQUE_DATA_SIZE_OFFSET);
    }

    @Override
    public void query(int connection) throws IOException {
        long block = at(connection).queryBlock();
        queue.fence(block);
        submit(
                connection,
                block,
                CmdSubmit.LENGTH,
                CrossDomainGetImageRequirements.LENGTH,
                Finished.of(Finished.QUERY, connection, 0));
    }

    @Override
    public void poll(int connection) throws IOException {
        long block = at(connection).pollBlock();
        queue.fence(block);
        submit(connection, block, CmdSubmit.LENGTH, POLL_LENGTH, Finished.of(Finished.POLL, connection, 0));
    }

    @Override
    public void send(int connection, int slot, int length) throws IOException {
        long block = at(connection).sendBlock(slot);
        int commandLength = CrossDomainSendReceive.LENGTH + length;
        long command = command(block);
        memory.set(LE_INT, block + CommandQueue.REQUEST + CmdSubmit.SIZE_OFFSET, commandLength);
        // cmd, ring_idx and cmd_size in one store.
        memory.set(LE_INT, command, CrossDomain.CMD_SEND | commandLength << 16);
        memory.set(LE_INT, command + CrossDomainSendReceive.OPAQUE_DATA_SIZE_OFFSET, length);
        submit(
                connection, block, CmdSubmit.LENGTH, commandLength, Finished.of(Finished.SEND, connection, slot));
    }

    /** Sends the payload of the first SEND with an identifier of {@code type}, and waits until that is done. */
    void sendNaming(int connection, int length, int identifier, int type) throws IOException {
        finish(connection);
        CrossDomainSendReceive send = new CrossDomainSendReceive().wrap(memory, command(at(connection).sendBlock(0)));
        send.numIdentifiers(1).identifiers(0, identifier).identifierTypes(0, type);
        send(connection, 0, length);
        finish(connection);
        send.numIdentifiers(0);
    }

    void submit(int connection, long block, int structure, int data, int finished) throws IOException {
        queue.submit(block, structure, data, finished);
        at(connection).underWay++;
    }

    @Override
    public boolean hasRoom(int operations) {
        return queue.hasRoom(operations);
    }

    @Override
    public void kick() {
        queue.kick();
    }

    @Override
    public int next() throws IOException {
        while (true) {
            int finished = queue.next();
            if (finished == Finished.NOTHING) {
                return finished;
            }
            GpuConnection connection = at(Finished.connection(finished));
            connection.underWay--;
            if (!connection.closing && !connection.mayFail) {
                queue.checkResponse();
            }
            if (Finished.kind(finished) != Finished.SETUP) {
                return finished;
            }
        }
    }

    @Override
    public void await() throws IOException {
        if (queue.ring().enableInterrupts()) {
            call.await();
        }
        queue.ring().disableInterrupts();
    }

    @Override
    public void await(long nanos) throws IOException {
        if (queue.ring().enableInterrupts()) {
            call.await(nanos);
        }
        queue.ring().disableInterrupts();
    }

    /** Resources, for who wants to map them. */
    public GpuBlobs blobs() {
        return blobs;
    }

    @Override
    public Pictures pictures() {
        return pictures;
    }

    @Override
    public Pipes pipes() {
        return pipes;
    }

    @Override
    public void fail(IOException why) {
        call.fail(why);
    }

    /** What the back-end did that would hurt a real VMM or guest. */
    public List<String> violations() {
        return vmm.violations();
    }

    /** Stops the device and disconnects. */
    @Override
    public void close() throws IOException {
        vmm.close();
        call.close();
        arena.close();
    }

    private static long bit(int number) {
        return 1L << number;
    }
}
