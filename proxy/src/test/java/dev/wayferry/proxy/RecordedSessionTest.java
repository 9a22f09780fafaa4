package dev.wayferry.proxy;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wayferry.posix.Memory;
import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.Posix;
import dev.wayferry.posix.PosixException;
import dev.wayferry.posix.Sockets;
import dev.wayferry.wire.crossdomain.CrossDomain;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A session of a VMM, a guest kernel, a guest proxy and a compositor that are not this project's, played once more. */
@NullUnmarked // what is missing fails the test at once
class RecordedSessionTest {
    private static final int HEADER = 24;
    private static final int CREATE_BLOB = 0x10c;
    private static final int SUBMIT_3D = 0x207;
    private static final int COMMAND = 32;
    private static final int IDS = 16;
    private static final int TYPES = 128;
    private static final int DATA = 352;

    @TempDir
    Path folder;

    private ReplayedVmm vmm;
    private TestCompositor compositor;
    private TestCompositor.Connection connection;

    /** What is under way on the control queue. */
    private final Map<Integer, Request> requests = new HashMap<>();

    /** Heads that were given back before the recording comes to it. */
    private final Set<Integer> used = new HashSet<>();

    /** Where the first page of each guest blob lies. */
    private final Map<Integer, Long> pages = new HashMap<>();

    /** Where each context's channel ring lies. */
    private final Map<Integer, Long> channelRings = new HashMap<>();

    /** Our ends of pipes: those that the guest reads, and those that it writes, by their identifiers. */
    private final Map<Integer, OwnedFd> pipes = new HashMap<>();

    private OwnedFd[] saidPipes = {};
    private byte[] mailbox = {};
    private int sends;
    private int receives;
    private int reads;
    private int writes;

    /** A request that the guest has made: its bytes, and where its response goes. */
    private record Request(ByteBuffer bytes, long response) {
        int type() {
            return bytes.getInt(0);
        }

        int ctx() {
            return bytes.getInt(16);
        }

        /** The cross-domain command in it, or 0. */
        int command() {
            return type() == SUBMIT_3D ? bytes.get(COMMAND) : 0;
        }
    }

    @Test
    void playsAForeignSessionOnceMore() throws Exception {
        compositor = new TestCompositor(folder);
        OwnedFd[] pair = Sockets.pair();
        VmSession vm = new VmSession(new TestSettings().with(compositor.path()), new HostProcess(), pair[1]);
        Thread session = Thread.ofPlatform().start(vm::run);
        vmm = new ReplayedVmm(pair[0]);
        try {
            int line = 0;
            for (Recording.Event event : Recording.read("qemu-11.1-linux-6.12-wayland-proxy-virtwl.txt")) {
                line++;
                try {
                    play(event);
                } catch (AssertionError e) {
                    throw new AssertionError("event " + line + ", " + event + ": " + e.getMessage(), e);
                }
            }
            assertTrue(requests.isEmpty(), () -> "never answered: " + requests.keySet());
            assertTrue(sends > 50 && receives > 20 && reads > 1 && writes > 0, "the recording is a whole session");
            vmm.hangUp();
            FrontEnd.join(session);
        } finally {
            vmm.close();
            compositor.close();
            pipes.values().forEach(OwnedFd::close);
            closeConnection();
        }
    }

    private void play(Recording.Event event) throws Exception {
        switch (event.kind()) {
            case "vmm" -> vmm.replay(event);
            case "guest" -> guest(event);
            case "answer" -> answer(event.number("head"), event.bytes().array());
            case "said" -> say(event);
            case "mailbox" -> expectInMailbox(event.bytes());
            default -> throw new AssertionError("unknown event");
        }
    }

    // ---- the guest's requests

    private void guest(Recording.Event event) throws IOException {
        ByteBuffer bytes = event.bytes();
        List<String> buffers = event.list("buffers");
        ByteBuffer table = FrontEnd.bytes(16 * buffers.size());
        int written = 0;
        long response = 0;
        for (int i = 0; i < buffers.size(); i++) {
            String[] parts = buffers.get(i).substring(1).split(":");
            long address = Long.parseLong(parts[0], 16);
            int length = Integer.parseInt(parts[1]);
            boolean writable = buffers.get(i).startsWith("w");
            if (writable) {
                response = address;
            } else {
                vmm.write(address, Arrays.copyOfRange(bytes.array(), written, written + length));
                written += length;
            }
            int flags = (i + 1 < buffers.size() ? 1 : 0) | (writable ? 2 : 0);
            table.putLong(address).putInt(length).putShort((short) flags).putShort((short) (i + 1));
        }
        assertEquals(bytes.limit(), written);
        vmm.write(event.hex("table"), table.array());
        Request request = new Request(bytes, response);
        requests.put(event.number("head"), request);
        note(request);
        vmm.offer(event.number("head"), event.hex("table"), table.capacity());
        if (request.command() == CrossDomain.CMD_INIT) {
            closeConnection();
            connection = compositor.accept();
        }
    }

    /** Learns from a request what is needed to look at its effects. */
    private void note(Request request) {
        ByteBuffer bytes = request.bytes();
        if (request.type() == CREATE_BLOB && bytes.getInt(28) == 1) {
            pages.put(bytes.getInt(24), bytes.getLong(56));
        } else if (request.command() == CrossDomain.CMD_INIT) {
            channelRings.put(request.ctx(), pages.get(bytes.getInt(COMMAND + 12)));
        }
    }

    private void answer(int head, byte[] expected) throws Exception {
        while (!used.contains(head)) {
            used.add(vmm.awaitUsed());
        }
        used.remove(head);
        Request request = requests.remove(head);
        byte[] response = vmm.read(request.response(), expected.length);
        // The header whole: type, flags, fence, context, ring. What lies behind it is ours to say.
        assertArrayEquals(Arrays.copyOf(expected, HEADER), Arrays.copyOf(response, HEADER));
        switch (request.command()) {
            case CrossDomain.CMD_SEND -> checkSent(request.bytes());
            case CrossDomain.CMD_WRITE -> checkWritten(request.bytes());
            case CrossDomain.CMD_POLL -> {
                byte[] page = vmm.read(channelRings.get(request.ctx()), mailbox.length);
                assertArrayEquals(mailbox, page);
                mailbox = new byte[0];
            }
            default -> {}
        }
    }

    private void closeConnection() {
        if (connection != null) {
            connection.close();
            connection = null;
        }
    }

    /** A SEND's bytes and files are at the compositor. */
    private void checkSent(ByteBuffer bytes) throws PosixException {
        sends++;
        int ids = bytes.getInt(COMMAND + 8);
        byte[] data = new byte[bytes.getInt(COMMAND + 12)];
        bytes.get(COMMAND + DATA, data);
        assertArrayEquals(data, connection.read(data.length));
        assertEquals(ids, connection.received.size());
        for (int i = 0; i < ids; i++) {
            OwnedFd file = connection.received.removeFirst();
            if (bytes.getInt(COMMAND + TYPES + 4 * i) == CrossDomain.ID_TYPE_READ_PIPE) {
                pipes.put(bytes.getInt(COMMAND + IDS + 4 * i), file);
            } else {
                file.close();
            }
        }
    }

    /** A WRITE's bytes have come out of the pipe, and its end if it says so. */
    private void checkWritten(ByteBuffer bytes) {
        writes++;
        OwnedFd pipe = pipes.get(bytes.getInt(COMMAND + 8));
        byte[] data = new byte[bytes.getInt(COMMAND + 16)];
        bytes.get(COMMAND + 24, data);
        assertArrayEquals(data, readFrom(pipe, data.length));
        if (bytes.getInt(COMMAND + 12) != 0) {
            assertEquals(0, readFrom(pipe, 1).length);
        }
    }

    private static byte[] readFrom(OwnedFd pipe, int length) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment room = arena.allocate(Math.max(length, 1));
            long count = length == 0 ? 0 : Posix.read(pipe.number(), room);
            return room.asSlice(0, count).toArray(ValueLayout.JAVA_BYTE);
        }
    }

    // ---- the compositor's side

    private void say(Recording.Event event) throws IOException {
        byte[] bytes = event.bytes().array();
        if (bytes.length == 0) {
            closeConnection();
            return;
        }
        List<String> kinds = event.list("files");
        OwnedFd[] files = new OwnedFd[kinds.size()];
        saidPipes = new OwnedFd[kinds.size()];
        for (int i = 0; i < files.length; i++) {
            String[] kind = kinds.get(i).split(":");
            if (kind[0].equals("memory")) {
                files[i] = OwnedFd.of(Memory.memfdCreate("keymap"), "memfd");
                PosixException.check(Memory.ftruncate(files[i].number(), Long.parseLong(kind[1])), "ftruncate");
            } else {
                assertEquals("write", kind[0]);
                long ends = PosixException.check(Posix.pipe(), "pipe2");
                saidPipes[i] = new OwnedFd(Posix.readEnd(ends));
                files[i] = new OwnedFd(Posix.writeEnd(ends));
            }
        }
        connection.send(bytes, Arrays.stream(files).mapToInt(OwnedFd::number).toArray());
        for (OwnedFd file : files) {
            file.close();
        }
    }

    private void expectInMailbox(ByteBuffer message) {
        mailbox = message.array();
        if (message.get(0) == CrossDomain.CMD_READ) {
            reads++;
            OwnedFd pipe = pipes.get(message.getInt(8));
            byte[] data = Arrays.copyOfRange(mailbox, 24, mailbox.length);
            try (Arena arena = Arena.ofConfined()) {
                if (data.length > 0) {
                    assertEquals(data.length, Posix.write(pipe.number(), arena.allocateFrom(ValueLayout.JAVA_BYTE, data)));
                }
            }
            if (message.getInt(12) != 0) {
                pipe.close();
                pipes.remove(message.getInt(8));
            }
            return;
        }
        receives++;
        for (int i = 0; i < message.getInt(8); i++) {
            if (message.getInt(TYPES + 4 * i) == CrossDomain.ID_TYPE_WRITE_PIPE) {
                pipes.put(message.getInt(IDS + 4 * i), saidPipes[i]);
            }
        }
    }
}
