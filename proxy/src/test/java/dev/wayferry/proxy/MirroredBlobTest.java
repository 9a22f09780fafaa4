package dev.wayferry.proxy;

import static dev.wayferry.proxy.TestVm.assertOk;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wayferry.posix.Memory;
import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.Posix;
import dev.wayferry.proxy.TestCompositor.Connection;
import dev.wayferry.proxy.TestGuest.Pending;
import dev.wayferry.proxy.gpu.GuestBlobFiles;
import dev.wayferry.proxy.gpu.GuestShm;
import dev.wayferry.proxy.limit.Limit;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** {@code --guest-shm=copy} over the whole way, with a VMM whose memory can't be sealed. */
class MirroredBlobTest {
    private static final int BLOB = 10;
    private static final long PAGE = 4096;
    private static final long FIRST = 0x80_0000;
    private static final long SECOND = 0x90_0000;
    private static final int SURFACE = 5;
    private static final int POOL = 6;
    private static final int BUFFER = 7;

    static TestVm vm() throws IOException {
        return new TestVm(settings -> settings.guestBlobs = () -> GuestBlobFiles.open(GuestShm.COPY));
    }

    static byte[] message(int object, int opcode, int... words) {
        int size = 8 + 4 * words.length;
        ByteBuffer bytes = FrontEnd.bytes(size).putInt(0, object).putInt(4, size << 16 | opcode);
        for (int i = 0; i < words.length; i++) {
            bytes.putInt(8 + 4 * i, words[i]);
        }
        return bytes.array();
    }

    static byte[] bind(String name, int id) {
        int padded = (name.length() + 4) & -4;
        int size = 24 + padded;
        ByteBuffer bytes = FrontEnd.bytes(size).putInt(0, 2).putInt(4, size << 16).putInt(8, 1);
        bytes.putInt(12, name.length() + 1).put(16, name.getBytes(StandardCharsets.US_ASCII));
        return bytes.putInt(16 + padded, 1).putInt(20 + padded, id).array();
    }

    static byte[] join(byte[]... parts) {
        int length = Arrays.stream(parts).mapToInt(part -> part.length).sum();
        ByteBuffer all = ByteBuffer.allocate(length);
        Arrays.stream(parts).forEach(all::put);
        return all.array();
    }

    /** A pool of two pages that lie apart in guest memory, with a buffer of 8 rows of 1024 bytes. */
    private static byte[] pool() {
        return join(message(1, 1, 2), bind("wl_shm", 3), bind("wl_compositor", 4), message(4, 0, SURFACE),
                message(3, 0, POOL, 8192), message(POOL, 0, BUFFER, 0, 256, 8, 1024, 0));
    }

    /** A pool of this size, the first thing that a client asks for. */
    static byte[] firstPool(int size) {
        return join(message(1, 1, 2), bind("wl_shm", 3), message(3, 0, POOL, size));
    }

    /** Another one, after the first. */
    static byte[] nextPool(int size) {
        return message(3, 0, POOL + 1, size);
    }

    private static byte[] commit(int row, int rows) {
        return join(message(SURFACE, 1, BUFFER, 0, 0), message(SURFACE, 9, 0, row, 256, rows), message(SURFACE, 6));
    }

    private static Connection withBlob(TestVm vm) throws IOException {
        vm.guest.channel(1);
        assertOk(vm.guest.request(TestGuest.guestBlob(BLOB, 1, 2 * PAGE, FIRST, PAGE, SECOND, PAGE)));
        assertOk(vm.guest.request(TestGuest.attach(BLOB, 1)));
        return vm.compositor.accept();
    }

    private static void send(TestVm vm, Connection client, byte[] bytes, int... idsAndTypes) throws IOException {
        assertOk(vm.guest.request(TestGuest.send(1, bytes, idsAndTypes)));
        assertArrayEquals(bytes, client.read(bytes.length));
    }

    private static int seen(OwnedFd file, long offset) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment one = arena.allocate(4, 4);
            assertEquals(4, Posix.pread(file.number(), one, offset));
            return one.get(ValueLayout.JAVA_INT, 0);
        }
    }

    @Test
    void copiesWhatACommitDamagesBeforeTheCompositorHearsOfIt() throws Exception {
        try (TestVm vm = vm(); Connection client = withBlob(vm)) {
            vm.guest.ram().set(ValueLayout.JAVA_INT, FIRST, 1);
            vm.guest.ram().set(ValueLayout.JAVA_INT, SECOND, 2);
            send(vm, client, join(pool(), commit(0, 8)), BLOB, TestGuest.BLOB);
            OwnedFd file = client.received.getFirst();
            assertEquals(1, seen(file, 0));
            assertEquals(2, seen(file, PAGE));
            vm.guest.ram().set(ValueLayout.JAVA_INT, FIRST, 3);
            vm.guest.ram().set(ValueLayout.JAVA_INT, SECOND, 4);
            send(vm, client, commit(4, 1));
            assertEquals(1, seen(file, 0), "it is not damaged");
            assertEquals(4, seen(file, PAGE));
        }
    }

    @Test
    void goesOnWithoutPagesOfACommitThatAreCutOff() throws Exception {
        try (TestVm vm = vm(); Connection client = withBlob(vm)) {
            vm.guest.ram().set(ValueLayout.JAVA_INT, FIRST, 1);
            send(vm, client, join(pool(), commit(0, 8)), BLOB, TestGuest.BLOB);
            assertEquals(0, Memory.ftruncate(vm.vmm.ramFile.number(), FIRST));
            send(vm, client, commit(0, 8));
            assertEquals(1, seen(client.received.getFirst(), 0), "what was there before");
        }
    }

    @Test
    void givesTheCompositorAFileThatNobodyCanCutOff() throws Exception {
        try (TestVm vm = vm(); Connection client = withBlob(vm)) {
            send(vm, client, pool(), BLOB, TestGuest.BLOB);
            assertEquals(Memory.F_SEAL_SEAL | Memory.F_SEAL_SHRINK | Memory.F_SEAL_GROW,
                    Memory.seals(client.received.getFirst().number()));
        }
    }

    @Test
    void touchesNoPagesAfterUnref() throws Exception {
        try (TestVm vm = vm(); Connection client = withBlob(vm)) {
            send(vm, client, join(pool(), commit(0, 8)), BLOB, TestGuest.BLOB);
            assertOk(vm.guest.request(TestGuest.unref(BLOB)));
            vm.guest.ram().set(ValueLayout.JAVA_INT, FIRST, 5);
            send(vm, client, commit(0, 8));
            assertEquals(0, seen(client.received.getFirst(), 0));
        }
    }

    @Test
    void sendsMessagesInPiecesOnceTheyAreWhole() throws Exception {
        try (TestVm vm = vm(); Connection client = withBlob(vm)) {
            byte[] all = join(pool(), commit(0, 8));
            vm.guest.ram().set(ValueLayout.JAVA_INT, FIRST, 1);
            int half = all.length - 30;
            assertOk(vm.guest.request(TestGuest.send(1, Arrays.copyOf(all, half), BLOB, TestGuest.BLOB)));
            assertOk(vm.guest.request(TestGuest.send(1, Arrays.copyOfRange(all, half, all.length))));
            assertArrayEquals(all, client.read(all.length));
            assertEquals(1, client.received.size());
            assertEquals(1, seen(client.received.getFirst(), 0));
        }
    }

    @Test
    void countsTheStartsOfMessagesThatWaitAmongWhatTheVmMayHaveQueued() throws Exception {
        try (TestVm vm = new TestVm(settings -> {
            settings.guestBlobs = () -> GuestBlobFiles.open(GuestShm.COPY);
            settings.limits.put(Limit.QUEUED_BYTES, 120_000L);
        })) {
            byte[] start = Arrays.copyOf(message(99, 0, new int[16_000]), 60_000);
            List<Connection> clients = new ArrayList<>();
            try {
                vm.guest.channel(1);
                clients.add(vm.compositor.accept());
                assertOk(vm.guest.request(TestGuest.send(1, start)));
                vm.guest.channel(2);
                clients.add(vm.compositor.accept());
                Pending waits = vm.guest.submit(TestGuest.send(2, start));
                vm.guest.barrier();
                assertFalse(vm.guest.isDone(waits), "there is no room for a second one");
                assertOk(vm.guest.ctxDestroy(1));
                assertOk(vm.guest.await(waits).type());
                // The rest comes, and the message goes.
                assertOk(vm.guest.request(TestGuest.send(2, new byte[4_008])));
                assertEquals(64_008, clients.getLast().read(64_008).length);
            } finally {
                clients.forEach(Connection::close);
            }
        }
    }

    @Test
    void letsHostBlobsAndPipesPassAsTheyAre() throws Exception {
        try (TestVm vm = vm(); Connection client = withBlob(vm)) {
            int template = vm.guest.imageRequirements(1, 64, 64).getInt(48);
            assertOk(vm.guest.request(vm.guest.hostBlob(11, 1, template, 16384)));
            assertOk(vm.guest.request(TestGuest.attach(11, 1)));
            byte[] bytes = join(message(1, 1, 2), bind("wl_shm", 3), message(3, 0, 20, 16384), message(3, 0, POOL, 8192));
            send(vm, client, bytes, 11, TestGuest.BLOB, 0x80000001, TestGuest.READ_PIPE, BLOB, TestGuest.BLOB);
            assertEquals(3, client.received.size());
        }
    }

    @Test
    void sendsInOrderToACompositorThatDoesNotRead() throws Exception {
        try (TestVm vm = vm(); Connection client = withBlob(vm)) {
            send(vm, client, pool(), BLOB, TestGuest.BLOB);
            int count = 300;
            byte[] block = join(message(99, 0, new int[1000]));
            for (int i = 0; i < count; i++) {
                block[8] = (byte) i;
                assertOk(vm.guest.request(TestGuest.send(1, block)));
            }
            for (int i = 0; i < count; i++) {
                assertEquals((byte) i, client.read(block.length)[8]);
            }
        }
    }

    @Test
    void endsTheConnectionOfAProgramWhoseBufferTheCompositorWouldWriteInto() throws Exception {
        try (TestVm vm = vm(); Connection client = withBlob(vm)) {
            send(vm, client, pool(), BLOB, TestGuest.BLOB);
            byte[] capture = join(bind("weston_capture_v1", 20), message(20, 1, 9, 0, 21), message(21, 1, BUFFER));
            assertEquals(TestGuest.ERR_INVALID_PARAMETER, vm.guest.request(TestGuest.send(1, capture)));
            assertEquals(0, vm.guest.receive(1).data().length);
            assertTrue(client.isHungUp());
        }
    }
}
