package dev.wayferry.proxy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wayferry.posix.Memory;
import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.Posix;
import dev.wayferry.posix.PosixException;
import dev.wayferry.posix.Sockets;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.NullUnmarked;

/**
 * A recorded front-end: its messages, byte for byte, with descriptors of the same kinds; and the guest's memory and control
 * queue as they lay with it.
 */
@NullUnmarked // what is missing fails the test at once
final class ReplayedVmm extends FrontEnd {
    /** Where mappings begin; the recorded guest has no memory up there. */
    private static final long WINDOW_START = 1L << 36;

    private final Arena arena = Arena.ofShared();
    private final List<OwnedFd> fds = new ArrayList<>();
    private long userBase;
    private MemorySegment guestMemory;
    private final int[] kicks = new int[2];
    private final int[] calls = new int[2];
    private final int[] sizes = new int[2];

    /** Of the control queue: guest addresses of the descriptor table, the available and the used ring. */
    private final long[] rings = new long[3];

    private int submitted;
    private int seen;

    ReplayedVmm(OwnedFd socket) throws IOException {
        super(socket);
        // What it told of its mappings was recorded with the rest.
        echo = false;
    }

    /** Sends a recorded message, and checks that the answer is of the right kind. */
    void replay(Recording.Event message) throws Exception {
        int request = message.number("request");
        boolean needReply = (message.number("flags") & 8) != 0;
        ByteBuffer payload = message.bytes();
        int[] sent = message.number("fds") == 0 ? new int[0] : new int[] {fdFor(request, payload)};
        if (request == REM_MEM_REG) {
            awaitMapping(payload, false);
        }
        send(request, needReply, payload, sent);
        switch (request) {
            case GET_FEATURES, GET_PROTOCOL_FEATURES, GET_QUEUE_NUM, GET_MAX_MEM_SLOTS ->
                assertEquals(8, receive(request).limit());
            case GET_CONFIG -> assertEquals(payload.limit(), receive(request).limit());
            case GET_SHMEM_CONFIG -> assertEquals(2056, receive(request).limit());
            case GET_VRING_BASE -> {
                int taken = payload.getInt(0) == 0 ? submitted : 0;
                assertEquals(taken, receive(request).getInt(4));
            }
            default -> {
                if (needReply) {
                    assertEquals(0, receive(request).getLong(0), () -> "request " + request);
                }
            }
        }
        switch (request) {
            case SET_VRING_NUM -> sizes[payload.getInt(0)] = payload.getInt(4);
            case SET_VRING_ADDR -> {
                if (payload.getInt(0) == 0) {
                    rings[0] = payload.getLong(8) - userBase;
                    rings[1] = payload.getLong(24) - userBase;
                    rings[2] = payload.getLong(16) - userBase;
                }
            }
            default -> {}
        }
    }

    private int fdFor(int request, ByteBuffer payload) throws Exception {
        switch (request) {
            case ADD_MEM_REG -> {
                if (payload.getLong(8) >= WINDOW_START) {
                    return awaitMapping(payload, true);
                }
                OwnedFd file = kept(OwnedFd.of(Memory.memfdCreate("guest"), "memfd"));
                long size = payload.getLong(16);
                userBase = payload.getLong(24);
                assertEquals(0, payload.getLong(8), "the guest's memory begins at 0");
                PosixException.check(Memory.ftruncate(file.number(), size), "ftruncate");
                guestMemory = Memory.map(file.number(), 0, size, Memory.PROT_READ | Memory.PROT_WRITE, arena);
                return file.number();
            }
            case SET_BACKEND_REQ_FD -> {
                OwnedFd[] pair = Sockets.pair();
                serveBackChannelOn(pair[0]);
                return kept(pair[1]).number();
            }
            default -> {
                OwnedFd event = kept(OwnedFd.of(Posix.eventfd(), "eventfd"));
                int ring = (int) payload.getLong(0);
                if (request == SET_VRING_KICK) {
                    kicks[ring] = event.number();
                } else if (request == SET_VRING_CALL) {
                    calls[ring] = event.number();
                }
                return event.number();
            }
        }
    }

    private OwnedFd kept(OwnedFd fd) {
        fds.add(fd);
        return fd;
    }

    /** Waits until what a message tells of is mapped, or is not any more; the mapping's file. */
    private int awaitMapping(ByteBuffer region, boolean wanted) throws InterruptedException {
        long offset = region.getLong(8) & (TestVm.WINDOW * 128 - 1);
        for (int i = 0; i < 20_000; i++) {
            synchronized (this) {
                Mapping mapping = mappings.get(offset);
                if ((mapping != null) == wanted) {
                    return wanted ? mapping.file().number() : -1;
                }
            }
            Thread.sleep(1);
        }
        throw new AssertionError(String.format("0x%x: mapped is still %s, %s", offset, !wanted, askedSoFar()));
    }

    // ---- the guest

    /** Puts bytes where the guest had them. */
    void write(long address, byte[] bytes) {
        MemorySegment.copy(MemorySegment.ofArray(bytes), 0, guestMemory, address, bytes.length);
    }

    byte[] read(long address, int length) {
        return guestMemory.asSlice(address, length).toArray(ValueLayout.JAVA_BYTE);
    }

    /** Offers an indirect table as the guest did, and kicks. */
    void offer(int head, long table, int tableLength) throws PosixException {
        long descriptor = rings[0] + 16L * head;
        guestMemory.set(ValueLayout.JAVA_LONG_UNALIGNED, descriptor, table);
        guestMemory.set(ValueLayout.JAVA_LONG_UNALIGNED, descriptor + 8, tableLength | 4L << 32);
        guestMemory.set(ValueLayout.JAVA_SHORT, rings[1] + 4 + 2L * (submitted % sizes[0]), (short) head);
        submitted++;
        guestMemory.set(ValueLayout.JAVA_SHORT, rings[1] + 2, (short) submitted);
        MemorySegment one = arena.allocateFrom(ValueLayout.JAVA_LONG, 1L);
        assertEquals(8, Posix.write(kicks[0], one));
    }

    /** The head that is given back next; waits for its interrupt. */
    int awaitUsed() {
        long used = rings[2];
        MemorySegment count = arena.allocate(8);
        while ((guestMemory.get(ValueLayout.JAVA_SHORT, used + 2) & 0xffff) == (seen & 0xffff)) {
            // used_event of VIRTIO_F_EVENT_IDX: an interrupt is wanted for the next one.
            guestMemory.set(ValueLayout.JAVA_SHORT, rings[1] + 4 + 2L * sizes[0], (short) seen);
            if ((guestMemory.get(ValueLayout.JAVA_SHORT, used + 2) & 0xffff) == (seen & 0xffff)) {
                assertTrue(Posix.poll(calls[0], Posix.POLLIN, 20_000) > 0, "no interrupt comes");
                long unused = Posix.read(calls[0], count);
            }
        }
        int head = guestMemory.get(ValueLayout.JAVA_INT, used + 4 + 8L * (seen % sizes[0]));
        seen++;
        return head;
    }

    @Override
    public void close() {
        super.close();
        fds.forEach(OwnedFd::close);
        arena.close();
    }
}
