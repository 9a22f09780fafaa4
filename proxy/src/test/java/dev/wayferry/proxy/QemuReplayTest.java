package dev.wayferry.proxy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wayferry.posix.Memory;
import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.Posix;
import dev.wayferry.posix.PosixException;
import dev.wayferry.posix.Sockets;
import dev.wayferry.proxy.vhostuser.ShmemOffer;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;

/** A real QEMU's messages, captured from a boot and sent again, byte for byte; its descriptors are of the same kinds. */
@NullUnmarked // what is missing fails the test at once
class QemuReplayTest {
    private static final Pattern LINE = Pattern.compile("request=(\\d+) flags=(\\d+) fds=(\\d+) payload=([0-9a-f]*)");

    private final List<OwnedFd> fds = new ArrayList<>();
    private final OwnedFd[] kicks = new OwnedFd[2];
    private final OwnedFd[] calls = new OwnedFd[2];
    private final long[][] rings = new long[2][];
    private MemorySegment ram;
    private long userBase;
    private int submitted;

    @Test
    void servesTheFirstLifeOfARealQemu() throws Exception {
        OwnedFd[] pair = Sockets.pair();
        VmSession vm = new VmSession(TestVm.settings(Path.of("/nonexistent"), ShmemOffer.AUTO), pair[1]);
        Thread session = Thread.ofPlatform().start(vm::run);
        try (Arena arena = Arena.ofShared(); FrontEnd vmm = new FrontEnd(pair[0])) {
            for (MatchResult message : captured()) {
                replay(vmm, Integer.parseInt(message.group(1)), Integer.parseInt(message.group(2)),
                        Integer.parseInt(message.group(3)), HexFormat.of().parseHex(message.group(4)), arena);
            }
            assertEquals(2, submitted, "the capture starts the rings and calls the driver anew");
            vmm.hangUp();
            FrontEnd.join(session);
        } finally {
            fds.forEach(OwnedFd::close);
        }
    }

    private static List<MatchResult> captured() throws IOException {
        try (InputStream stream = QemuReplayTest.class.getResourceAsStream("qemu-11.1-first-life.txt")) {
            assertNotNull(stream);
            List<MatchResult> messages = LINE.matcher(new String(stream.readAllBytes(), StandardCharsets.UTF_8))
                    .results().toList();
            assertTrue(messages.size() > 30);
            return messages;
        }
    }

    private void replay(FrontEnd vmm, int request, int flags, int fdCount, byte[] bytes, Arena arena) throws IOException {
        ByteBuffer payload = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        int[] sent = fdCount == 0 ? new int[0] : new int[] {fdFor(request, payload, arena).number()};
        vmm.send(request, (flags & 8) != 0, payload, sent);
        switch (request) {
            case FrontEnd.GET_FEATURES, FrontEnd.GET_PROTOCOL_FEATURES, FrontEnd.GET_QUEUE_NUM,
                    FrontEnd.GET_MAX_MEM_SLOTS -> assertEquals(8, vmm.receive(request).limit());
            case FrontEnd.GET_CONFIG -> assertEquals(bytes.length, vmm.receive(request).limit());
            case FrontEnd.GET_SHMEM_CONFIG -> assertEquals(2056, vmm.receive(request).limit());
            case FrontEnd.GET_VRING_BASE -> {
                ByteBuffer reply = vmm.receive(request);
                assertEquals(payload.getInt(0) == 0 ? submitted : 0, reply.getInt(4));
            }
            case FrontEnd.SET_VRING_ADDR -> rings[payload.getInt(0)] = new long[] {
                payload.getLong(8) - userBase, payload.getLong(24) - userBase, payload.getLong(16) - userBase};
            default -> {
                if ((flags & 8) != 0) {
                    assertEquals(0, vmm.receive(request).getLong(0), () -> "request " + request);
                }
            }
        }
        boolean enabled = request == FrontEnd.SET_VRING_ENABLE && payload.getInt(0) == 1 && payload.getInt(4) == 1;
        if (enabled || (request == FrontEnd.SET_VRING_CALL && rings[0] != null && submitted == 1 && payload.getLong(0) == 0)) {
            getDisplayInfo();
        }
    }

    private OwnedFd fdFor(int request, ByteBuffer payload, Arena arena) throws IOException {
        switch (request) {
            case FrontEnd.ADD_MEM_REG -> {
                OwnedFd file = kept(OwnedFd.of(Memory.memfdCreate("guest"), "memfd"));
                long size = payload.getLong(16);
                userBase = payload.getLong(24);
                assertEquals(0, payload.getLong(8), "the guest's memory begins at 0");
                PosixException.check(Memory.ftruncate(file.number(), size), "ftruncate");
                ram = Memory.map(file.number(), 0, size, Memory.PROT_READ | Memory.PROT_WRITE, arena);
                return file;
            }
            case FrontEnd.SET_BACKEND_REQ_FD -> {
                OwnedFd[] pair = Sockets.pair();
                kept(pair[0]);
                return kept(pair[1]);
            }
            default -> {
                OwnedFd event = kept(OwnedFd.of(Posix.eventfd(), "eventfd"));
                int ring = (int) payload.getLong(0);
                if (request == FrontEnd.SET_VRING_KICK) {
                    kicks[ring] = event;
                } else if (request == FrontEnd.SET_VRING_CALL) {
                    calls[ring] = event;
                }
                return event;
            }
        }
    }

    private OwnedFd kept(OwnedFd fd) {
        fds.add(fd);
        return fd;
    }

    /** One request by the rings where Linux had put them, of which a driver would make no other use. */
    private void getDisplayInfo() {
        long request = 0x100_0000;
        long response = request + 64;
        ram.asSlice(request, 1024).fill((byte) 0);
        ram.set(ValueLayout.JAVA_INT, request, 0x100);
        long desc = rings[0][0];
        ram.set(ValueLayout.JAVA_LONG, desc, request);
        ram.set(ValueLayout.JAVA_LONG, desc + 8, 24L | 1L << 32 | 1L << 48);
        ram.set(ValueLayout.JAVA_LONG, desc + 16, response);
        ram.set(ValueLayout.JAVA_LONG, desc + 24, 408L | 2L << 32);
        long avail = rings[0][1];
        ram.set(ValueLayout.JAVA_SHORT, avail + 4 + 2L * submitted, (short) 0);
        // With EVENT_IDX: an interrupt is wanted behind this one.
        ram.set(ValueLayout.JAVA_SHORT, avail + 4 + 2L * 1024, (short) submitted);
        submitted++;
        ram.set(ValueLayout.JAVA_SHORT, avail + 2, (short) submitted);
        MemorySegment one = Arena.ofAuto().allocateFrom(ValueLayout.JAVA_LONG, 1L);
        assertEquals(8, Posix.write(kicks[0].number(), one));
        long used = rings[0][2];
        while (ram.get(ValueLayout.JAVA_SHORT, used + 2) != submitted) {
            assertTrue(Posix.poll(calls[0].number(), Posix.POLLIN, 20_000) > 0, "no interrupt comes");
            long unused = Posix.read(calls[0].number(), Arena.ofAuto().allocate(8));
        }
        assertEquals(0x1101, ram.get(ValueLayout.JAVA_INT, response));
    }
}
