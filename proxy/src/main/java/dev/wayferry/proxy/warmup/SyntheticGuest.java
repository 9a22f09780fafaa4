package dev.wayferry.proxy.warmup;

import dev.wayferry.posix.PollSet;
import dev.wayferry.posix.Posix;
import dev.wayferry.proxy.queue.QueueLayout;
import dev.wayferry.wire.crossdomain.CrossDomain;
import dev.wayferry.wire.crossdomain.CrossDomainGetImageRequirements;
import dev.wayferry.wire.crossdomain.CrossDomainHeader;
import dev.wayferry.wire.crossdomain.CrossDomainInit;
import dev.wayferry.wire.crossdomain.CrossDomainReadWrite;
import dev.wayferry.wire.crossdomain.CrossDomainSendReceive;
import dev.wayferry.wire.gpu.CmdSubmit;
import dev.wayferry.wire.gpu.CtrlHeader;
import dev.wayferry.wire.gpu.CtxCreate;
import dev.wayferry.wire.gpu.ResourceCreateBlob;
import dev.wayferry.wire.gpu.ResourceRequest;
import dev.wayferry.wire.gpu.VirtioGpu;
import dev.wayferry.wire.virtqueue.DriverQueue;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A guest's driver with the busy part of many guest proxies: contexts that each POLL, SEND and ask how an image lies, over
 * and over, without allocating anything. Its memory begins at guest address 0.
 *
 * <p>Requests are written once, when a context is opened; a round only makes chains of them, in the shape of Linux's: each
 * in an indirect table, its fixed part apart from the rest. So what is warm, or was seen to allocate nothing, is what real
 * guests take.
 */
public final class SyntheticGuest implements AutoCloseable {
    private static final int PAGE = 4096;
    private static final int FIRST_CONTEXT = 1000;

    // The pages of a context: both rings, requests, responses.
    private static final int CHANNEL_RING = PAGE;
    private static final int SEND = 2 * PAGE;
    private static final int POLL = SEND + 3072;
    private static final int IMAGE_QUERY = POLL + 128;
    private static final int SETUP = POLL + 256;
    private static final int RESPONSES = 3 * PAGE;
    private static final int CONTEXT_SIZE = 4 * PAGE;

    /** Behind each response the descriptors of its request. */
    private static final int TABLE = 32;

    /** Of a SUBMIT_3D: its fixed part, its command, the response, as Linux has them. */
    private static final int MAX_BUFFERS = 3;

    /** Bytes of Wayland in a SEND: a wl_display.sync and its like. */
    private static final int DATA = 12;

    private static final int SEND_LENGTH = CmdSubmit.LENGTH + CrossDomainSendReceive.LENGTH + DATA;
    private static final int POLL_LENGTH = CmdSubmit.LENGTH + CrossDomainHeader.LENGTH;
    private static final int WRITE_LENGTH = CmdSubmit.LENGTH + CrossDomainReadWrite.LENGTH + DATA;
    private static final int IMAGE_QUERY_LENGTH = CmdSubmit.LENGTH + CrossDomainGetImageRequirements.LENGTH;

    private static final int MEMORY_ENTRY = 16;
    private static final int FOR_EVER = -1;

    /** A device on the guest's own thread, which does what it can when it is told to. */
    interface Device {
        void turn() throws IOException;
    }

    private final Arena arena = Arena.ofShared();
    private final MemorySegment memory;
    private final DriverQueue control;
    private final int kickFd;
    private final int callFd;
    private final long contexts;
    private final MemorySegment one = arena.allocateFrom(ValueLayout.JAVA_LONG, 1L);
    private final MemorySegment counter = arena.allocate(Long.BYTES);
    private final PollSet interrupt = new PollSet(1, arena);

    /** Where the response of each head in flight is. */
    private final long[] responses;

    private final @Nullable Device device;
    private int inFlight;
    private int polls;

    /**
     * @param memory the guest's, {@link #memorySize} bytes
     * @param kickFd the eventfd that tells the device of requests; stays the caller's
     * @param callFd the eventfd by which the device tells of answers; stays the caller's
     */
    public SyntheticGuest(MemorySegment memory, int queueSize, int kickFd, int callFd) {
        this(memory, queueSize, kickFd, callFd, null);
    }

    /** The same for a device on this thread, which never waits for an interrupt. */
    SyntheticGuest(MemorySegment memory, int queueSize, int kickFd, int callFd, @Nullable Device device) {
        this.device = device;
        this.memory = memory;
        this.control = new DriverQueue(memory, 0, queueSize, true);
        this.kickFd = kickFd;
        this.callFd = callFd;
        this.contexts = pages(DriverQueue.length(queueSize));
        this.responses = new long[queueSize];
        interrupt.add(callFd, Posix.POLLIN);
    }

    /** Bytes that a guest with such a queue and so many contexts needs. */
    public static long memorySize(int queueSize, int contexts) {
        return pages(DriverQueue.length(queueSize)) + (long) contexts * CONTEXT_SIZE;
    }

    private static long pages(long size) {
        return (size + PAGE - 1) & -PAGE;
    }

    /** Where the queue lies. */
    public QueueLayout layout() {
        return new QueueLayout(
                control.queueSize(), control.descriptorTable(), control.availRing(), control.usedRing(), true, true);
    }

    private long base(int context) {
        return contexts + (long) context * CONTEXT_SIZE;
    }

    /** Where the channel ring of this context is in guest memory. */
    public long channelRing(int context) {
        return base(context) + CHANNEL_RING;
    }

    private static int id(int context) {
        return FIRST_CONTEXT + context;
    }

    private static int resource(int context, int ring) {
        return 1 + 2 * context + ring;
    }

    // ---- opening and closing

    /** Makes a context with its rings and writes its requests; {@link #init} is still to come. */
    public void create(int context) throws IOException {
        long at = base(context);
        MemorySegment setup = setup(context, VirtioGpu.CMD_CTX_CREATE);
        new CtxCreate().wrap(setup, 0).contextInit(VirtioGpu.CAPSET_CROSS_DOMAIN);
        execute(context, CtxCreate.LENGTH);
        for (int ring = 0; ring < 2; ring++) {
            setup = setup(context, VirtioGpu.CMD_RESOURCE_CREATE_BLOB);
            new ResourceCreateBlob()
                    .wrap(setup, 0)
                    .resourceId(resource(context, ring))
                    .blobMem(VirtioGpu.BLOB_MEM_GUEST)
                    .size(PAGE)
                    .nrEntries(1);
            setup.set(ValueLayout.JAVA_LONG, ResourceCreateBlob.LENGTH, at + (long) ring * PAGE);
            setup.set(ValueLayout.JAVA_INT, ResourceCreateBlob.LENGTH + Long.BYTES, PAGE);
            execute(context, ResourceCreateBlob.LENGTH + MEMORY_ENTRY);
            executeOnResource(context, VirtioGpu.CMD_CTX_ATTACH_RESOURCE, ring);
        }
        MemorySegment send = command(context, SEND, CrossDomain.CMD_SEND, SEND_LENGTH);
        new CrossDomainSendReceive().wrap(send, CmdSubmit.LENGTH).opaqueDataSize(DATA);
        MemorySegment poll = command(context, POLL, CrossDomain.CMD_POLL, POLL_LENGTH);
        new CtrlHeader()
                .wrap(poll, 0)
                .flags(VirtioGpu.FLAG_FENCE | VirtioGpu.FLAG_INFO_RING_IDX)
                .ringIdx(CrossDomain.CHANNEL_RING);
        MemorySegment query = command(context, IMAGE_QUERY, CrossDomain.CMD_GET_IMAGE_REQUIREMENTS, IMAGE_QUERY_LENGTH);
        new CtrlHeader().wrap(query, 0).flags(VirtioGpu.FLAG_FENCE | VirtioGpu.FLAG_INFO_RING_IDX);
        new CrossDomainGetImageRequirements()
                .wrap(query, CmdSubmit.LENGTH)
                .width(640)
                .height(480)
                .drmFormat('X' | 'R' << 8 | '2' << 16 | '4' << 24)
                .flags(1);
    }

    /** Asks for a Wayland channel, or one on the socket of this UUID; it is answered once there is a connection. */
    public void init(int context, @Nullable UUID socket) {
        int length = socket == null ? CrossDomainInit.LENGTH : CrossDomainInit.RUTABAGA_LENGTH;
        MemorySegment command = command(context, SETUP, CrossDomain.CMD_INIT, CmdSubmit.LENGTH + length);
        CrossDomainInit init = new CrossDomainInit()
                .wrap(command, CmdSubmit.LENGTH)
                .queryRingId(resource(context, 0))
                .channelRingId(resource(context, 1))
                .channelType(socket == null ? CrossDomain.CHANNEL_TYPE_WAYLAND : CrossDomain.CHANNEL_TYPE_INTERNAL_SOCKET);
        if (socket != null) {
            init.internalSocketUuid(socket);
        }
        submit(context, SETUP, CmdSubmit.LENGTH + length);
    }

    /** Ends a context; its POLLs come back. */
    public void destroy(int context) throws IOException {
        setup(context, VirtioGpu.CMD_CTX_DESTROY);
        submit(context, SETUP, CtrlHeader.LENGTH);
        await(0);
        for (int ring = 0; ring < 2; ring++) {
            executeOnResource(context, VirtioGpu.CMD_RESOURCE_UNREF, ring);
        }
    }

    private void executeOnResource(int context, int type, int ring) throws IOException {
        MemorySegment setup = setup(context, type);
        new ResourceRequest().wrap(setup, 0).resourceId(resource(context, ring));
        execute(context, ResourceRequest.LENGTH);
    }

    private MemorySegment setup(int context, int type) {
        return request(context, SETUP, type);
    }

    private MemorySegment request(int context, int offset, int type) {
        MemorySegment request = memory.asSlice(base(context) + offset, offset == SEND ? SEND_LENGTH : 128).fill((byte) 0);
        new CtrlHeader().wrap(request, 0).type(type).ctxId(id(context));
        return request;
    }

    private MemorySegment command(int context, int offset, int cmd, int length) {
        MemorySegment request = request(context, offset, VirtioGpu.CMD_SUBMIT_3D);
        new CmdSubmit().wrap(request, 0).size(length - CmdSubmit.LENGTH);
        new CrossDomainHeader().wrap(request, CmdSubmit.LENGTH).cmd(cmd).cmdSize(length - CmdSubmit.LENGTH);
        return request;
    }

    /** Submits the request at hand and waits until it is answered with success. */
    private void execute(int context, int length) throws IOException {
        submit(context, SETUP, length);
        await(0);
    }

    // ---- rounds

    /** Submits a POLL; the device learns of it by {@link #kick}. */
    public void poll(int context) {
        polls++;
        submit(context, POLL, POLL_LENGTH);
    }

    /** Submits a SEND of 12 bytes; the device learns of it by {@link #kick}. */
    public void send(int context) {
        submit(context, SEND, SEND_LENGTH);
    }

    /** Submits {@code count} WRITEs to the pipe that came with the last POLL; the device learns of them by {@link #kick}. */
    void write(int context, int count) {
        int pipe = new CrossDomainSendReceive().wrap(memory, channelRing(context)).identifiers(0);
        formatWrite(context).identifier(pipe).opaqueDataSize(DATA);
        for (int i = 0; i < count; i++) {
            submit(context, SETUP, WRITE_LENGTH);
        }
    }

    /** Submits the end of what {@link #write} writes to; the device learns of it by {@link #kick}. */
    void hangUp(int context) {
        int pipe = new CrossDomainReadWrite().wrap(memory, base(context) + SETUP + CmdSubmit.LENGTH).identifier();
        formatWrite(context).identifier(pipe).hangUp(1);
        submit(context, SETUP, WRITE_LENGTH);
    }

    private CrossDomainReadWrite formatWrite(int context) {
        return new CrossDomainReadWrite()
                .wrap(command(context, SETUP, CrossDomain.CMD_WRITE, WRITE_LENGTH), CmdSubmit.LENGTH);
    }

    /** Submits a SEND with the end of a pipe to read from; the device learns of it by {@link #kick}. */
    void sendPipe(int context) throws IOException {
        CrossDomainSendReceive send =
                new CrossDomainSendReceive().wrap(memory, base(context) + SEND + CmdSubmit.LENGTH);
        send.numIdentifiers(1)
                .identifiers(0, CrossDomain.FIRST_GUEST_IDENTIFIER)
                .identifierTypes(0, CrossDomain.ID_TYPE_READ_PIPE);
        send(context);
        await(0);
        send.numIdentifiers(0);
    }

    /** Asks how an image would lie; the device learns of it by {@link #kick}. */
    public void queryImage(int context) {
        submit(context, IMAGE_QUERY, IMAGE_QUERY_LENGTH);
    }

    private void submit(int context, int offset, int length) {
        long response = base(context) + RESPONSES + offset - SEND;
        long request = base(context) + offset;
        int first = Math.min(length, CmdSubmit.LENGTH);
        control.beginIndirect(response + TABLE, MAX_BUFFERS);
        control.addBuffer(request, first, false);
        if (length > first) {
            control.addBuffer(request + first, length - first, false);
        }
        control.addBuffer(response, CtrlHeader.LENGTH, true);
        responses[control.endChain()] = response;
        inFlight++;
    }

    /** Shows the device what was submitted, and kicks it if it wants that. */
    public void kick() {
        if (control.publish()) {
            long unused = Posix.write(kickFd, one);
        }
    }

    /** Requests that were not answered yet. */
    public int inFlight() {
        return inFlight;
    }

    /**
     * Waits until at most {@code most} requests are in flight.
     *
     * @throws IOException when one of those that came back has failed
     */
    public void await(int most) throws IOException {
        kick();
        while (inFlight > most) {
            awaitAnswer();
        }
    }

    /** Waits until no POLL is in flight: all have received. Throws as {@link #await} does. */
    public void awaitReceived() throws IOException {
        kick();
        while (polls > 0) {
            awaitAnswer();
        }
    }

    private void awaitAnswer() throws IOException {
        int before = inFlight;
        if (device != null) {
            device.turn();
        }
        reap();
        if (device == null && inFlight == before && control.enableInterrupts()) {
            if (interrupt.poll(FOR_EVER) > 0) {
                long unused = Posix.read(callFd, counter);
            }
        }
    }

    private void reap() throws IOException {
        for (int head = control.takeUsed(); head != DriverQueue.NONE; head = control.takeUsed()) {
            long at = responses[head];
            int response = memory.get(ValueLayout.JAVA_INT, at + CtrlHeader.TYPE_OFFSET);
            inFlight--;
            if ((at - contexts) % CONTEXT_SIZE == RESPONSES + POLL - SEND) {
                polls--;
            }
            if (response != VirtioGpu.RESP_OK_NODATA) {
                throw new IOException("head " + head + " was answered with 0x" + Integer.toHexString(response));
            }
        }
    }

    @Override
    public void close() {
        arena.close();
    }
}
