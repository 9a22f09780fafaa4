package dev.wayferry.proxy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wayferry.posix.FileStatus;
import dev.wayferry.posix.Memory;
import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.Posix;
import dev.wayferry.posix.PosixException;
import dev.wayferry.posix.SocketMessage;
import dev.wayferry.posix.Sockets;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;
import org.jspecify.annotations.NullUnmarked;

/**
 * A VMM's front-end, as small as can be. By itself it behaves as QEMU 11.1 does: it maps what it is asked to, tells the
 * main socket of it by ADD_MEM_REG and REM_MEM_REG, and waits for that acknowledgement before it answers the next request
 * on the back-channel. Other VMMs override what they do otherwise.
 *
 * <p>Numbers are written out here, not taken from the product, so that both are checked. Source: vhost-user.rst; QEMU
 * 11.1, hw/virtio/vhost-user.c, and its messages as seen.
 */
@NullUnmarked // what is missing fails the test at once
class FrontEnd implements AutoCloseable {
    static final int GET_FEATURES = 1;
    static final int SET_FEATURES = 2;
    static final int SET_OWNER = 3;
    static final int SET_MEM_TABLE = 5;
    static final int SET_VRING_NUM = 8;
    static final int SET_VRING_ADDR = 9;
    static final int SET_VRING_BASE = 10;
    static final int GET_VRING_BASE = 11;
    static final int SET_VRING_KICK = 12;
    static final int SET_VRING_CALL = 13;
    static final int SET_VRING_ERR = 14;
    static final int GET_PROTOCOL_FEATURES = 15;
    static final int SET_PROTOCOL_FEATURES = 16;
    static final int GET_QUEUE_NUM = 17;
    static final int SET_VRING_ENABLE = 18;
    static final int SET_BACKEND_REQ_FD = 21;
    static final int GET_CONFIG = 24;
    static final int GET_INFLIGHT_FD = 31;
    static final int SET_INFLIGHT_FD = 32;
    static final int GET_MAX_MEM_SLOTS = 36;
    static final int ADD_MEM_REG = 37;
    static final int REM_MEM_REG = 38;
    static final int GET_SHMEM_CONFIG = 44;

    static final int GET_SHARED_OBJECT = 41;
    static final int SET_CONFIG = 25;

    static final int BACKEND_CONFIG_CHANGE = 2;
    static final int BACKEND_SHARED_OBJECT_ADD = 6;
    static final int BACKEND_SHARED_OBJECT_REMOVE = 7;
    static final int BACKEND_LOOKUP = 8;
    static final int BACKEND_MAP = 9;
    static final int BACKEND_UNMAP = 10;

    static final long USER_BASE = 0x7f00_0000_0000L;
    static final long WINDOW_ADDRESS = 0x40_0000_0000L;
    static final long RAM_SIZE = 64 << 20;

    /** A ring as the guest's driver has set it up: addresses are the guest's. */
    record Ring(int index, int size, long desc, long avail, long used, int base, int kick, int call) {}

    /** A range of the window that is mapped: the file, held open as a VMM's mapping would. */
    record Mapping(long length, OwnedFd file, Arena arena, MemorySegment memory) {
        void close() {
            arena.close();
            file.close();
        }
    }

    private final Arena arena = Arena.ofShared();
    private final SocketMessage message = new SocketMessage(1, arena);
    private final MemorySegment buffer = arena.allocate(8192, 8);
    private OwnedFd socket;
    private OwnedFd backChannel;
    private Thread backThread;
    private volatile boolean closing;
    private byte[] received = {};
    private OwnedFd receivedFd;
    long offered;
    long acknowledgedProtocol;

    final OwnedFd ramFile;
    final MemorySegment ram;
    final TreeMap<Long, Mapping> mappings = new TreeMap<>();

    /** What the back-end asked for on the back-channel, as "MAP 0x..+0x..", in order. */
    final List<String> asked = new ArrayList<>();

    /** A request on the back-channel is taken up only with one of these. */
    final Semaphore mayAnswer = new Semaphore(Integer.MAX_VALUE / 2);

    /** Counted down when the first request on the back-channel has been read. */
    final CountDownLatch firstRequest = new CountDownLatch(1);

    /** What would have ended this VMM; nothing may. */
    final List<String> fatal = new CopyOnWriteArrayList<>();

    /** Whether a file has to be as long as what is mapped of it, as QEMU wants it. */
    boolean checksSizes = true;

    /** Whether mappings are told of by ADD_MEM_REG and REM_MEM_REG. */
    boolean echo = true;

    /** Takes ownership of the connected {@code socket}. */
    FrontEnd(OwnedFd socket) throws IOException {
        // As cloud-hypervisor's: its memory can be cut off, and nobody can seal it against that.
        this(socket, Memory.F_SEAL_SEAL);
    }

    /** As QEMU's with memory-backend-memfd: its memory takes seals. */
    static FrontEnd withSealableMemory(OwnedFd socket) throws IOException {
        return new FrontEnd(socket, 0);
    }

    private FrontEnd(OwnedFd socket, int seals) throws IOException {
        this.socket = socket;
        ramFile = OwnedFd.of(Memory.memfdCreate("guest"), "memfd");
        PosixException.check(Memory.ftruncate(ramFile.number(), RAM_SIZE), "ftruncate");
        assertEquals(0, Memory.addSeals(ramFile.number(), seals));
        ram = Memory.map(ramFile.number(), 0, RAM_SIZE, Memory.PROT_READ | Memory.PROT_WRITE, arena);
    }

    static ByteBuffer bytes(int length) {
        return ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
    }

    static ByteBuffer u64(long value) {
        return bytes(8).putLong(0, value);
    }

    static ByteBuffer state(int index, int num) {
        return bytes(8).putInt(0, index).putInt(4, num);
    }

    // ---- the main socket

    synchronized void send(int request, boolean needReply, ByteBuffer payload, int... fds) throws PosixException {
        sendOn(socket, request, needReply ? 9 : 1, payload.array(), fds);
    }

    private void sendOn(OwnedFd to, int request, int flags, byte[] payload, int... fds) throws PosixException {
        buffer.set(ValueLayout.JAVA_INT, 0, request);
        buffer.set(ValueLayout.JAVA_INT, 4, flags);
        buffer.set(ValueLayout.JAVA_INT, 8, payload.length);
        MemorySegment.copy(MemorySegment.ofArray(payload), 0, buffer, 12, payload.length);
        message.clear().addBuffer(buffer.asSlice(0, 12 + payload.length));
        for (int fd : fds) {
            assertTrue(message.addFd(fd));
        }
        assertEquals(12 + payload.length, PosixException.check(message.sendBlocking(to.number()), "send"));
    }

    /** Sends bytes as they are, for what no proper front-end would send. */
    synchronized void sendRaw(byte[] bytes, int... fds) throws PosixException {
        MemorySegment.copy(MemorySegment.ofArray(bytes), 0, buffer, 0, bytes.length);
        message.clear().addBuffer(buffer.asSlice(0, bytes.length));
        for (int fd : fds) {
            assertTrue(message.addFd(fd));
        }
        assertEquals(bytes.length, PosixException.check(message.sendBlocking(socket.number()), "send"));
    }

    /** The next message's payload; null at the end of the stream. */
    synchronized ByteBuffer receive(int request) throws PosixException {
        byte[] header = read(12);
        if (header == null) {
            return null;
        }
        ByteBuffer fields = ByteBuffer.wrap(header).order(ByteOrder.LITTLE_ENDIAN);
        assertEquals(request, fields.getInt(0));
        assertEquals(5, fields.getInt(4), "a reply's flags");
        return ByteBuffer.wrap(read(fields.getInt(8))).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** The next message's payload, and the descriptor that came with it, to be closed by the caller. */
    synchronized OwnedFd receiveFd(int request) throws PosixException {
        receivedFd = null;
        ByteBuffer payload = receive(request);
        received = payload.array();
        OwnedFd fd = receivedFd;
        receivedFd = null;
        return fd;
    }

    ByteBuffer received() {
        return ByteBuffer.wrap(received).order(ByteOrder.LITTLE_ENDIAN);
    }

    private byte[] read(int length) throws PosixException {
        byte[] all = new byte[length];
        int filled = 0;
        SocketMessage in = new SocketMessage(1, arena);
        MemorySegment room = arena.allocate(Math.max(1, length));
        while (filled < length) {
            in.clear().addBuffer(room.asSlice(filled, length - filled));
            long count = in.receiveBlocking(socket.number());
            if (count == 0) {
                return null;
            }
            if (in.fdCount() > 0) {
                receivedFd = new OwnedFd(in.fd(0));
            }
            filled += (int) PosixException.check(count, "receive");
        }
        MemorySegment.copy(room, 0, MemorySegment.ofArray(all), 0, length);
        return all;
    }

    synchronized ByteBuffer ask(int request, ByteBuffer payload, int... fds) throws PosixException {
        send(request, false, payload, fds);
        return receive(request);
    }

    /** Sends with need_reply; 0 is success. */
    synchronized long acknowledged(int request, ByteBuffer payload, int... fds) throws PosixException {
        send(request, true, payload, fds);
        ByteBuffer reply = receive(request);
        assertTrue(reply != null, "the back-end hung up");
        return reply.getLong(0);
    }

    /** Whether the back-end has closed the connection already. */
    boolean closed() {
        return (Posix.poll(socket.number(), 0, 0) & Posix.POLLHUP) != 0;
    }

    /** Whether the back-end has closed the connection; waits for that or for a message. */
    boolean isHungUp() {
        int events = Posix.poll(socket.number(), Posix.POLLIN, 20_000);
        return (events & Posix.POLLHUP) != 0;
    }

    // ---- the order of QEMU 11.1

    /** Negotiates all that QEMU can. */
    void negotiate() throws IOException {
        negotiate(TestVm.ALL, true);
    }

    /** Negotiates; {@code protocolFeatures} is what is acknowledged of what is offered. */
    void negotiate(long protocolFeatures, boolean withBackChannel) throws IOException {
        offered = ask(GET_FEATURES, bytes(0)).getLong(0);
        assertTrue((offered & 1L << 30) != 0);
        long protocol = ask(GET_PROTOCOL_FEATURES, bytes(0)).getLong(0);
        acknowledgedProtocol = protocol & protocolFeatures;
        send(SET_PROTOCOL_FEATURES, false, u64(acknowledgedProtocol));
        assertEquals(2, ask(GET_QUEUE_NUM, bytes(0)).getLong(0));
        assertTrue(ask(GET_MAX_MEM_SLOTS, bytes(0)).getLong(0) > 0);
        if (withBackChannel) {
            connectBackChannel();
        }
        send(SET_OWNER, false, bytes(0));
        assertEquals(offered, ask(GET_FEATURES, bytes(0)).getLong(0));
        if ((acknowledgedProtocol & 1L << 22) != 0) {
            ByteBuffer regions = ask(GET_SHMEM_CONFIG, bytes(0));
            assertEquals(2056, regions.limit());
            assertEquals(1, regions.getInt(0));
            assertEquals(1, Long.bitCount(regions.getLong(8 + 8)), "QEMU takes powers of two only");
        }
        assertEquals(0, acknowledged(SET_FEATURES, u64(driverFeatures())));
    }

    /** What the driver takes of what is offered, as the VMM passes it on. */
    long driverFeatures() {
        return offered;
    }

    /** Whether the driver has taken this feature bit. */
    boolean has(int feature) {
        return (driverFeatures() & 1L << feature) != 0;
    }

    /** Whether this VMM can map memory into its guest. */
    boolean maps() {
        return (acknowledgedProtocol & 1L << 22) != 0;
    }

    void connectBackChannel() throws IOException {
        connectBackChannel(true);
    }

    /** Hands over a back-channel, in place of the one before. */
    void connectBackChannel(boolean needReply) throws IOException {
        disconnectBackChannel();
        OwnedFd[] pair = Sockets.pair();
        if (needReply) {
            assertEquals(0, acknowledged(SET_BACKEND_REQ_FD, bytes(0), pair[1].number()));
        } else {
            send(SET_BACKEND_REQ_FD, false, bytes(0), pair[1].number());
        }
        pair[1].close();
        serveBackChannelOn(pair[0]);
    }

    /** Takes ownership of its end of a back-channel, and serves it. */
    void serveBackChannelOn(OwnedFd ours) {
        backChannel = ours;
        backThread = Thread.ofPlatform().name("back-channel").start(() -> serveBackChannel(ours));
    }

    private void disconnectBackChannel() {
        if (backChannel != null) {
            int unused = Sockets.shutdown(backChannel.number());
            mayAnswer.release(1000);
            join(backThread);
            backChannel.close();
            backChannel = null;
        }
    }

    void setMemory() throws PosixException {
        assertEquals(0, acknowledged(ADD_MEM_REG, region(0, RAM_SIZE, USER_BASE), ramFile.number()));
    }

    static ByteBuffer region(long guestAddress, long size, long userAddress) {
        return bytes(40).putLong(8, guestAddress).putLong(16, size).putLong(24, userAddress);
    }

    /** DRIVER_OK, or the end of a pause. */
    void start(List<Ring> rings) throws IOException {
        for (Ring ring : rings) {
            send(SET_VRING_NUM, false, state(ring.index, ring.size));
            send(SET_VRING_BASE, false, state(ring.index, ring.base));
            send(SET_VRING_ADDR, false, address(ring));
            assertEquals(0, acknowledged(SET_VRING_KICK, u64(ring.index), ring.kick));
            assertEquals(0, acknowledged(SET_VRING_CALL, u64(ring.index), ring.call));
        }
        for (Ring ring : rings) {
            assertEquals(0, acknowledged(SET_VRING_ENABLE, state(ring.index, 1)));
        }
        for (Ring ring : rings) {
            assertEquals(0, acknowledged(SET_VRING_CALL, u64(ring.index), ring.call));
        }
    }

    static ByteBuffer address(Ring ring) {
        return bytes(40)
                .putInt(0, ring.index)
                .putLong(8, USER_BASE + ring.desc)
                .putLong(16, USER_BASE + ring.used)
                .putLong(24, USER_BASE + ring.avail);
    }

    /** A pause, or the guest's reset; returns the bases to start the rings with again. */
    int[] stop(int rings) throws IOException {
        int[] bases = new int[rings];
        for (int i = 0; i < rings; i++) {
            bases[i] = stopRing(i);
        }
        return bases;
    }

    /** Stops a ring; returns the base to start it with again. */
    int stopRing(int index) throws PosixException {
        assertEquals(0, acknowledged(SET_VRING_ENABLE, state(index, 0)));
        return base(index);
    }

    int base(int index) throws PosixException {
        ByteBuffer reply = ask(GET_VRING_BASE, state(index, 0));
        assertEquals(index, reply.getInt(0));
        return reply.getInt(4);
    }

    /** What the VMM does when the guest is reset, once its rings are stopped. */
    void guestReset() throws IOException {
        dropMappings();
    }

    // ---- the back-channel

    private void serveBackChannel(OwnedFd backChannel) {
        try (Arena own = Arena.ofShared()) {
            SocketMessage in = new SocketMessage(1, own);
            MemorySegment room = own.allocate(64, 8);
            SocketMessage out = new SocketMessage(1, own);
            MemorySegment reply = own.allocate(20, 4);
            while (true) {
                int filled = 0;
                OwnedFd fd = null;
                int length = 12;
                while (filled < length) {
                    in.clear().addBuffer(room.asSlice(filled, length - filled));
                    long count = in.receiveBlocking(backChannel.number());
                    if (count <= 0) {
                        return;
                    }
                    if (in.fdCount() > 0) {
                        fd = new OwnedFd(in.fd(0));
                    }
                    filled += (int) count;
                    if (filled == 12) {
                        length = 12 + room.get(ValueLayout.JAVA_INT, 8);
                    }
                }
                firstRequest.countDown();
                mayAnswer.acquire();
                beforeServing();
                int request = room.get(ValueLayout.JAVA_INT, 0);
                int flags = room.get(ValueLayout.JAVA_INT, 4);
                long result = serve(request, room, fd);
                if (answers(flags)) {
                    reply.set(ValueLayout.JAVA_INT, 0, request);
                    reply.set(ValueLayout.JAVA_INT, 4, 5);
                    reply.set(ValueLayout.JAVA_INT, 8, 8);
                    reply.set(ValueLayout.JAVA_LONG_UNALIGNED, 12, result);
                    out.clear().addBuffer(reply);
                    long unused = out.sendBlocking(backChannel.number());
                }
                afterAnswer();
            }
        } catch (IOException e) {
            if (!closing) {
                throw new UncheckedIOException(e);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private @Nullable Runnable pending;

    /** What QEMU does once it has answered: it tells of the change on the main socket and waits for the acknowledgement. */
    private void afterAnswer() {
        Runnable task = pending;
        pending = null;
        if (task != null) {
            task.run();
        }
    }

    /** Serves a request of the back-end's; what is in {@code room} is a header and a payload. */
    synchronized long serve(int request, MemorySegment room, OwnedFd fd) throws IOException {
        long offset = room.get(ValueLayout.JAVA_LONG_UNALIGNED, 12 + 16);
        long length = room.get(ValueLayout.JAVA_LONG_UNALIGNED, 12 + 24);
        switch (request) {
            case BACKEND_MAP -> {
                return map(offset, length, fd);
            }
            case BACKEND_UNMAP -> {
                return unmap(offset, length);
            }
            case BACKEND_LOOKUP -> {
                return 1;
            }
            case BACKEND_CONFIG_CHANGE -> {
                asked.add("CONFIG_CHANGE");
                return 0;
            }
            case BACKEND_SHARED_OBJECT_ADD, BACKEND_SHARED_OBJECT_REMOVE -> {
                return sharedObject(request, room.asSlice(12, 16).toArray(ValueLayout.JAVA_BYTE));
            }
            default -> {
                return unknown(request);
            }
        }
    }

    /** What other devices may ask for, by the bytes of its number in hexadecimal. */
    final Set<String> sharedObjects = new HashSet<>();

    private long sharedObject(int request, byte[] uuid) {
        if ((acknowledgedProtocol & 1L << 18) == 0) {
            return unknown(request);
        }
        String name = HexFormat.of().formatHex(uuid);
        boolean done = request == BACKEND_SHARED_OBJECT_ADD ? sharedObjects.add(name) : sharedObjects.remove(name);
        asked.add((request == BACKEND_SHARED_OBJECT_ADD ? "ADD " : "REMOVE ") + name);
        if (!done) {
            fatal.add("a shared object is added twice or removed and was not there: " + name);
        }
        return done ? 0 : 1;
    }

    long unknown(int request) {
        fatal.add("back-end request " + request + " is unknown here");
        return 1;
    }

    /** Waits until this VMM serves its back-channel. */
    void beforeServing() throws InterruptedException {}

    /** Whether a request of the back-end's with these flags is answered. */
    boolean answers(int flags) {
        return (flags & 8) != 0;
    }

    long unmap(long offset, long length) {
        asked.add(String.format("UNMAP 0x%x+0x%x", offset, length));
        Mapping mapping = mappings.remove(offset);
        if (mapping == null || mapping.length != length) {
            return refused("UNMAP", offset, length);
        }
        pending = () -> tell(REM_MEM_REG, offset, length, -1);
        mapping.close();
        return 0;
    }

    /** What comes of a request that can't be done. */
    long refused(String what, long offset, long length) {
        return 1;
    }

    long map(long offset, long length, OwnedFd fd) throws IOException {
        asked.add(String.format("MAP 0x%x+0x%x", offset, length));
        Map.Entry<Long, Mapping> before = mappings.lowerEntry(offset + length);
        FileStatus status = new FileStatus(arena);
        PosixException.check(status.read(fd.number()), "statx");
        if (length == 0 || offset % 4096 != 0 || length % 4096 != 0 || (checksSizes && status.size() < length)
                || (before != null && before.getKey() + before.getValue().length > offset)) {
            fd.close();
            return refused("MAP", offset, length);
        }
        Arena mapArena = Arena.ofShared();
        MemorySegment memory =
                Memory.map(fd.number(), 0, length, Memory.PROT_READ | Memory.PROT_WRITE, mapArena);
        mappings.put(offset, new Mapping(length, fd, mapArena, memory));
        int number = fd.number();
        pending = () -> tell(ADD_MEM_REG, offset, length, number);
        return 0;
    }

    private void tell(int request, long offset, long length, int fd) {
        if (!echo || closing) {
            return;
        }
        try {
            ByteBuffer region = region(WINDOW_ADDRESS + offset, length, USER_BASE + WINDOW_ADDRESS + offset);
            long result = fd < 0 ? acknowledged(request, region) : acknowledged(request, region, fd);
            assertEquals(0, result, "telling of a mapping");
        } catch (PosixException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The bytes of what is mapped at {@code offset}. */
    synchronized MemorySegment mapped(long offset) {
        Mapping mapping = mappings.get(offset);
        if (mapping == null) {
            throw new AssertionError("nothing is mapped at 0x" + Long.toHexString(offset) + ": " + asked);
        }
        return mapping.memory;
    }

    /** The file mapped at that offset, which stays the mapping's. */
    synchronized int mappedFile(long offset) {
        return mappings.get(offset).file.number();
    }

    synchronized List<String> askedSoFar() {
        return List.copyOf(asked);
    }

    /** What a VMM does with its guest's reset: all mappings go. */
    synchronized void dropMappings() {
        mappings.values().forEach(Mapping::close);
        mappings.clear();
    }

    /** Waits for a thread that is about to end. */
    static void join(Thread thread) {
        try {
            assertTrue(thread.join(Duration.ofSeconds(20)), () -> thread + " does not end");
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /** The back-end has gone and is there again, at the other end of {@code newSocket}, which this takes over. */
    void reconnect(OwnedFd newSocket) throws IOException {
        disconnectBackChannel();
        socket.close();
        socket = newSocket;
        closing = false;
        negotiate();
        setMemory();
    }

    /** SET_MEM_TABLE with all of the guest's memory. */
    static ByteBuffer memoryTable() {
        return bytes(40).putInt(0, 1).putLong(16, RAM_SIZE).putLong(24, USER_BASE);
    }

    /** Reads from {@code offset} of the configuration space. */
    ByteBuffer config(int offset, int size, int flags) throws PosixException {
        ByteBuffer reply = ask(GET_CONFIG, bytes(12 + size).putInt(0, offset).putInt(4, size).putInt(8, flags));
        assertEquals(offset, reply.getInt(0));
        assertEquals(size, reply.getInt(4), "a size of 0 is an error");
        assertEquals(12 + size, reply.limit());
        return reply;
    }

    /** Ends both directions of the main socket. */
    void hangUp() {
        closing = true;
        int unused = Sockets.shutdown(socket.number());
    }

    @Override
    public void close() {
        hangUp();
        disconnectBackChannel();
        socket.close();
        dropMappings();
        ramFile.close();
        arena.close();
        assertEquals(List.of(), fatal, "what ends this VMM");
    }
}
