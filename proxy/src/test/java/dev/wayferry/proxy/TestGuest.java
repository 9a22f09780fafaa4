package dev.wayferry.proxy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wayferry.bridge.ImageLayout;
import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.Posix;
import dev.wayferry.posix.PosixException;
import dev.wayferry.wire.virtqueue.DriverQueue;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.NullUnmarked;

/**
 * A guest's driver and a guest proxy's use of it, as small as can be. Sizes and offsets are written out here, not taken
 * from the product, so that both are checked.
 */
@NullUnmarked // what is missing fails the test at once
final class TestGuest implements AutoCloseable {
    static final int OK_NODATA = 0x1100;
    static final int OK_MAP_INFO = 0x1106;
    static final int ERR_UNSPEC = 0x1200;
    static final int ERR_OUT_OF_MEMORY = 0x1201;
    static final int ERR_INVALID_RESOURCE = 0x1203;
    static final int ERR_INVALID_CONTEXT = 0x1204;
    static final int ERR_INVALID_PARAMETER = 0x1205;

    static final int BLOB = 1;
    static final int READ_PIPE = 3;
    static final int WRITE_PIPE = 4;

    static final int QUEUE_SIZE = 256;
    private static final long CONTROL_QUEUE = 0x1000;
    private static final long CURSOR_QUEUE = 0x8000;
    private static final long CURSOR_MOVE = 0xc000;
    private static final long RINGS = 0x10_0000;
    private static final long SLOTS = 0x20_0000;
    private static final long TABLES = 0xf0_0000;
    private static final int TABLE = 256;

    /** Behind all else: where requests lie that are long. */
    static final long BIG = 0x100_0000;

    private static final int SLOT = 8192;
    private static final int RESPONSE_OFFSET = 6144;
    private static final int RESPONSE_LENGTH = 2048;

    /** A request on its way. */
    static final class Pending {
        private final int slot;
        private byte[] response;
        /** How many had been answered, with this one. */
        private int place;
        final long fence;

        private Pending(int slot, long fence) {
            this.slot = slot;
            this.fence = fence;
        }

        private ByteBuffer bytes() {
            return ByteBuffer.wrap(response).order(java.nio.ByteOrder.LITTLE_ENDIAN);
        }

        int type() {
            return bytes().getInt(0);
        }

        int flags() {
            return bytes().getInt(4);
        }

        long fenceId() {
            return bytes().getLong(8);
        }

        int ctxId() {
            return bytes().getInt(16);
        }

        int ringIdx() {
            return bytes().get(20);
        }

        byte[] response() {
            return response;
        }

        /** Whether this was answered before another was, if that was answered at all. */
        boolean isAnsweredBefore(Pending other) {
            return response != null && (other.response == null || place < other.place);
        }
    }

    /** What the channel ring of a context holds. */
    record Message(int cmd, int[] ids, int[] types, int[] sizes, byte[] data, int identifier, int hangUp) {
        String text() {
            return new String(data, StandardCharsets.UTF_8);
        }
    }

    final FrontEnd vmm;
    private final MemorySegment ram;
    private final OwnedFd kick;
    private final OwnedFd call;
    private final OwnedFd cursorKick;
    private final OwnedFd cursorCall;
    private final MemorySegment one;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment interrupts = arena.allocate(8);
    DriverQueue control;
    DriverQueue cursor;
    private final ArrayDeque<Integer> freeSlots = new ArrayDeque<>();
    private final Map<Integer, Pending> inFlight = new HashMap<>();
    private int answers;
    private long nextFence;
    private long bigNext = BIG;

    /** Whether a request takes one of the queue's descriptors only, as Linux's do. */
    boolean indirect;

    TestGuest(FrontEnd vmm) throws IOException {
        this.vmm = vmm;
        this.ram = vmm.ram;
        kick = OwnedFd.of(Posix.eventfd(), "eventfd");
        call = OwnedFd.of(Posix.eventfd(), "eventfd");
        cursorKick = OwnedFd.of(Posix.eventfd(), "eventfd");
        cursorCall = OwnedFd.of(Posix.eventfd(), "eventfd");
        one = arena.allocateFrom(ValueLayout.JAVA_LONG, 1L);
        boot();
    }

    /** Makes the queues anew, as a driver that starts does. */
    void boot() throws IOException {
        control = new DriverQueue(ram, CONTROL_QUEUE, QUEUE_SIZE, vmm.has(29));
        cursor = new DriverQueue(ram, CURSOR_QUEUE, 16, vmm.has(29));
        inFlight.clear();
        freeSlots.clear();
        for (int i = 0; i < QUEUE_SIZE; i++) {
            freeSlots.add(i);
        }
        start(0, 0);
    }

    void start(int controlBase, int cursorBase) throws IOException {
        vmm.start(List.of(
                new FrontEnd.Ring(0, QUEUE_SIZE, control.descriptorTable(), control.availRing(), control.usedRing(),
                        controlBase, kick.number(), call.number()),
                new FrontEnd.Ring(1, 16, cursor.descriptorTable(), cursor.availRing(), cursor.usedRing(), cursorBase,
                        cursorKick.number(), cursorCall.number())));
    }

    /** What QMP's stop does; returns the bases. */
    int[] stop() throws IOException {
        return vmm.stop(2);
    }

    // ---- requests

    Pending submit(byte[] request) {
        return submit(request, 1);
    }

    /** Submits a request whose bytes lie in {@code pieces} buffers. */
    Pending submit(byte[] request, int pieces) {
        Pending pending = prepare(request, pieces);
        kick();
        return pending;
    }

    /** A request that goes with the next that is submitted, or with the next kick. */
    Pending prepare(byte[] request) {
        return prepare(request, 1);
    }

    private Pending prepare(byte[] request, int pieces) {
        int slot = freeSlots.remove();
        long at = SLOTS + (long) slot * SLOT;
        long requestAt = at;
        if (request.length > RESPONSE_OFFSET) {
            requestAt = bigNext;
            bigNext += (request.length + 15) & -16;
            assertTrue(bigNext <= FrontEnd.RAM_SIZE, "the test needs more guest memory");
        }
        MemorySegment.copy(MemorySegment.ofArray(request), 0, ram, requestAt, request.length);
        ram.asSlice(at + RESPONSE_OFFSET, RESPONSE_LENGTH).fill((byte) 0);
        if (indirect) {
            control.beginIndirect(TABLES + (long) slot * TABLE, pieces + 1);
        } else {
            control.beginChain();
        }
        int piece = (request.length + pieces - 1) / pieces;
        for (int done = 0; done < request.length; done += piece) {
            control.addBuffer(requestAt + done, Math.min(piece, request.length - done), false);
        }
        control.addBuffer(at + RESPONSE_OFFSET, RESPONSE_LENGTH, true);
        Pending pending = new Pending(slot, ByteBuffer.wrap(request).order(java.nio.ByteOrder.LITTLE_ENDIAN).getLong(8));
        inFlight.put(control.endChain(), pending);
        return pending;
    }

    void kick() {
        if (control.publish()) {
            long unused = Posix.write(kick.number(), one);
        }
    }

    /** Moves the cursor, the least that a device can be asked for. Returns whether it wanted to be kicked, and was. */
    boolean moveCursor() {
        cursor.beginChain();
        cursor.addBuffer(CURSOR_MOVE, 56, false);
        int unused = cursor.endChain();
        boolean wanted = cursor.publish();
        if (wanted) {
            long written = Posix.write(cursorKick.number(), one);
            assertEquals(Long.BYTES, written);
        }
        return wanted;
    }

    /** Waits for the move's coming back: for a moment by looking, then by the interrupt. */
    void awaitCursor(int looks) {
        for (int i = 0; i < looks && !cursor.hasUsed(); i++) {
            Thread.onSpinWait();
        }
        while (cursor.takeUsed() == DriverQueue.NONE) {
            if (cursor.enableInterrupts()) {
                assertTrue(Posix.poll(cursorCall.number(), Posix.POLLIN, 60_000) > 0, "the cursor's move is not taken");
                long unused = Posix.read(cursorCall.number(), interrupts);
            }
        }
    }

    /** Kicks whether or not the device asked for it. */
    void kickAnyway() {
        long unused = Posix.write(kick.number(), one);
    }

    /** Submits a request whose only descriptor lies outside of memory. */
    Pending submitWrong() {
        Pending pending = new Pending(freeSlots.remove(), 0);
        control.beginChain();
        control.addBuffer(FrontEnd.RAM_SIZE - 8, 64, false);
        inFlight.put(control.endChain(), pending);
        kick();
        return pending;
    }

    /** Puts a head of the caller's choosing into the available ring; the queue is of no further use. */
    void offerHead(int head) {
        long idxAt = control.availRing() + 2;
        int idx = ram.get(ValueLayout.JAVA_SHORT, idxAt) & 0xffff;
        ram.set(ValueLayout.JAVA_SHORT, control.availRing() + 4 + 2L * (idx % QUEUE_SIZE), (short) head);
        ram.set(ValueLayout.JAVA_SHORT, idxAt, (short) (idx + 1));
        kickAnyway();
    }

    /** Takes back what is used; whether there was anything. */
    boolean reap() {
        boolean any = false;
        for (int head = control.takeUsed(); head != DriverQueue.NONE; head = control.takeUsed()) {
            Pending pending = inFlight.remove(head);
            assertTrue(pending != null && pending.response == null, "answered twice");
            long at = SLOTS + (long) pending.slot * SLOT + RESPONSE_OFFSET;
            pending.response = ram.asSlice(at, control.usedLength()).toArray(ValueLayout.JAVA_BYTE);
            pending.place = ++answers;
            freeSlots.add(pending.slot);
            any = true;
        }
        return any;
    }

    boolean isDone(Pending pending) {
        reap();
        return pending.response != null;
    }

    /** Waits for the answer as a driver does, by the interrupt. */
    Pending await(Pending pending) {
        while (!isDone(pending)) {
            if (control.enableInterrupts()) {
                awaitInterrupt();
            }
        }
        return pending;
    }

    /** The descriptor that is readable after an interrupt, for those who wait for several things. */
    int interrupt() {
        return call.number();
    }

    /** Asks for the next interrupt and forgets those that were; false when something is used already. */
    boolean awaitsInterrupt() {
        if (Posix.poll(call.number(), Posix.POLLIN, 0) > 0) {
            long unused = Posix.read(call.number(), interrupts);
        }
        return control.enableInterrupts();
    }

    private void awaitInterrupt() {
        assertTrue(Posix.poll(call.number(), Posix.POLLIN, 20_000) > 0, "no interrupt comes");
        long unused = Posix.read(call.number(), interrupts);
    }

    /** Submits and waits; returns the response's type. */
    int request(byte[] request) {
        return await(submit(request)).type();
    }

    /** When this has been answered, everything submitted before has at least been looked at. */
    void barrier() {
        assertEquals(0x1101, request(header(0x100, 24, 0).array()));
    }

    // ---- the commands

    static ByteBuffer header(int type, int length, int ctx) {
        return FrontEnd.bytes(length).putInt(0, type).putInt(16, ctx);
    }

    ByteBuffer fenced(ByteBuffer request, int ring) {
        request.putInt(4, ring < 0 ? 1 : 3).putLong(8, ++nextFence);
        if (ring >= 0) {
            request.put(20, (byte) ring);
        }
        return request;
    }

    int ctxCreate(int ctx) {
        return ctxCreate(ctx, "test");
    }

    private int ctxCreate(int ctx, String called) {
        byte[] name = called.getBytes(StandardCharsets.US_ASCII);
        return request(header(0x200, 96, ctx).putInt(24, name.length).putInt(28, 5).put(32, name).array());
    }

    int ctxDestroy(int ctx) {
        return request(header(0x201, 24, ctx).array());
    }

    int guestBlob(int resource, long address, int length) {
        ByteBuffer request = header(0x10c, 56 + 16, 0).putInt(24, resource).putInt(28, 1).putInt(32, 1).putInt(36, 1);
        return request(request.putLong(48, length).putLong(56, address).putInt(64, length).array());
    }

    /** A guest blob of scattered memory, as Linux asks for it: in no context. */
    static byte[] guestBlob(int resource, int flags, long size, long... addressesAndLengths) {
        int count = addressesAndLengths.length / 2;
        ByteBuffer request = header(0x10c, 56 + 16 * count, 0).putInt(24, resource).putInt(28, 1).putInt(32, flags);
        return entries(request.putInt(36, count).putLong(48, size), 56, addressesAndLengths);
    }

    static byte[] attachBacking(int resource, long... addressesAndLengths) {
        int count = addressesAndLengths.length / 2;
        return entries(header(0x106, 32 + 16 * count, 0).putInt(24, resource).putInt(28, count), 32, addressesAndLengths);
    }

    static byte[] detachBacking(int resource) {
        return resource(0x107, resource, 0);
    }

    private static byte[] entries(ByteBuffer request, int at, long... addressesAndLengths) {
        for (int i = 0; i < addressesAndLengths.length; i += 2) {
            request.putLong(at + 8 * i, addressesAndLengths[i]).putInt(at + 8 * i + 8, (int) addressesAndLengths[i + 1]);
        }
        return request.array();
    }

    byte[] hostBlob(int resource, int ctx, long blobId, long size) {
        ByteBuffer request = header(0x10c, 56, ctx).putInt(24, resource).putInt(28, 2).putInt(32, 3);
        return request.putLong(40, blobId).putLong(48, size).array();
    }

    static byte[] resource(int type, int resource, int ctx) {
        return header(type, 32, ctx).putInt(24, resource).array();
    }

    static byte[] attach(int resource, int ctx) {
        return resource(0x202, resource, ctx);
    }

    static byte[] detach(int resource, int ctx) {
        return resource(0x203, resource, ctx);
    }

    static byte[] unref(int resource) {
        return resource(0x102, resource, 0);
    }

    static byte[] unmap(int resource) {
        return resource(0x209, resource, 0);
    }

    static byte[] map(int resource, long offset) {
        return header(0x208, 40, 0).putInt(24, resource).putLong(32, offset).array();
    }

    static ByteBuffer command(int ctx, int cmd, int length) {
        return header(0x207, 32 + length, ctx).putInt(24, length).put(32, (byte) cmd).putShort(34, (short) length);
    }

    static long ringAddress(int ctx, int ring) {
        return RINGS + (2L * ctx + ring) * 4096;
    }

    static int ringResource(int ctx, int ring) {
        return 1000 + 2 * ctx + ring;
    }

    /** A context with its two rings, as a guest proxy makes it before INIT. */
    void context(int ctx) {
        context(ctx, "test");
    }

    /** A context of this name. */
    void context(int ctx, String name) {
        assertEquals(OK_NODATA, ctxCreate(ctx, name));
        for (int ring = 0; ring < 2; ring++) {
            ram.asSlice(ringAddress(ctx, ring), 4096).fill((byte) 0);
            assertEquals(OK_NODATA, guestBlob(ringResource(ctx, ring), ringAddress(ctx, ring), 4096));
            assertEquals(OK_NODATA, request(attach(ringResource(ctx, ring), ctx)));
        }
    }

    /** INIT of so many bytes, for a Wayland channel. */
    static byte[] init(int ctx, int size) {
        return init(ctx, size, 1);
    }

    static byte[] init(int ctx, int size, int channelType) {
        ByteBuffer request = command(ctx, 1, size).putInt(32 + 8, ringResource(ctx, 0));
        if (size == 16) {
            request.putInt(32 + 12, channelType);
        } else {
            request.putInt(32 + 12, ringResource(ctx, 1)).putInt(32 + 16, channelType);
        }
        return request.array();
    }

    /** A context that is connected. */
    void channel(int ctx) {
        channel(ctx, 20, 1);
    }

    /** A context that is connected to the socket of a channel type, by an INIT of so many bytes. */
    void channel(int ctx, int initSize, int channelType) {
        context(ctx);
        assertEquals(OK_NODATA, request(init(ctx, initSize, channelType)));
    }

    /** The data of capset 5. */
    ByteBuffer capset() {
        Pending answer = await(submit(header(0x109, 32, 0).putInt(24, 5).array()));
        assertEquals(0x1103, answer.type());
        return answer.bytes().slice(24, 16).order(java.nio.ByteOrder.LITTLE_ENDIAN);
    }

    Pending poll(int ctx) {
        return submit(fenced(command(ctx, 3, 16), 1).array());
    }

    static byte[] send(int ctx, byte[] data, int... idsAndTypes) {
        return send(ctx, 28, 352, data, idsAndTypes);
    }

    /** As guests from before 2024 send: with room for 4 files. */
    static byte[] shortSend(int ctx, String text, int... idsAndTypes) {
        return send(ctx, 4, 64, text.getBytes(StandardCharsets.UTF_8), idsAndTypes);
    }

    private static byte[] send(int ctx, int capacity, int length, byte[] data, int... idsAndTypes) {
        ByteBuffer request = command(ctx, 4, length + data.length);
        request.putInt(32 + 8, idsAndTypes.length / 2).putInt(32 + 12, data.length);
        for (int i = 0; i < idsAndTypes.length / 2; i++) {
            request.putInt(32 + 16 + 4 * i, idsAndTypes[2 * i]).putInt(32 + 16 + 4 * (capacity + i), idsAndTypes[2 * i + 1]);
        }
        return request.put(32 + length, data).array();
    }

    static byte[] send(int ctx, String text, int... idsAndTypes) {
        return send(ctx, text.getBytes(StandardCharsets.UTF_8), idsAndTypes);
    }

    static byte[] write(int ctx, int id, byte[] data, boolean hangUp) {
        ByteBuffer request = command(ctx, 7, 24 + data.length);
        request.putInt(32 + 8, id).putInt(32 + 12, hangUp ? 1 : 0).putInt(32 + 16, data.length);
        return request.put(32 + 24, data).array();
    }

    /** A command whose body is one identifier: READ_CREATE_EVENT (11) and its like. */
    static byte[] itemCommand(int ctx, int cmd, int id) {
        return command(ctx, cmd, 16).putInt(32 + 8, id).array();
    }

    static byte[] assignSocketUuid(int ctx, int id, byte[] uuid) {
        return command(ctx, 13, 32).put(32 + 8, uuid).putInt(32 + 24, id).array();
    }

    /** INIT of a channel that is to have the socket of this UUID. */
    static byte[] initOfSocket(int ctx, byte[] uuid) {
        return ByteBuffer.wrap(init(ctx, 36, 0xffff_ffff)).put(32 + 20, uuid).array();
    }

    /** Asks how an image would lie; returns the query ring's answer. */
    ByteBuffer imageRequirements(int ctx, int width, int height) {
        assertEquals(OK_NODATA, await(queryImage(ctx, width, height, "XR24", 0x11)).type());
        return queryAnswer(ctx);
    }

    /** Asks how an image would lie. */
    Pending queryImage(int ctx, int width, int height, String format, int flags) {
        ByteBuffer request = command(ctx, 2, 24);
        request.putInt(32 + 8, width).putInt(32 + 12, height).putInt(32 + 16, ImageLayout.fourcc(format));
        return submit(fenced(request.putInt(32 + 20, flags), 0).array());
    }

    /** What the query ring holds. */
    ByteBuffer queryAnswer(int ctx) {
        return ByteBuffer.wrap(ram.asSlice(ringAddress(ctx, 0), 64).toArray(ValueLayout.JAVA_BYTE))
                .order(java.nio.ByteOrder.LITTLE_ENDIAN);
    }

    /** What GET_CAPSET says of dma-bufs. */
    int supportsDmabuf() {
        return capset().getInt(8);
    }

    /** What the channel ring holds now. */
    Message message(int ctx) {
        return message(ctx, 1);
    }

    Message message(int ctx, int ring) {
        return message(ctx, ring, 28, 352);
    }

    private Message message(int ctx, int ring, int capacity, int length) {
        ByteBuffer page = ByteBuffer.wrap(ram.asSlice(ringAddress(ctx, ring), 4096).toArray(ValueLayout.JAVA_BYTE))
                .order(java.nio.ByteOrder.LITTLE_ENDIAN);
        assertEquals(0, page.getLong(0) & ~0xffL, "all of the header but the command is 0");
        int cmd = page.get(0);
        if (cmd == 6) {
            byte[] data = new byte[page.getInt(16)];
            page.get(24, data);
            return new Message(cmd, new int[0], new int[0], new int[0], data, page.getInt(8), page.getInt(12));
        }
        assertEquals(5, cmd);
        int count = page.getInt(8);
        int[] ids = new int[count];
        int[] types = new int[count];
        int[] sizes = new int[count];
        for (int i = 0; i < count; i++) {
            ids[i] = page.getInt(16 + 4 * i);
            types[i] = page.getInt(16 + 4 * (capacity + i));
            sizes[i] = page.getInt(16 + 4 * (2 * capacity + i));
        }
        byte[] data = new byte[page.getInt(12)];
        page.get(length, data);
        return new Message(cmd, ids, types, sizes, data, 0, 0);
    }

    /** POLLs and waits for the next message. */
    Message receive(int ctx) {
        Pending poll = await(poll(ctx));
        assertEquals(OK_NODATA, poll.type());
        return message(ctx);
    }

    /** As {@link #receive}, where messages have room for 4 files. */
    Message shortReceive(int ctx) {
        Pending poll = await(poll(ctx));
        assertEquals(OK_NODATA, poll.type());
        return message(ctx, 1, 4, 64);
    }

    /** POLLs until so much text has come. */
    String receiveText(int ctx, int length) {
        StringBuilder all = new StringBuilder();
        while (all.length() < length) {
            Message message = receive(ctx);
            assertTrue(message.data.length > 0, () -> "the end after " + all);
            all.append(message.text());
        }
        return all.toString();
    }

    MemorySegment ram() {
        return ram;
    }

    @Override
    public void close() {
        kick.close();
        call.close();
        cursorKick.close();
        cursorCall.close();
        arena.close();
    }
}
