package dev.wayferry.proxy;

import static dev.wayferry.proxy.TestFiles.pipe;
import static dev.wayferry.proxy.TestFiles.receivePipe;
import static dev.wayferry.proxy.TestVm.assertOk;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wayferry.posix.Memory;
import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.Posix;
import dev.wayferry.posix.PosixException;
import dev.wayferry.posix.SocketMessage;
import dev.wayferry.posix.Sockets;
import dev.wayferry.proxy.TestCompositor.Connection;
import dev.wayferry.proxy.TestGuest.Message;
import dev.wayferry.proxy.TestGuest.Pending;
import dev.wayferry.proxy.limit.Limit;
import dev.wayferry.proxy.stats.Counter;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whoever does not take what is for him makes those wait who have it for him, and nobody else. */
class BackPressureTest {
    private static final int DBUS = 0x12;
    private static final int QUEUE = 1 << 20;

    private static byte[] numbered(int number, int length) {
        byte[] data = new byte[length];
        Arrays.fill(data, (byte) number);
        return data;
    }

    @Test
    void aCompositorThatStopsReadingEndsOnlyItsContextBehindAQueueAndEightRequests() throws Exception {
        try (TestVm vm = new TestVm()) {
            vm.guest.channel(1);
            Connection stopped = vm.compositor.accept();
            vm.guest.channel(2);
            try (stopped; Connection other = vm.compositor.accept()) {
                int length = 5000;
                List<Pending> held = new ArrayList<>();
                int answered = 0;
                Pending last = vm.guest.submit(TestGuest.send(1, numbered(0, length)));
                vm.guest.barrier();
                while (!vm.guest.isDone(last) || last.type() == TestGuest.OK_NODATA) {
                    if (vm.guest.isDone(last)) {
                        answered++;
                        assertEquals(0, held.size(), "one behind those that are held is held");
                    } else {
                        held.add(last);
                    }
                    last = vm.guest.submit(TestGuest.send(1, numbered(answered + held.size(), length)));
                    vm.guest.barrier();
                }
                assertEquals(8, held.size());
                assertTrue(answered * length > QUEUE - length, answered + " were answered");
                assertEquals(TestGuest.ERR_INVALID_PARAMETER, last.type());
                held.forEach(send -> assertEquals(TestGuest.ERR_INVALID_PARAMETER, vm.guest.await(send).type()));

                Message end = vm.guest.receive(1);
                assertEquals(5, end.cmd());
                assertEquals(0, end.data().length);
                assertEquals(0, end.ids().length);
                assertEquals(TestGuest.ERR_INVALID_PARAMETER, vm.guest.request(TestGuest.send(1, "x")));
                assertEquals(TestGuest.ERR_INVALID_PARAMETER,
                        vm.guest.await(vm.guest.queryImage(1, 64, 64, "XR24", 0x11)).type());
                assertEquals(TestGuest.ERR_INVALID_PARAMETER,
                        vm.guest.request(TestGuest.write(1, 2, "x".getBytes(), false)));
                Pending poll = vm.guest.poll(1);
                vm.guest.barrier();
                assertFalse(vm.guest.isDone(poll), "the end is told once");

                vm.assertServed(2, other);
                // What the socket had taken is still there, in order, and then the end.
                int number = 0;
                for (byte[] some = stopped.readSome(length); some.length > 0; some = stopped.readSome(length)) {
                    assertEquals(number, some[0] & 0xff);
                    number = (number + 1) & 0xff;
                }
                assertOk(vm.guest.ctxDestroy(1));
                assertOk(vm.guest.await(poll).type());
            }
        }
    }

    @Test
    void aSendBehindOneThatEndsTheStreamInTheSameTurnDoesNotFollowHalfAMessage() throws Exception {
        try (TestVm vm = new TestVm()) {
            vm.guest.channel(1);
            try (Connection client = vm.compositor.accept()) {
                Pending half = vm.guest.prepare(TestGuest.send(1, numbered(1, 300_000)));
                // The socket has room for what is left of it, and for more.
                assertEquals(0, Memory.ftruncate(vm.vmm.ramFile.number(), TestGuest.BIG + 100 * 1024));
                Pending behind = vm.guest.submit(TestGuest.send(1, numbered(2, 10), 0x8000_0000, TestGuest.READ_PIPE));
                assertEquals(TestGuest.ERR_INVALID_PARAMETER, vm.guest.await(half).type());
                assertEquals(TestGuest.ERR_INVALID_PARAMETER, vm.guest.await(behind).type());
                assertEquals(0, vm.guest.receive(1).data().length, "the end");
                int count = 0;
                for (byte[] some = client.readSome(1000); some.length > 0; some = client.readSome(1000)) {
                    for (byte each : some) {
                        assertEquals(1, each);
                        count++;
                    }
                }
                assertTrue(count > 0, "half of it has come");
                assertEquals(List.of(), client.received);
            }
        }
    }

    @Test
    void aQueueIsAsLongAsTheOptionSays() throws Exception {
        try (TestVm vm = new TestVm(settings -> settings.limits.put(Limit.CONTEXT_QUEUED_BYTES, 4L << 20))) {
            vm.guest.channel(1);
            try (Connection client = vm.compositor.accept()) {
                byte[] data = new byte[100_000];
                for (int i = 0; i < 40; i++) {
                    assertOk(vm.guest.request(TestGuest.send(1, data)));
                }
                for (int i = 0; i < 40; i++) {
                    assertArrayEquals(data, client.read(data.length));
                }
            }
        }
    }

    @Test
    void losesAndDoublesNoByteAndNoFileThroughASocketThatTakesLittleAtATime(@TempDir Path folder) throws Exception {
        int sends = 1500;
        Random random = new Random(21);
        try (TestCompositor server = new TestCompositor(folder);
                TestVm vm = new TestVm(settings -> {
                    settings.channels = Map.of(DBUS, server.path().toString());
                    settings.limits.put(Limit.CONTEXT_QUEUED_BYTES, 1L << 16);
                })) {
            vm.guest.channel(1, 36, DBUS);
            OwnedFd[] pair = Sockets.pair();
            SmallBuffers.of(pair[0]);
            byte[] uuid = new byte[16];
            try (Connection client = server.accept(); OwnedFd sent = pair[0]) {
                client.send("s", sent.number());
                sent.close();
                assertOk(vm.guest.request(TestGuest.assignSocketUuid(1, vm.guest.receive(1).ids()[0], uuid)));
                vm.guest.context(2);
                assertOk(vm.guest.request(TestGuest.initOfSocket(2, uuid)));
                ByteArrayOutputStream all = new ByteArrayOutputStream();
                List<Integer> filesAt = new ArrayList<>();
                try (Reader reader = new Reader(pair[1])) {
                    ArrayDeque<Pending> underWay = new ArrayDeque<>();
                    for (int i = 0; i < sends; i++) {
                        byte[] bytes = new byte[1 + random.nextInt(1 << random.nextInt(13))];
                        random.nextBytes(bytes);
                        if (i % 15 == 7) {
                            filesAt.add(all.size());
                            underWay.add(vm.guest.prepare(
                                    TestGuest.send(2, bytes, 0x8000_0000 + i, TestGuest.READ_PIPE)));
                        } else {
                            underWay.add(vm.guest.prepare(TestGuest.send(2, bytes)));
                        }
                        all.writeBytes(bytes);
                        // Several come in at once, but never so many that the context is ended for it.
                        if (random.nextInt(3) == 0 || underWay.size() == 8) {
                            vm.guest.kick();
                            while (underWay.size() > 4) {
                                assertOk(vm.guest.await(underWay.remove()).type());
                            }
                        }
                    }
                    vm.guest.kick();
                    underWay.forEach(send -> assertOk(vm.guest.await(send).type()));
                    reader.await(all.size());
                    assertArrayEquals(all.toByteArray(), reader.received.toByteArray());
                    assertEquals(filesAt.size(), reader.filesIn.size());
                    for (int i = 0; i < filesAt.size(); i++) {
                        int at = filesAt.get(i);
                        int[] range = reader.filesIn.get(i);
                        assertTrue(range[0] <= at && at < range[1],
                                () -> "the file of byte " + at + " came with " + Arrays.toString(range));
                    }
                }
            }
        }
    }

    /** Reads pieces of many sizes on a thread of its own, and notes with which bytes each file came. */
    private static final class Reader implements AutoCloseable {
        private final OwnedFd socket;
        final ByteArrayOutputStream received = new ByteArrayOutputStream();
        final List<int[]> filesIn = new ArrayList<>();
        private final Thread thread = Thread.ofPlatform().unstarted(this::run);
        private volatile int expected = Integer.MAX_VALUE;

        Reader(OwnedFd socket) {
            this.socket = socket;
            thread.start();
        }

        private void run() {
            Random random = new Random(22);
            try (Arena arena = Arena.ofConfined()) {
                SocketMessage message = new SocketMessage(1, arena);
                MemorySegment buffer = arena.allocate(1 << 14);
                while (received.size() < expected) {
                    if (Posix.poll(socket.number(), Posix.POLLIN, 100) <= 0) {
                        continue;
                    }
                    message.clear().addBuffer(buffer.address(), 1 + random.nextInt(1 << random.nextInt(15)));
                    long count = message.receive(socket.number());
                    if (count <= 0) {
                        return;
                    }
                    for (int i = 0; i < message.fdCount(); i++) {
                        filesIn.add(new int[] {received.size(), received.size() + (int) count});
                        Posix.close(message.fd(i));
                    }
                    received.writeBytes(buffer.asSlice(0, count).toArray(ValueLayout.JAVA_BYTE));
                }
            }
        }

        /** Waits until so many bytes have come. */
        void await(int count) {
            expected = count;
            FrontEnd.join(thread);
            assertEquals(count, received.size());
        }

        @Override
        public void close() {
            expected = 0;
            FrontEnd.join(thread);
            socket.close();
        }
    }

    @Test
    void aStreamThatStopsAndGoesAllocatesForItsStopsAndNotForItsMessages() throws Exception {
        int rounds = 20;
        // Of a call that fails the error number is asked for, by a call that may allocate 40 bytes, and a round has some such
        // calls. Its 120 messages would allocate 16 bytes each at least.
        int ofARound = 10 * 40;
        try (TestVm vm = new TestVm()) {
            vm.guest.channel(1);
            try (Connection client = vm.compositor.accept()) {
                long deadline = System.nanoTime() + TimeUnit.MINUTES.toNanos(2);
                long allocated = Long.MAX_VALUE;
                while (allocated > rounds * ofARound && System.nanoTime() < deadline) {
                    long before = LoadGuest.allocatedByLoop();
                    for (int i = 0; i < rounds; i++) {
                        stopAndGo(vm, client);
                    }
                    allocated = LoadGuest.allocatedByLoop() - before;
                }
                assertTrue(allocated <= rounds * ofARound, allocated + " bytes");
            }
        }
    }

    private static void stopAndGo(TestVm vm, Connection client) throws PosixException {
        int count = 120;
        int length = 5000;
        List<Pending> sends = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            sends.add(vm.guest.prepare(TestGuest.send(1, new byte[length])));
        }
        vm.guest.kick();
        sends.forEach(send -> assertOk(vm.guest.await(send).type()));
        assertEquals(count * length, client.read(count * length).length);
    }

    @Test
    void aGuestThatStopsPollingCostsOnlyItsContext() throws Exception {
        try (TestVm vm = new TestVm()) {
            vm.guest.channel(1);
            Connection unread = vm.compositor.accept();
            vm.guest.channel(2);
            try (unread; Connection other = vm.compositor.accept()) {
                int count = 100;
                int length = 20_000;
                Thread sending = Thread.ofPlatform().start(() -> {
                    try {
                        for (int i = 0; i < count; i++) {
                            unread.send(numbered(i, length));
                        }
                    } catch (PosixException e) {
                        throw new AssertionError(e);
                    }
                });
                for (int i = 0; i < 10; i++) {
                    vm.assertServed(2, other);
                }
                ByteArrayOutputStream received = new ByteArrayOutputStream();
                while (received.size() < count * length) {
                    received.writeBytes(vm.guest.receive(1).data());
                }
                FrontEnd.join(sending);
                byte[] all = received.toByteArray();
                for (int i = 0; i < count; i++) {
                    assertArrayEquals(numbered(i, length), Arrays.copyOfRange(all, i * length, (i + 1) * length));
                }
            }
        }
    }

    @Test
    void aPipeThatNobodyDrainsHoldsBackOnlyItsWriter() throws Exception {
        try (TestVm vm = new TestVm()) {
            vm.guest.channel(1);
            OwnedFd[] undrained = pipe();
            OwnedFd[] drained = pipe();
            try (Connection client = vm.compositor.accept(); OwnedFd readEnd = undrained[0]; OwnedFd otherEnd = drained[0]) {
                int id = receivePipe(vm, client, undrained[1]);
                int otherId = receivePipe(vm, client, drained[1]);
                int count = 60;
                int length = 4000;
                List<Pending> writes = new ArrayList<>();
                ByteArrayOutputStream all = new ByteArrayOutputStream();
                for (int i = 0; i < count; i++) {
                    writes.add(vm.guest.prepare(TestGuest.write(1, id, numbered(i, length), i == count - 1)));
                    all.writeBytes(numbered(i, length));
                }
                vm.guest.kick();
                for (int i = 0; i < 20; i++) {
                    assertOk(vm.guest.request(TestGuest.write(1, otherId, "drained".getBytes(), false)));
                    assertEquals("drained", TestFiles.read(otherEnd));
                    vm.assertServed(1, client);
                }
                // None is held for ever: each has a fence, perhaps.
                writes.forEach(write -> assertOk(vm.guest.await(write).type()));
                ByteArrayOutputStream got = new ByteArrayOutputStream();
                for (String some = TestFiles.read(readEnd); !some.isEmpty(); some = TestFiles.read(readEnd)) {
                    got.writeBytes(some.getBytes());
                }
                assertArrayEquals(all.toByteArray(), got.toByteArray());
            }
        }
    }

    @Test
    void writesOfAPipeThatStandsStillAreNotAllCopiedInOneTurn() throws Exception {
        try (TestVm vm = new TestVm()) {
            vm.guest.channel(1);
            OwnedFd[] undrained = pipe();
            try (Connection client = vm.compositor.accept(); OwnedFd readEnd = undrained[0]) {
                assertTrue(readEnd.isOpen());
                int id = receivePipe(vm, client, undrained[1]);
                // These come in together and have to make room for each other...
                int count = 40;
                int held = 16;
                List<Pending> writes = new ArrayList<>();
                int[] base = vm.guest.stop();
                for (int i = 0; i < count; i++) {
                    writes.add(vm.guest.prepare(TestGuest.write(1, id, new byte[1 << 20], false)));
                }
                vm.guest.kick();
                long before = vm.process.counters().get(Counter.BATCHES);
                vm.guest.start(base[0], base[1]);
                writes.forEach(write -> assertOk(vm.guest.await(write).type()));
                long batches = vm.process.counters().get(Counter.BATCHES) - before;
                // ...and of the last ones one MiB goes in a turn. The last turn may not be counted yet.
                assertTrue(batches >= (count - held) / 4 + held - 1, "they came back by " + batches);
            }
        }
    }

    @Test
    void whatIsHeldWaitsForMemoryThatTheVmmTakesAwayAndBringsBack() throws Exception {
        try (TestVm vm = new TestVm(settings -> settings.limits.put(Limit.QUEUED_BYTES, 1L))) {
            // Two regions, of which the rings are in the first, and what is long in the second.
            long low = TestGuest.BIG;
            java.nio.ByteBuffer lower = FrontEnd.region(0, low, FrontEnd.USER_BASE);
            java.nio.ByteBuffer upper = FrontEnd.region(low, FrontEnd.RAM_SIZE - low, FrontEnd.USER_BASE + low).putLong(32, low);
            assertEquals(0, vm.vmm.acknowledged(
                    FrontEnd.REM_MEM_REG, FrontEnd.region(0, FrontEnd.RAM_SIZE, FrontEnd.USER_BASE)));
            assertEquals(0, vm.vmm.acknowledged(FrontEnd.ADD_MEM_REG, lower, vm.vmm.ramFile.number()));
            assertEquals(0, vm.vmm.acknowledged(FrontEnd.ADD_MEM_REG, upper, vm.vmm.ramFile.number()));
            vm.guest.channel(1);
            OwnedFd[] undrained = pipe();
            try (Connection client = vm.compositor.accept(); OwnedFd readEnd = undrained[0]) {
                int id = receivePipe(vm, client, undrained[1]);
                byte[] written = numbered(3, 1_000_000);
                byte[] sent = numbered(4, 1_000_000);
                Pending write = vm.guest.submit(TestGuest.write(1, id, written, true));
                Pending send = vm.guest.submit(TestGuest.send(1, sent));
                vm.guest.barrier();
                assertEquals(0, vm.vmm.acknowledged(FrontEnd.REM_MEM_REG, upper));
                // There is room in the pipe and in the socket, and nothing to put there.
                ByteArrayOutputStream fromPipe = new ByteArrayOutputStream();
                while (Posix.poll(readEnd.number(), Posix.POLLIN, 0) > 0) {
                    fromPipe.writeBytes(some(readEnd));
                }
                ByteArrayOutputStream fromSocket = new ByteArrayOutputStream();
                while (Posix.poll(client.socket.number(), Posix.POLLIN, 0) > 0) {
                    fromSocket.writeBytes(client.readSome(1 << 16));
                }
                vm.guest.barrier();
                assertFalse(vm.guest.isDone(write) || vm.guest.isDone(send));
                assertEquals(0, vm.vmm.acknowledged(FrontEnd.ADD_MEM_REG, upper, vm.vmm.ramFile.number()));
                for (byte[] some = some(readEnd); some.length > 0; some = some(readEnd)) {
                    fromPipe.writeBytes(some);
                }
                assertArrayEquals(written, fromPipe.toByteArray());
                fromSocket.writeBytes(client.read(sent.length - fromSocket.size()));
                assertArrayEquals(sent, fromSocket.toByteArray());
                assertOk(vm.guest.await(write).type());
                assertOk(vm.guest.await(send).type());
            }
        }
    }

    @Test
    void heldWritesComeBackWithTheirFencesWhateverBecomesOfTheirPipe() throws Exception {
        for (boolean readerGoes : new boolean[] {true, false}) {
            try (TestVm vm = new TestVm()) {
                vm.guest.channel(1);
                OwnedFd[] undrained = pipe();
                try (Connection client = vm.compositor.accept(); OwnedFd readEnd = undrained[0]) {
                    int id = receivePipe(vm, client, undrained[1]);
                    List<Pending> writes = new ArrayList<>();
                    for (int i = 0; i < 30; i++) {
                        byte[] write = TestGuest.write(1, id, new byte[4000], false);
                        writes.add(vm.guest.prepare(
                                vm.guest.fenced(java.nio.ByteBuffer.wrap(write).order(java.nio.ByteOrder.LITTLE_ENDIAN), -1)
                                        .array()));
                    }
                    vm.guest.kick();
                    vm.guest.await(writes.get(10));
                    if (readerGoes) {
                        readEnd.close();
                    } else {
                        assertOk(vm.guest.ctxDestroy(1));
                    }
                    for (Pending write : writes) {
                        assertEquals(write.fence, vm.guest.await(write).fenceId());
                    }
                }
            }
        }
    }

    @Test
    void writesThatComeInTogetherGoByOneCall() throws Exception {
        try (TestVm vm = new TestVm()) {
            vm.guest.channel(1);
            OwnedFd[] drained = pipe();
            try (Connection client = vm.compositor.accept(); OwnedFd readEnd = drained[0]) {
                int id = receivePipe(vm, client, drained[1]);
                List<Pending> requests = new ArrayList<>();
                int[] base = vm.guest.stop();
                for (int i = 0; i < 10; i++) {
                    requests.add(vm.guest.prepare(TestGuest.write(1, id, "w".getBytes(), false)));
                }
                for (int i = 0; i < 10; i++) {
                    requests.add(vm.guest.prepare(TestGuest.send(1, "s")));
                }
                vm.guest.kick();
                long before = vm.process.counters().get(Counter.SENDMSGS);
                vm.guest.start(base[0], base[1]);
                requests.forEach(request -> assertOk(vm.guest.await(request).type()));
                assertEquals("wwwwwwwwww", TestFiles.read(readEnd));
                assertEquals("ssssssssss", client.readText(10));
                // The guest has answers of that turn only, so the loop has counted all of it.
                assertEquals(1, vm.process.counters().get(Counter.WRITES));
                assertEquals(1, vm.process.counters().get(Counter.SENDMSGS) - before);
                assertEquals(0, vm.process.counters().get(Counter.COPIED_WAITING));
            }
        }
    }

    @Test
    void sendsWhatCameBeforeAContextEndsInTheSameTurn() throws Exception {
        try (TestVm vm = new TestVm()) {
            vm.guest.channel(1);
            try (Connection client = vm.compositor.accept()) {
                int[] base = vm.guest.stop();
                Pending first = vm.guest.prepare(TestGuest.send(1, "last "));
                Pending second = vm.guest.prepare(TestGuest.send(1, "words"));
                Pending destroy = vm.guest.prepare(TestGuest.header(0x201, 24, 1).array());
                vm.guest.kick();
                vm.guest.start(base[0], base[1]);
                assertOk(vm.guest.await(destroy).type());
                assertOk(vm.guest.await(first).type());
                assertOk(vm.guest.await(second).type());
                assertEquals("last words", client.readText(10));
                assertTrue(client.isHungUp());
            }
        }
    }

    /** What is in the pipe now; waits for something, nothing at its end. */
    private static byte[] some(OwnedFd pipe) {
        return TestFiles.read(pipe).getBytes(StandardCharsets.UTF_8);
    }
}
