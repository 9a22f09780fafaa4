package dev.wayferry.examples.guestproxy;

import dev.wayferry.examples.virtgpu.VirtGpuBlob;
import dev.wayferry.examples.virtgpu.VirtGpuContext;
import dev.wayferry.examples.virtgpu.VirtGpuDevice;
import dev.wayferry.wire.crossdomain.CrossDomain;
import dev.wayferry.wire.crossdomain.CrossDomainGetImageRequirements;
import dev.wayferry.wire.crossdomain.CrossDomainHeader;
import dev.wayferry.wire.crossdomain.CrossDomainImageRequirements;
import dev.wayferry.wire.crossdomain.CrossDomainInit;
import dev.wayferry.wire.crossdomain.CrossDomainReadWrite;
import dev.wayferry.wire.crossdomain.CrossDomainSendReceive;
import dev.wayferry.wire.gpu.VirtioGpu;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * One connection to the host's compositor: a cross-domain context with a Wayland channel.
 *
 * <p>Towards the host: {@link #send} gathers bytes and files into SEND commands, {@link #flush} submits what is gathered,
 * {@link #write} carries a pipe's bytes. From the host: the channel ring is a mailbox. {@link #poll} gives it to the host,
 * which puts one message there and signals the fence; {@link #takeMessage} then tells its kind, and the message stays in
 * place until the next {@link #poll}.
 *
 * <p>Everything by the thread that made it.
 */
final class CrossDomainChannel implements AutoCloseable {
    private static final int NUM_RINGS = 2;
    private static final long POLL_RINGS_MASK = 1L << CrossDomain.CHANNEL_RING;
    private static final int POLL_LENGTH = 16;
    private static final int WORD = 4;

    /** What one SEND carries: as much as a RECEIVE, although only the command's size field bounds it. */
    static final int MAX_SEND_DATA = CrossDomain.MAX_RECEIVE_DATA;

    private final VirtGpuContext context;
    private final GuestProxyCounters counters;
    private final Arena arena = Arena.ofConfined();
    private final MemorySegment command = arena.allocate(CrossDomain.RING_SIZE, Long.BYTES);
    private final MemorySegment sendCommand = arena.allocate(CrossDomain.RING_SIZE, Long.BYTES);
    private final CrossDomainHeader header = new CrossDomainHeader();
    private final CrossDomainSendReceive sending = new CrossDomainSendReceive().wrap(sendCommand, 0);
    private final CrossDomainSendReceive received = new CrossDomainSendReceive();
    private final CrossDomainReadWrite read = new CrossDomainReadWrite();
    private final CrossDomainImageRequirements requirements = new CrossDomainImageRequirements();
    private final FlowControl sendFlow;
    private final VirtGpuBlob queryRing;
    private final VirtGpuBlob channelRing;
    private final MemorySegment query;
    private final MemorySegment ring;
    private int sendBytes;
    private int sendFiles;
    private boolean sendHasPipe;
    private boolean polling;

    private CrossDomainChannel(VirtGpuContext context, GuestProxyCounters counters) throws IOException {
        this.context = context;
        this.counters = counters;
        sendFlow = openFlow();
        queryRing = createPage();
        channelRing = createPage();
        query = queryRing.map();
        ring = channelRing.map();
        received.wrap(ring, 0);
        read.wrap(ring, 0);
        requirements.wrap(query, 0);
        var init = new CrossDomainInit().wrap(command, 0);
        init.queryRingId(queryRing.resourceId())
                .channelRingId(channelRing.resourceId())
                .channelType(CrossDomain.CHANNEL_TYPE_WAYLAND);
        submit(command, CrossDomain.CMD_INIT, CrossDomainInit.LENGTH, VirtGpuContext.NO_RING);
    }

    /**
     * Opens a context and has the host connect it to its compositor. Whether the host could is not told: if not, the first
     * message is the end of the channel.
     */
    static CrossDomainChannel open(VirtGpuDevice device, GuestProxyCounters counters) throws IOException {
        VirtGpuContext context =
                device.openContext(VirtioGpu.CAPSET_CROSS_DOMAIN, NUM_RINGS, POLL_RINGS_MASK);
        try {
            return new CrossDomainChannel(context, counters);
        } catch (IOException | RuntimeException e) {
            context.close();
            throw e;
        }
    }

    /** For a stream of commands to the host; to be closed before this. */
    FlowControl openFlow() {
        return new FlowControl(context, this::createPage);
    }

    private VirtGpuBlob createPage() throws IOException {
        return context.createBlob(
                VirtioGpu.BLOB_MEM_GUEST, VirtioGpu.BLOB_FLAG_USE_MAPPABLE, CrossDomain.RING_SIZE, 0);
    }

    /** Readable when {@link #takeMessage} may have one; it stays the context's. */
    int eventFd() {
        return context.eventFd();
    }

    /** Gives the mailbox to the host, which overwrites the message in it; nothing if the host has it already. */
    void poll() throws IOException {
        if (!polling) {
            polling = true;
            submit(command, CrossDomain.CMD_POLL, POLL_LENGTH, CrossDomain.CHANNEL_RING);
        }
    }

    boolean isPolling() {
        return polling;
    }

    /** The command of the message in the mailbox ({@code CrossDomain.CMD_*}), or 0 when there is none yet. */
    int takeMessage() throws IOException {
        if (!polling || !context.takeEvent()) {
            return 0;
        }
        polling = false;
        return header.wrap(ring, 0).cmd();
    }

    /** The mailbox. */
    MemorySegment ring() {
        return ring;
    }

    /** The message in the mailbox as a RECEIVE. */
    CrossDomainSendReceive received() {
        return received;
    }

    /** The message in the mailbox as a READ. */
    CrossDomainReadWrite read() {
        return read;
    }

    /**
     * Gathers bytes for the compositor, and files that go with them. A file goes with the first of its message's bytes or
     * before, as receivers demand, and never without a byte, because a stream socket would lose it.
     *
     * @throws IOException when the host's device fails, or the files don't fit the bytes
     */
    void send(MemorySegment from, long offset, long length, Identifiers files) throws IOException {
        long done = 0;
        for (int i = 0; i < files.count(); i++) {
            if (!hasRoomForFile(files.type(i))) {
                if (sendBytes == 0) {
                    if (length - done <= WORD) {
                        throw new IOException(files.count() + " files with a message of " + length + " bytes");
                    }
                    gather(from, offset, WORD);
                    done += WORD;
                }
                flush();
            }
            boolean pipe = files.type(i) == CrossDomain.ID_TYPE_READ_PIPE;
            sending.identifiers(sendFiles, files.id(i))
                    .identifierTypes(sendFiles, files.type(i))
                    .identifierSizes(sendFiles, 0);
            sendFiles++;
            sendHasPipe |= pipe;
            counters.filesSent.increment();
        }
        gather(from, offset + done, length - done);
    }

    /** The reference host takes one pipe a SEND. */
    private boolean hasRoomForFile(int type) {
        return sendFiles < CrossDomain.MAX_IDENTIFIERS
                && sendBytes < MAX_SEND_DATA
                && !(type == CrossDomain.ID_TYPE_READ_PIPE && sendHasPipe);
    }

    private void gather(MemorySegment from, long offset, long length) throws IOException {
        long done = 0;
        while (done < length) {
            if (sendBytes == MAX_SEND_DATA) {
                flush();
            }
            long part = Math.min(length - done, MAX_SEND_DATA - sendBytes);
            MemorySegment.copy(
                    from, offset + done, sendCommand, CrossDomainSendReceive.LENGTH + (long) sendBytes, part);
            sendBytes += (int) part;
            done += part;
        }
    }

    /** Submits what is gathered. */
    void flush() throws IOException {
        if (sendBytes == 0) {
            return;
        }
        sending.numIdentifiers(sendFiles).opaqueDataSize(sendBytes);
        int length = CrossDomainSendReceive.LENGTH + sendBytes;
        sendBytes = 0;
        sendFiles = 0;
        sendHasPipe = false;
        submitPaced(sendCommand, CrossDomain.CMD_SEND, length, sendFlow);
        counters.sends.increment();
    }

    /** Whether the compositor takes what is sent. If not, no more should be gathered. */
    boolean takesMore() throws IOException {
        return sendFlow.isOpen();
    }

    /** Where {@link #write} takes its bytes from: at most {@link CrossDomain#MAX_READ_DATA}. */
    MemorySegment writeBuffer() {
        return command.asSlice(CrossDomainReadWrite.LENGTH, CrossDomain.MAX_READ_DATA);
    }

    /** Submits the first {@code length} bytes of {@link #writeBuffer} as a pipe's next, or its end. */
    void write(int identifier, int length, boolean hangUp, FlowControl flow) throws IOException {
        new CrossDomainReadWrite().wrap(command, 0)
                .identifier(identifier)
                .hangUp(hangUp ? 1 : 0)
                .opaqueDataSize(length);
        submitPaced(command, CrossDomain.CMD_WRITE, CrossDomainReadWrite.LENGTH + length, flow);
    }

    /**
     * Asks for an image's requirements and waits for the answer, which is valid until the next question. A host that fails
     * to answer leaves size and blob id 0.
     */
    CrossDomainImageRequirements queryImage(int width, int height, int drmFormat, int flags) throws IOException {
        query.asSlice(0, CrossDomainImageRequirements.LENGTH).fill((byte) 0);
        new CrossDomainGetImageRequirements().wrap(command, 0)
                .width(width)
                .height(height)
                .drmFormat(drmFormat)
                .flags(flags);
        submit(
                command,
                CrossDomain.CMD_GET_IMAGE_REQUIREMENTS,
                CrossDomainGetImageRequirements.LENGTH,
                CrossDomain.QUERY_RING,
                queryRing);
        context.await(queryRing);
        return requirements;
    }

    /** Makes a resource of what the host named: a file that came with a RECEIVE, or an image's template. */
    VirtGpuBlob createHostBlob(long size, int blobId) throws IOException {
        return context.createBlob(
                VirtioGpu.BLOB_MEM_HOST3D,
                VirtioGpu.BLOB_FLAG_USE_MAPPABLE | VirtioGpu.BLOB_FLAG_USE_SHAREABLE,
                size,
                Integer.toUnsignedLong(blobId));
    }

    /** Makes a resource of a dma-buf that some context of this device exported. */
    VirtGpuBlob importBlob(int fd) throws IOException {
        return context.importBlob(fd);
    }

    private void submitPaced(MemorySegment commands, int cmd, int length, FlowControl flow) throws IOException {
        VirtGpuBlob[] mark = flow.next(length);
        submit(commands, cmd, length, mark.length == 0 ? VirtGpuContext.NO_RING : CrossDomain.QUERY_RING, mark);
    }

    private void submit(MemorySegment commands, int cmd, int length, int timeline, VirtGpuBlob... fenced)
            throws IOException {
        commands.asSlice(0, CrossDomainHeader.LENGTH).fill((byte) 0);
        header.wrap(commands, 0).cmd(cmd).cmdSize(length);
        context.submit(commands.asSlice(0, length), timeline, fenced);
    }

    /** Ends the connection on the host too. */
    @Override
    public void close() throws IOException {
        try {
            sendFlow.close();
            channelRing.close();
            queryRing.close();
        } finally {
            context.close();
            arena.close();
        }
    }
}
