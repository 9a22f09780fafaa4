package dev.wayferry.examples.loopback;

import dev.wayferry.examples.loopback.VhostUserSocket.Message;
import dev.wayferry.posix.OwnedFd;
import dev.wayferry.wire.vhostuser.ConfigSpace;
import dev.wayferry.wire.vhostuser.VhostUser;
import dev.wayferry.wire.vhostuser.VringAddress;
import dev.wayferry.wire.vhostuser.VringState;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.SocketTimeoutException;
import java.nio.ByteOrder;

/**
 * The main socket's requests, each with need_reply where QEMU 11.1 sets it. One thread at a time.
 *
 * <p>Source: vhost-user.rst, and QEMU's {@code hw/virtio/vhost-user.c}.
 */
final class FrontEnd implements AutoCloseable {
    private static final int REPLY_FLAGS = VhostUser.VERSION | VhostUser.FLAG_REPLY;
    private static final MemorySegment NO_PAYLOAD = MemorySegment.ofArray(new byte[0]);
    private static final ValueLayout.OfLong LE_LONG =
            ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final VhostUserSocket socket;
    private final int replyTimeoutMillis;
    private long protocolFeatures;

    /** Takes ownership of {@code socket}. */
    FrontEnd(OwnedFd socket, int replyTimeoutMillis) {
        this.socket = new VhostUserSocket(socket);
        this.replyTimeoutMillis = replyTimeoutMillis;
    }

    /** The socket itself, which stays this object's. */
    VhostUserSocket socket() {
        return socket;
    }

    /** Acknowledges what is both offered and {@code wanted}. */
    void negotiateProtocolFeatures(long wanted) throws IOException {
        long features = get(VhostUser.GET_PROTOCOL_FEATURES) & wanted;
        socket.send(VhostUser.SET_PROTOCOL_FEATURES, 0, ofLong(features));
        protocolFeatures = features;
    }

    /** Whether a protocol feature was offered and acknowledged. */
    boolean has(int protocolFeature) {
        return (protocolFeatures & 1L << protocolFeature) != 0;
    }

    /** A request without payload that is answered by a number. */
    long get(int request) throws IOException {
        return query(request, NO_PAYLOAD, Long.BYTES).get(LE_LONG, 0);
    }

    /** A request with a number, not acknowledged. */
    void set(int request, long value) throws IOException {
        socket.send(request, 0, ofLong(value));
    }

    void setOwner() throws IOException {
        socket.send(VhostUser.SET_OWNER, 0, NO_PAYLOAD);
    }

    /** SET_BACKEND_REQ_FD; {@code fd} stays the caller's. */
    void setBackendReqFd(int fd) throws IOException {
        acknowledged(VhostUser.SET_BACKEND_REQ_FD, NO_PAYLOAD, fd);
    }

    /** SET_VRING_KICK, CALL or ERR; {@code fd} stays the caller's. */
    void setVringFd(int request, int ring, int fd) throws IOException {
        acknowledged(request, ofLong(ring), fd);
    }

    void setVringNum(int ring, int num) throws IOException {
        socket.send(VhostUser.SET_VRING_NUM, 0, vringState(ring, num));
    }

    void setVringBase(int ring, int base) throws IOException {
        socket.send(VhostUser.SET_VRING_BASE, 0, vringState(ring, base));
    }

    void setVringAddr(int ring, long descriptor, long available, long used, long log) throws IOException {
        MemorySegment payload = MemorySegment.ofArray(new byte[VringAddress.LENGTH]);
        new VringAddress()
                .wrap(payload, 0)
                .index(ring)
                .descriptor(descriptor)
                .available(available)
                .used(used)
                .log(log);
        socket.send(VhostUser.SET_VRING_ADDR, 0, payload);
    }

    void setVringEnable(int ring, boolean enable) throws IOException {
        acknowledged(VhostUser.SET_VRING_ENABLE, vringState(ring, enable ? 1 : 0));
        if (!has(VhostUser.PROTOCOL_F_REPLY_ACK)) {
            get(VhostUser.GET_FEATURES);
        }
    }

    /** Stops a ring; returns the index of the next chain that it would have taken. */
    int getVringBase(int ring) throws IOException {
        MemorySegment reply = query(VhostUser.GET_VRING_BASE, vringState(ring, 0), VringState.LENGTH);
        VringState state = new VringState().wrap(reply, 0);
        if (state.index() != ring) {
            throw new IOException("GET_VRING_BASE of queue " + ring + " was answered for queue " + state.index());
        }
        return state.num();
    }

    /** The first {@code size} bytes of the configuration space. */
    MemorySegment getConfig(int size) throws IOException {
        MemorySegment payload = MemorySegment.ofArray(new byte[ConfigSpace.LENGTH + size]);
        new ConfigSpace().wrap(payload, 0).size(size);
        MemorySegment reply = query(VhostUser.GET_CONFIG, payload, ConfigSpace.LENGTH + size);
        int replied = new ConfigSpace().wrap(reply, 0).size();
        if (replied != size) {
            throw new IOException("GET_CONFIG of " + size + " bytes was answered with " + replied);
        }
        return reply.asSlice(ConfigSpace.LENGTH);
    }

    void setConfig(int offset, MemorySegment bytes) throws IOException {
        MemorySegment payload = MemorySegment.ofArray(new byte[(int) (ConfigSpace.LENGTH + bytes.byteSize())]);
        new ConfigSpace().wrap(payload, 0).offsetInSpace(offset).size((int) bytes.byteSize());
        MemorySegment.copy(bytes, 0, payload, ConfigSpace.LENGTH, bytes.byteSize());
        acknowledged(VhostUser.SET_CONFIG, payload);
    }

    /** The reply to GET_SHMEM_CONFIG. */
    MemorySegment getShmemConfig() throws IOException {
        return query(VhostUser.GET_SHMEM_CONFIG, NO_PAYLOAD, VhostUser.SHMEM_CONFIG_LENGTH);
    }

    /** Sends with need_reply, where REPLY_ACK allows it, and waits for the acknowledgement. */
    void acknowledged(int request, MemorySegment payload, int... fds) throws IOException {
        if (!has(VhostUser.PROTOCOL_F_REPLY_ACK)) {
            socket.send(request, 0, payload, fds);
            return;
        }
        socket.send(request, VhostUser.FLAG_NEED_REPLY, payload, fds);
        long result = reply(request, Long.BYTES).get(LE_LONG, 0);
        if (result != 0) {
            throw new IOException(VhostUser.requestName(request) + " was answered with " + result);
        }
    }

    private MemorySegment query(int request, MemorySegment payload, int replySize) throws IOException {
        socket.send(request, 0, payload);
        return reply(request, replySize);
    }

    private MemorySegment reply(int request, int size) throws IOException {
        Message reply;
        try {
            reply = socket.receive(replyTimeoutMillis);
        } catch (SocketTimeoutException e) {
            throw new IOException("no reply to " + VhostUser.requestName(request), e);
        }
        reply.closeFds();
        int replied = (int) reply.payload().byteSize();
        if (reply.request() != request || reply.flags() != REPLY_FLAGS || replied != size) {
            throw new IOException(VhostUser.requestName(request) + " was answered by "
                    + VhostUserSocket.describe(reply.request(), reply.flags(), replied) + ", size " + size
                    + " was expected");
        }
        return reply.payload();
    }

    static MemorySegment ofLong(long value) {
        MemorySegment payload = MemorySegment.ofArray(new byte[Long.BYTES]);
        payload.set(LE_LONG, 0, value);
        return payload;
    }

    private static MemorySegment vringState(int ring, int num) {
        MemorySegment payload = MemorySegment.ofArray(new byte[VringState.LENGTH]);
        new VringState().wrap(payload, 0).index(ring).num(num);
        return payload;
    }

    /** No other thread may be in a call. */
    @Override
    public void close() {
        socket.close();
    }
}
