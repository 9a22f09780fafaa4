package dev.wayferry.examples.testing;

import dev.wayferry.examples.virtgpu.VirtGpuBlob;
import dev.wayferry.examples.virtgpu.VirtGpuContext;
import dev.wayferry.examples.virtgpu.VirtGpuDevice;
import dev.wayferry.posix.Posix;
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
import java.lang.foreign.ValueLayout;
import java.net.SocketTimeoutException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The least that a guest proxy does with a context: one Wayland channel, message by message. */
public final class GuestChannel implements AutoCloseable {
    private static final int PATIENCE_MILLIS = 60_000;
    private static final int POLL_LENGTH = 16;
    private static final int RINGS = 2;
    private static final int MAPPABLE = VirtioGpu.BLOB_FLAG_USE_MAPPABLE;

    /** A file that came or goes with a message. */
    public record Identifier(int id, int type, int size) {}

    /** What was in the mailbox: a RECEIVE, or a READ with its pipe's number in {@code identifiers}. */
    public record Message(int cmd, List<Identifier> identifiers, byte[] data, boolean hangUp) {}

    private final Arena arena = Arena.ofShared();
    private final MemorySegment command = arena.allocate(CrossDomain.RING_SIZE + 1024L, Long.BYTES);
    private final VirtGpuContext context;
    private final VirtGpuBlob queryRing;
    private final VirtGpuBlob channelRing;
    private boolean closed;

    public GuestChannel(VirtGpuDevice gpu) throws IOException {
        context = gpu.openContext(VirtioGpu.CAPSET_CROSS_DOMAIN, RINGS, 1L << CrossDomain.CHANNEL_RING);
        queryRing = context.createBlob(VirtioGpu.BLOB_MEM_GUEST, MAPPABLE, CrossDomain.RING_SIZE, 0);
        channelRing = context.createBlob(VirtioGpu.BLOB_MEM_GUEST, MAPPABLE, CrossDomain.RING_SIZE, 0);
        new CrossDomainInit()
                .wrap(begin(CrossDomain.CMD_INIT, CrossDomainInit.LENGTH), 0)
                .queryRingId(queryRing.resourceId())
                .channelRingId(channelRing.resourceId())
                .channelType(CrossDomain.CHANNEL_TYPE_WAYLAND);
        context.submit(command.asSlice(0, CrossDomainInit.LENGTH), VirtGpuContext.NO_RING);
    }

    public VirtGpuContext context() {
        return context;
    }

    private MemorySegment begin(int cmd, int length) {
        command.asSlice(0, Math.min(length, command.byteSize())).fill((byte) 0);
        new CrossDomainHeader().wrap(command, 0).cmd(cmd).cmdSize(length);
        return command;
    }

    public void poll() throws IOException {
        begin(CrossDomain.CMD_POLL, POLL_LENGTH);
        context.submit(command.asSlice(0, POLL_LENGTH), CrossDomain.CHANNEL_RING);
    }

    /** Sends bytes in as many messages as they need. */
    public void sendAll(byte[] data) throws IOException {
        for (int at = 0; at < data.length; at += CrossDomain.MAX_RECEIVE_DATA) {
            send(Arrays.copyOfRange(data, at, Math.min(data.length, at + CrossDomain.MAX_RECEIVE_DATA)));
        }
    }

    public void send(byte[] data, Identifier... identifiers) throws IOException {
        int length = CrossDomainSendReceive.LENGTH + data.length;
        CrossDomainSendReceive send = new CrossDomainSendReceive()
                .wrap(begin(CrossDomain.CMD_SEND, length), 0)
                .numIdentifiers(identifiers.length)
                .opaqueDataSize(data.length);
        for (int i = 0; i < identifiers.length; i++) {
            send.identifiers(i, identifiers[i].id).identifierTypes(i, identifiers[i].type);
        }
        MemorySegment.copy(data, 0, command, ValueLayout.JAVA_BYTE, CrossDomainSendReceive.LENGTH, data.length);
        context.submit(command.asSlice(0, length), VirtGpuContext.NO_RING);
    }

    /** Waits for the fence of a POLL that was submitted, and reads the mailbox. */
    public Message take() throws IOException {
        while (!context.takeEvent()) {
            if (Posix.poll(context.eventFd(), Posix.POLLIN, PATIENCE_MILLIS) == 0) {
                throw new SocketTimeoutException("no message came");
            }
        }
        MemorySegment ring = channelRing.map();
        int cmd = new CrossDomainHeader().wrap(ring, 0).cmd();
        if (cmd == CrossDomain.CMD_READ) {
            CrossDomainReadWrite read = new CrossDomainReadWrite().wrap(ring, 0);
            byte[] data = ring.asSlice(CrossDomainReadWrite.LENGTH, read.opaqueDataSize())
                    .toArray(ValueLayout.JAVA_BYTE);
            Identifier pipe = new Identifier(read.identifier(), CrossDomain.ID_TYPE_READ_PIPE, 0);
            return new Message(cmd, List.of(pipe), data, read.hangUp() != 0);
        }
        CrossDomainSendReceive receive = new CrossDomainSendReceive().wrap(ring, 0);
        List<Identifier> identifiers = new ArrayList<>();
        for (int i = 0; i < receive.numIdentifiers(); i++) {
            identifiers.add(new Identifier(
                    receive.identifiers(i), receive.identifierTypes(i), receive.identifierSizes(i)));
        }
        byte[] data = ring.asSlice(CrossDomainSendReceive.LENGTH, receive.opaqueDataSize())
                .toArray(ValueLayout.JAVA_BYTE);
        return new Message(cmd, identifiers, data, false);
    }

    /** POLLs and takes until {@code length} bytes of the channel have come. */
    public byte[] receive(int length) throws IOException {
        byte[] all = new byte[length];
        int filled = 0;
        while (filled < length) {
            poll();
            byte[] data = take().data;
            System.arraycopy(data, 0, all, filled, data.length);
            filled += data.length;
        }
        return all;
    }

    /** Whether no message comes for {@code millis}. */
    public boolean isQuiet(int millis) {
        return Posix.poll(context.eventFd(), Posix.POLLIN, millis) == 0;
    }

    /** Asks for a linear image and waits for the answer. */
    public CrossDomainImageRequirements imageRequirements(int width, int height, int fourcc) throws IOException {
        new CrossDomainGetImageRequirements()
                .wrap(begin(CrossDomain.CMD_GET_IMAGE_REQUIREMENTS, CrossDomainGetImageRequirements.LENGTH), 0)
                .width(width)
                .height(height)
                .drmFormat(fourcc)
                .flags(0x11);
        context.submit(
                command.asSlice(0, CrossDomainGetImageRequirements.LENGTH), CrossDomain.QUERY_RING, queryRing);
        context.await(queryRing);
        return new CrossDomainImageRequirements().wrap(queryRing.map(), 0);
    }

    /** A mappable host blob of what the host named {@code blobId}. */
    public VirtGpuBlob hostBlob(int blobId, long size) throws IOException {
        return context.createBlob(
                VirtioGpu.BLOB_MEM_HOST3D,
                VirtioGpu.BLOB_FLAG_USE_MAPPABLE | VirtioGpu.BLOB_FLAG_USE_SHAREABLE,
                size,
                blobId);
    }

    public void write(int pipe, byte[] data, boolean hangUp) throws IOException {
        int length = CrossDomainReadWrite.LENGTH + data.length;
        new CrossDomainReadWrite()
                .wrap(begin(CrossDomain.CMD_WRITE, length), 0)
                .identifier(pipe)
                .hangUp(hangUp ? 1 : 0)
                .opaqueDataSize(data.length);
        MemorySegment.copy(data, 0, command, ValueLayout.JAVA_BYTE, CrossDomainReadWrite.LENGTH, data.length);
        context.submit(command.asSlice(0, length), VirtGpuContext.NO_RING);
    }

    @Override
    public void close() throws IOException {
        if (closed) {
            return;
        }
        closed = true;
        queryRing.close();
        channelRing.close();
        context.close();
        arena.close();
    }
}
