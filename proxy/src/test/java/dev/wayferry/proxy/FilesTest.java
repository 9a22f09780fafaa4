package dev.wayferry.proxy;

import static dev.wayferry.proxy.TestFiles.PIPE;
import static dev.wayferry.proxy.TestFiles.memfd;
import static dev.wayferry.proxy.TestFiles.pipe;
import static dev.wayferry.proxy.TestFiles.read;
import static dev.wayferry.proxy.TestFiles.receivePipe;
import static dev.wayferry.proxy.TestFiles.size;
import static dev.wayferry.proxy.TestFiles.text;
import static dev.wayferry.proxy.TestFiles.write;
import static dev.wayferry.proxy.TestVm.assertOk;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wayferry.posix.FileStatus;
import dev.wayferry.posix.Memory;
import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.Posix;
import dev.wayferry.proxy.TestCompositor.Connection;
import dev.wayferry.proxy.TestGuest.Message;
import dev.wayferry.proxy.TestGuest.Pending;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;

/** Files that travel with messages: memory both ways, pipes both ways, many at once. */
class FilesTest {
    // ---- memory

    @Test
    void copiesAKeymapSoThatShrinkingTheOriginalHarmsNothing() throws Exception {
        try (TestVm vm = new TestVm()) {
            vm.guest.channel(1);
            try (Connection client = vm.compositor.accept(); OwnedFd keymap = memfd("xkb_keymap", 5000)) {
                client.send("keymap", keymap.number());
                Message message = vm.guest.receive(1);
                assertEquals("keymap", message.text());
                assertArrayEquals(new int[] {TestGuest.BLOB}, message.types());
                assertArrayEquals(new int[] {5000}, message.sizes());
                assertTrue(message.ids()[0] >= 2);
                assertOk(vm.guest.request(vm.guest.hostBlob(7, 1, message.ids()[0], 8192)));
                assertEquals(TestGuest.OK_MAP_INFO, vm.guest.request(TestGuest.map(7, 0x10000)));
                assertEquals(0, Memory.ftruncate(keymap.number(), 0));
                MemorySegment mapped = vm.vmm.mapped(0x10000);
                assertEquals("xkb_keymap", text(mapped, 10));
                assertEquals(8192, mapped.byteSize());
                mapped.set(ValueLayout.JAVA_BYTE, 8191, (byte) 1);
                assertOk(vm.guest.request(TestGuest.unref(7)));
                assertEquals(List.of("MAP 0x10000+0x2000", "UNMAP 0x10000+0x2000"), vm.vmm.askedSoFar());
            }
        }
    }

    @Test
    void refusesABlobLargerThanItsFile() throws Exception {
        try (TestVm vm = new TestVm()) {
            vm.guest.channel(1);
            try (Connection client = vm.compositor.accept(); OwnedFd file = memfd("x", 100)) {
                client.send("f", file.number());
                int id = vm.guest.receive(1).ids()[0];
                assertEquals(TestGuest.ERR_INVALID_PARAMETER, vm.guest.request(vm.guest.hostBlob(7, 1, id, 1 << 20)));
                assertOk(vm.guest.request(vm.guest.hostBlob(7, 1, id, 4096)));
            }
        }
    }

    @Test
    void copiesNoFileBeyondTheLimit() throws Exception {
        try (TestVm vm = new TestVm()) {
            vm.guest.channel(1);
            try (Connection client = vm.compositor.accept();
                    OwnedFd file = memfd("x", TestVm.MAX_FILE_COPY + 1)) {
                client.send("f", file.number());
                Message message = vm.guest.receive(1);
                assertEquals(TestGuest.ERR_INVALID_PARAMETER,
                        vm.guest.request(vm.guest.hostBlob(7, 1, message.ids()[0], 4096)));
            }
        }
    }

    @Test
    void closesReceivedFilesThatAreNeverClaimed() throws Exception {
        try (TestVm vm = new TestVm()) {
            vm.guest.channel(1);
            try (Connection client = vm.compositor.accept(); OwnedFd file = memfd("x", 4096)) {
                int first = 0;
                for (int i = 0; i < 300; i++) {
                    client.send("f", file.number());
                    Message message = vm.guest.receive(1);
                    assertEquals("f", message.text());
                    first = i == 0 ? message.ids()[0] : first;
                }
                // The oldest make room.
                OpenFds.await("/memfd:compositor (deleted)", 257);
                assertEquals(TestGuest.ERR_INVALID_PARAMETER, vm.guest.request(vm.guest.hostBlob(7, 1, first, 4096)));
            }
        }
    }

    @Test
    void answersImageQueriesOfAnyNumberOfSizes() throws Exception {
        try (TestVm vm = new TestVm()) {
            vm.guest.channel(1);
            vm.compositor.accept().close();
            for (int width = 1; width <= 2000; width++) {
                ByteBuffer answer = vm.guest.imageRequirements(1, width, 1000);
                assertEquals(4 * width, answer.getInt(0));
                assertNotEquals(0, answer.getInt(48));
            }
        }
    }

    @Test
    void sendsABlobsFile() throws Exception {
        try (TestVm vm = new TestVm()) {
            vm.guest.channel(1);
            try (Connection client = vm.compositor.accept(); Arena arena = Arena.ofConfined()) {
                int id = vm.guest.imageRequirements(1, 64, 64).getInt(48);
                assertOk(vm.guest.request(vm.guest.hostBlob(7, 1, id, 16384)));
                assertOk(vm.guest.request(TestGuest.attach(7, 1)));
                assertEquals(TestGuest.OK_MAP_INFO, vm.guest.request(TestGuest.map(7, 0x4000)));
                vm.vmm.mapped(0x4000).set(ValueLayout.JAVA_BYTE, 16383, (byte) 42);
                assertOk(vm.guest.request(TestGuest.send(1, "pool", 7, TestGuest.BLOB)));
                assertEquals("pool", client.readText(4));
                assertEquals(1, client.received.size());
                MemorySegment pool = Memory.map(client.received.getFirst().number(), 0, 16384, Memory.PROT_READ, arena);
                assertEquals(42, pool.get(ValueLayout.JAVA_BYTE, 16383));
                assertEquals(Memory.F_SEAL_SEAL | Memory.F_SEAL_SHRINK | Memory.F_SEAL_GROW,
                        Memory.seals(client.received.getFirst().number()));
            }
        }
    }

    @Test
    void letsASendWaitForABlobThatIsStillBeingMadeAndKeepsTheOrder() throws Exception {
        try (TestVm vm = new TestVm()) {
            vm.guest.channel(1);
            try (Connection client = vm.compositor.accept()) {
                int id = vm.guest.imageRequirements(1, 64, 64).getInt(48);
                assertOk(vm.guest.request(vm.guest.hostBlob(7, 1, id, 16384)));
                // The VMM does not answer, so the keeper is stuck, and the next blob stays unmade.
                vm.vmm.mayAnswer.drainPermits();
                Pending mapped = vm.guest.submit(TestGuest.map(7, 0));
                vm.vmm.firstRequest.await();
                assertOk(vm.guest.request(vm.guest.hostBlob(8, 1, id, 16384)));
                assertOk(vm.guest.request(TestGuest.attach(8, 1)));
                Pending first = vm.guest.submit(TestGuest.send(1, "with file ", 8, TestGuest.BLOB));
                List<Pending> behind = new ArrayList<>();
                for (int i = 10; i < 50; i++) {
                    behind.add(vm.guest.submit(TestGuest.send(1, "" + i)));
                }
                vm.guest.barrier();
                assertFalse(vm.guest.isDone(first));
                assertFalse(vm.guest.isDone(behind.getFirst()));
                vm.vmm.mayAnswer.release(1000);
                assertEquals(TestGuest.OK_MAP_INFO, vm.guest.await(mapped).type());
                assertOk(vm.guest.await(first).type());
                behind.forEach(send -> assertOk(vm.guest.await(send).type()));
                StringBuilder expected = new StringBuilder("with file ");
                for (int i = 10; i < 50; i++) {
                    expected.append(i);
                }
                assertEquals(expected.toString(), client.readText(expected.length()));
                assertEquals(1, client.received.size());
            }
        }
    }

    /** Has the keeper stuck on the VMM, and blob 8 of context 1 unmade behind that. */
    private static void withBlobThatIsNotMadeYet(TestVm vm) throws Exception {
        int id = vm.guest.imageRequirements(1, 64, 64).getInt(48);
        assertOk(vm.guest.request(vm.guest.hostBlob(7, 1, id, 16384)));
        assertOk(vm.guest.request(TestGuest.attach(7, 1)));
        vm.vmm.mayAnswer.drainPermits();
        Pending unused = vm.guest.submit(TestGuest.map(7, 0));
        vm.vmm.firstRequest.await();
        assertOk(vm.guest.request(vm.guest.hostBlob(8, 1, id, 16384)));
        assertOk(vm.guest.request(TestGuest.attach(8, 1)));
    }

    /** SENDs more than the compositor, which reads nothing, and the queue take; the last one is held. */
    private static List<Pending> fill(TestVm vm) {
        List<Pending> sends = new ArrayList<>();
        do {
            sends.add(vm.guest.submit(TestGuest.send(1, new byte[100_000])));
            vm.guest.barrier();
        } while (vm.guest.isDone(sends.getLast()));
        return sends;
    }

    @Test
    void losesNoFileThatIsUnreferencedWhileItsSendWaitsForIt() throws Exception {
        try (TestVm vm = new TestVm()) {
            vm.guest.channel(1);
            try (Connection client = vm.compositor.accept()) {
                withBlobThatIsNotMadeYet(vm);
                Pending first = vm.guest.submit(TestGuest.send(1, "one ", 8, TestGuest.BLOB, PIPE, TestGuest.READ_PIPE));
                Pending second = vm.guest.submit(TestGuest.send(1, "two", 8, TestGuest.BLOB));
                // A guest proxy closes its handle right behind the SEND.
                assertOk(vm.guest.request(TestGuest.detach(8, 1)));
                Pending unref = vm.guest.submit(TestGuest.unref(8));
                vm.guest.barrier();
                assertFalse(vm.guest.isDone(first));
                vm.vmm.mayAnswer.release(1000);
                assertOk(vm.guest.await(first).type());
                assertOk(vm.guest.await(second).type());
                assertOk(vm.guest.await(unref).type());
                assertEquals("one two", client.readText(7));
                assertEquals(3, client.received.size());
                assertEquals(16384, size(client.received.get(0)));
                write(client.received.get(1), "through the pipe");
                assertEquals("through the pipe", vm.guest.receive(1).text());
                assertEquals(16384, size(client.received.get(2)));
                assertEquals(TestGuest.ERR_INVALID_PARAMETER,
                        vm.guest.request(TestGuest.send(1, "gone", 8, TestGuest.BLOB)));
            }
        }
    }

    @Test
    void losesNoFileThatIsUnreferencedWhileItsSendWaitsForRoom() throws Exception {
        try (TestVm vm = new TestVm()) {
            vm.guest.channel(1);
            try (Connection client = vm.compositor.accept()) {
                int id = vm.guest.imageRequirements(1, 64, 64).getInt(48);
                assertOk(vm.guest.request(vm.guest.hostBlob(8, 1, id, 16384)));
                assertOk(vm.guest.request(TestGuest.attach(8, 1)));
                List<Pending> sends = fill(vm);
                sends.add(vm.guest.submit(TestGuest.send(1, "file", 8, TestGuest.BLOB)));
                assertOk(vm.guest.request(TestGuest.detach(8, 1)));
                assertOk(vm.guest.request(TestGuest.unref(8)));
                assertFalse(vm.guest.isDone(sends.getLast()));
                for (int i = 0; i < sends.size() - 1; i++) {
                    assertArrayEquals(new byte[100_000], client.read(100_000));
                }
                assertEquals("file", client.readText(4));
                assertEquals(16384, size(client.received.getFirst()));
                sends.forEach(send -> assertOk(vm.guest.await(send).type()));
            }
        }
    }

    @Test
    void keepsNoFileOfASendWhoseContextGoesFirst() throws Exception {
        try (TestVm vm = new TestVm()) {
            vm.guest.channel(1);
            try (Connection client = vm.compositor.accept()) {
                withBlobThatIsNotMadeYet(vm);
                Pending send = vm.guest.submit(TestGuest.send(
                        1, "x", 7, TestGuest.BLOB, 8, TestGuest.BLOB, PIPE, TestGuest.READ_PIPE));
                Pending unref = vm.guest.submit(TestGuest.unref(8));
                vm.guest.barrier();
                assertFalse(vm.guest.isDone(send));
                assertOk(vm.guest.ctxDestroy(1));
                assertEquals(TestGuest.ERR_UNSPEC, vm.guest.await(send).type());
                assertFalse(vm.guest.isDone(unref));
                vm.vmm.mayAnswer.release(1000);
                assertOk(vm.guest.await(unref).type());
                assertTrue(client.isHungUp());
            }
        }
    }

    @Test
    void keepsNoFileOfASendOverAReset() throws Exception {
        try (TestVm vm = new TestVm()) {
            vm.guest.channel(1);
            try (Connection client = vm.compositor.accept()) {
                withBlobThatIsNotMadeYet(vm);
                Pending send = vm.guest.submit(TestGuest.send(
                        1, "x", 7, TestGuest.BLOB, 8, TestGuest.BLOB, PIPE, TestGuest.READ_PIPE));
                Pending unused = vm.guest.submit(TestGuest.unref(8));
                vm.guest.barrier();
                assertFalse(vm.guest.isDone(send));
                vm.guest.stop();
                vm.vmm.dropMappings();
                vm.guest.boot();
                vm.vmm.mayAnswer.release(1000);
                assertTrue(client.isHungUp());
                vm.guest.channel(1);
                vm.compositor.accept().close();
            }
        }
    }

    @Test
    void keepsNoFileOfASendOverTheSessionsEnd() throws Exception {
        try (TestVm vm = new TestVm()) {
            vm.guest.channel(1);
            try (Connection client = vm.compositor.accept()) {
                withBlobThatIsNotMadeYet(vm);
                Pending send = vm.guest.submit(TestGuest.send(
                        1, "x", 7, TestGuest.BLOB, 8, TestGuest.BLOB, PIPE, TestGuest.READ_PIPE));
                Pending unused = vm.guest.submit(TestGuest.unref(8));
                vm.guest.barrier();
                assertFalse(vm.guest.isDone(send));
                vm.end();
                while (!client.isHungUp()) {
                    // The SEND may just have gone, as the keeper is stuck no longer.
                }
            }
        }
    }

    @Test
    void losesNoBlobThatTheGuestDetachesBehindASendThatWaits() throws Exception {
        try (TestVm vm = new TestVm()) {
            vm.guest.channel(1);
            try (Connection client = vm.compositor.accept()) {
                int id = vm.guest.imageRequirements(1, 64, 64).getInt(48);
                assertOk(vm.guest.request(vm.guest.hostBlob(7, 1, id, 16384)));
                vm.vmm.mayAnswer.drainPermits();
                Pending mapped = vm.guest.submit(TestGuest.map(7, 0));
                vm.vmm.firstRequest.await();
                // One that is only detached, as proxies do, and behind it one that is freed at once.
                assertOk(vm.guest.request(vm.guest.hostBlob(8, 1, id, 16384)));
                assertOk(vm.guest.request(TestGuest.attach(8, 1)));
                Pending first = vm.guest.submit(TestGuest.send(1, "one ", 8, TestGuest.BLOB));
                assertOk(vm.guest.request(TestGuest.detach(8, 1)));
                assertOk(vm.guest.request(vm.guest.hostBlob(9, 1, id, 16384)));
                assertOk(vm.guest.request(TestGuest.attach(9, 1)));
                Pending second = vm.guest.submit(TestGuest.send(1, "two", 9, TestGuest.BLOB, 9, TestGuest.BLOB));
                Pending freed = vm.guest.submit(TestGuest.unref(9));
                vm.guest.barrier();
                assertFalse(vm.guest.isDone(first));
                vm.vmm.mayAnswer.release(1000);
                assertEquals(TestGuest.OK_MAP_INFO, vm.guest.await(mapped).type());
                assertOk(vm.guest.await(first).type());
                assertOk(vm.guest.await(second).type());
                assertOk(vm.guest.await(freed).type());
                assertEquals("one two", client.readText(7));
                assertEquals(3, client.received.size());
            }
        }
    }

    @Test
    void keepsNoBlobForASendWhoseContextIsGone() throws Exception {
        try (TestVm vm = new TestVm()) {
            vm.guest.channel(1);
            try (Connection client = vm.compositor.accept()) {
                int id = vm.guest.imageRequirements(1, 64, 64).getInt(48);
                assertOk(vm.guest.request(vm.guest.hostBlob(7, 1, id, 16384)));
                vm.vmm.mayAnswer.drainPermits();
                Pending mapped = vm.guest.submit(TestGuest.map(7, 0));
                vm.vmm.firstRequest.await();
                assertOk(vm.guest.request(vm.guest.hostBlob(8, 1, id, 16384)));
                assertOk(vm.guest.request(TestGuest.attach(8, 1)));
                Pending send = vm.guest.submit(TestGuest.send(1, "x", 8, TestGuest.BLOB));
                Pending freed = vm.guest.submit(TestGuest.unref(8));
                assertOk(vm.guest.ctxDestroy(1));
                assertEquals(TestGuest.ERR_UNSPEC, vm.guest.await(send).type());
                vm.vmm.mayAnswer.release(1000);
                assertEquals(TestGuest.OK_MAP_INFO, vm.guest.await(mapped).type());
                assertOk(vm.guest.await(freed).type());
                assertOk(vm.guest.request(TestGuest.unref(7)));
                assertEquals(0, OpenFds.count("/memfd:wayferry (deleted)"));
                assertTrue(client.isHungUp());
            }
        }
    }

    @Test
    void endsTheStreamOverASendThatCanNotBeCarriedOut() throws Exception {
        try (TestVm vm = new TestVm()) {
            vm.guest.channel(1);
            try (Connection client = vm.compositor.accept()) {
                assertEquals(TestGuest.ERR_INVALID_PARAMETER,
                        vm.guest.request(TestGuest.send(1, "x", 4711, TestGuest.BLOB)));
                assertEquals(0, vm.guest.receive(1).data().length);
                assertTrue(client.isHungUp());
            }
        }
    }

    @Test
    void rejectsMoreThan28Identifiers() throws Exception {
        try (TestVm vm = new TestVm()) {
            vm.guest.channel(1);
            try (Connection client = vm.compositor.accept()) {
                byte[] send = TestGuest.send(1, "x");
                for (int count : new int[] {29, -1, Integer.MAX_VALUE}) {
                    ByteBuffer.wrap(send).order(java.nio.ByteOrder.LITTLE_ENDIAN).putInt(40, count);
                    assertEquals(TestGuest.ERR_INVALID_PARAMETER, vm.guest.request(send));
                }
                assertTrue(vm.guest.receive(1).data().length == 0 && client.isHungUp());
            }
        }
    }

    // ---- many at once

    @Test
    void carriesMoreThan28FilesOfOneMessage() throws Exception {
        try (TestVm vm = new TestVm()) {
            vm.guest.channel(1);
            try (Connection client = vm.compositor.accept(); OwnedFd file = memfd("x", 4096)) {
                int[] fds = new int[100];
                java.util.Arrays.fill(fds, file.number());
                client.send("a hundred files", fds);
                int files = 0;
                StringBuilder text = new StringBuilder();
                while (files < fds.length || text.length() < 15) {
                    Message message = vm.guest.receive(1);
                    assertTrue(message.ids().length <= 28);
                    files += message.ids().length;
                    text.append(message.text());
                }
                assertEquals(100, files);
                assertEquals("a hundred files", text.toString());
                client.send("more");
                assertEquals("more", vm.guest.receive(1).text());
            }
        }
    }

    @Test
    void closesFilesThatWaitWhenTheContextGoes() throws Exception {
        try (TestVm vm = new TestVm()) {
            vm.guest.channel(1);
            try (Connection client = vm.compositor.accept(); OwnedFd file = memfd("x", 4096)) {
                int[] fds = new int[60];
                java.util.Arrays.fill(fds, file.number());
                client.send("sixty files", fds);
                assertEquals(28, vm.guest.receive(1).ids().length);
                assertOk(vm.guest.ctxDestroy(1));
                OpenFds.await("/memfd:compositor (deleted)", 1);
            }
        }
    }

    @Test
    void endsNoConnectionOverAFileThatCanNotBeCarried() throws Exception {
        try (TestVm vm = new TestVm()) {
            vm.guest.channel(1);
            try (Connection client = vm.compositor.accept();
                    OwnedFd eventfd = OwnedFd.of(Posix.eventfd(), "eventfd");
                    OwnedFd device = OwnedFd.of(Posix.open("/dev/null", Posix.O_RDWR), "open");
                    OwnedFd first = memfd("first", 4096); OwnedFd last = memfd("last", 4096)) {
                client.send("x", first.number(), eventfd.number(), device.number(), last.number());
                Message message = vm.guest.receive(1);
                assertEquals("x", message.text());
                assertArrayEquals(
                        new int[] {TestGuest.BLOB, TestGuest.BLOB, TestGuest.BLOB, TestGuest.BLOB}, message.types());
                assertArrayEquals(new int[] {4096, 4096, 4096, 4096}, message.sizes());
                String[] contents = {"first", "\0\0\0\0\0", "\0\0\0\0\0", "last\0"};
                for (int i = 0; i < 4; i++) {
                    assertOk(vm.guest.request(vm.guest.hostBlob(10 + i, 1, message.ids()[i], 4096)));
                    assertEquals(TestGuest.OK_MAP_INFO, vm.guest.request(TestGuest.map(10 + i, 0x1000L * i)));
                    assertEquals(contents[i], text(vm.vmm.mapped(0x1000L * i), 5));
                    // One blob each, whether it is a file or stands in for one.
                    assertEquals(TestGuest.ERR_INVALID_PARAMETER,
                            vm.guest.request(vm.guest.hostBlob(20, 1, message.ids()[i], 4096)));
                }
                assertOk(vm.guest.request(TestGuest.send(1, "goes on")));
                assertEquals("goes on", client.readText(7));
            }
        }
    }

    // ---- a compositor that does not read

    @Test
    void keepsOrderAndFilesWhenTheCompositorDoesNotRead() throws Exception {
        try (TestVm vm = new TestVm()) {
            vm.guest.channel(1);
            try (Connection client = vm.compositor.accept()) {
                int id = vm.guest.imageRequirements(1, 64, 64).getInt(48);
                assertOk(vm.guest.request(vm.guest.hostBlob(7, 1, id, 16384)));
                assertOk(vm.guest.request(TestGuest.attach(7, 1)));
                int count = 200;
                int length = 5000;
                for (int i = 0; i < count; i++) {
                    byte[] data = new byte[length];
                    java.util.Arrays.fill(data, (byte) i);
                    // Answered at once although nothing is read: the socket takes some, the queue the rest.
                    assertOk(vm.guest.request(i % 10 == 0
                            ? TestGuest.send(1, data, 7, TestGuest.BLOB)
                            : TestGuest.send(1, data)));
                }
                for (int i = 0; i < count; i++) {
                    byte[] expected = new byte[length];
                    java.util.Arrays.fill(expected, (byte) i);
                    assertArrayEquals(expected, client.read(length), "message " + i);
                    assertEquals(i / 10 + 1, client.received.size(), "files with message " + i);
                }
                assertOk(vm.guest.request(TestGuest.send(1, "after")));
                assertEquals("after", client.readText(5));
            }
        }
    }

    @Test
    void holdsSendsBeyondTheQueueAndSendsThemAllWhenTheCompositorReads() throws Exception {
        try (TestVm vm = new TestVm()) {
            vm.guest.channel(1);
            try (Connection client = vm.compositor.accept()) {
                List<Pending> sends = new ArrayList<>();
                int length = 100_000;
                // Besides a million bytes in the queue, the socket takes one or two, and 8 are held.
                int count = 19;
                for (int i = 0; i < count; i++) {
                    byte[] data = new byte[length];
                    java.util.Arrays.fill(data, (byte) i);
                    sends.add(vm.guest.submit(TestGuest.send(1, data)));
                }
                vm.guest.barrier();
                assertTrue(vm.guest.isDone(sends.get(9)), "a million bytes wait in the queue");
                assertFalse(vm.guest.isDone(sends.getLast()), "two million bytes wait nowhere");
                for (int i = 0; i < count; i++) {
                    byte[] expected = new byte[length];
                    java.util.Arrays.fill(expected, (byte) i);
                    assertArrayEquals(expected, client.read(length), "message " + i);
                }
                sends.forEach(send -> assertOk(vm.guest.await(send).type()));
            }
        }
    }

    @Test
    void servesOthersWhileAHundredConnectionsAreStalled() throws Exception {
        List<Connection> clients = new ArrayList<>();
        try (TestVm vm = new TestVm()) {
            int count = 100;
            byte[] data = new byte[5000];
            long waiting = 0;
            int sentToLast = 0;
            Pending heldByLast = null;
            for (int ctx = 1; ctx <= count; ctx++) {
                vm.guest.channel(ctx);
                clients.add(vm.compositor.accept());
                sentToLast = 0;
                do {
                    heldByLast = vm.guest.submit(TestGuest.send(ctx, data));
                    vm.guest.barrier();
                    sentToLast++;
                } while (vm.guest.isDone(heldByLast));
                waiting += (sentToLast - 1) * (long) data.length;
            }
            // Besides the 64 MiB of the VM's budget each socket takes some.
            assertTrue(waiting > 60 << 20 && waiting < (64 << 20) + count * (400L << 10), waiting + " bytes wait");
            // Whoever goes on all the same is ended, alone.
            Pending send = vm.guest.submit(TestGuest.send(1, data));
            for (int i = 0; i < 64 && !vm.guest.isDone(send); i++) {
                send = vm.guest.submit(TestGuest.send(1, data));
                vm.guest.barrier();
            }
            assertEquals(TestGuest.ERR_INVALID_PARAMETER, vm.guest.await(send).type());
            assertEquals(0, vm.guest.receive(1).data().length);
            vm.guest.channel(count + 1);
            try (Connection client = vm.compositor.accept()) {
                assertOk(vm.guest.request(TestGuest.send(count + 1, "served")));
                assertEquals("served", client.readText(6));
                client.send("answered");
                assertEquals("answered", vm.guest.receive(count + 1).text());
            }
            for (int i = 0; i < sentToLast; i++) {
                assertArrayEquals(data, clients.getLast().read(data.length));
            }
            assertOk(vm.guest.await(heldByLast).type());
            vm.end();
            clients.forEach(Connection::close);
        }
    }

    @Test
    void answersHeldSendsWhenTheCompositorGoes() throws Exception {
        try (TestVm vm = new TestVm()) {
            vm.guest.channel(1);
            List<Pending> sends;
            try (Connection client = vm.compositor.accept()) {
                sends = fill(vm);
                assertTrue(client.socket.isOpen());
            }
            assertEquals(0, vm.guest.receive(1).data().length);
            assertEquals(TestGuest.ERR_INVALID_PARAMETER, vm.guest.await(sends.getLast()).type());
        }
    }

    @Test
    void refusesASendLongerThanAnyQueue() throws Exception {
        try (TestVm vm = new TestVm()) {
            vm.guest.channel(1);
            try (Connection client = vm.compositor.accept()) {
                assertEquals(TestGuest.ERR_INVALID_PARAMETER,
                        vm.guest.request(TestGuest.send(1, new byte[(1 << 20) + 1])));
                assertEquals(0, vm.guest.receive(1).data().length);
                assertTrue(client.isHungUp());
            }
        }
    }

    @Test
    void sendsWhatLiesInManyPieces() throws Exception {
        try (TestVm vm = new TestVm()) {
            vm.guest.channel(1);
            try (Connection client = vm.compositor.accept()) {
                byte[] data = new byte[50_000];
                new java.util.Random(3).nextBytes(data);
                assertOk(vm.guest.await(vm.guest.submit(TestGuest.send(1, data), 200)).type());
                assertArrayEquals(data, client.read(data.length));
            }
        }
    }

    // ---- pipes that the guest reads

    @Test
    void putsNoMoreIntoOneReadThanSommelierPassesOnMeanwhile() throws Exception {
        assertEquals(2048, mostOfOneRead("sommelier"));
    }

    @Test
    void fillsThePageWithOneReadOfOthers() throws Exception {
        assertEquals(4072, mostOfOneRead("wayland-proxy-v"));
    }

    /** Of a guest proxy of this name, which gets all that goes through a pipe. */
    private static int mostOfOneRead(String guestProxy) throws Exception {
        try (TestVm vm = new TestVm()) {
            vm.guest.context(1, guestProxy);
            assertOk(vm.guest.request(TestGuest.init(1, 20)));
            try (Connection client = vm.compositor.accept()) {
                assertOk(vm.guest.request(TestGuest.send(1, "paste", PIPE, TestGuest.READ_PIPE)));
                assertEquals("paste", client.readText(5));
                String all = "0123456789abcdef".repeat(4000);
                write(client.received.getFirst(), all);
                client.received.removeFirst().close();
                StringBuilder got = new StringBuilder();
                int most = 0;
                Message message = vm.guest.receive(1);
                while (message.hangUp() == 0) {
                    most = Math.max(most, message.data().length);
                    got.append(message.text());
                    message = vm.guest.receive(1);
                }
                assertEquals(all, got.toString());
                return most;
            }
        }
    }

    @Test
    void givesTheGuestWhatComesThroughAPipeAndItsEnd() throws Exception {
        try (TestVm vm = new TestVm()) {
            vm.guest.channel(1);
            try (Connection client = vm.compositor.accept()) {
                assertOk(vm.guest.request(TestGuest.send(1, "receive", PIPE, TestGuest.READ_PIPE)));
                assertEquals("receive", client.readText(7));
                OwnedFd writeEnd = client.received.removeFirst();
                Pending poll = vm.guest.poll(1);
                vm.guest.barrier();
                assertFalse(vm.guest.isDone(poll));
                write(writeEnd, "clip");
                vm.guest.await(poll);
                Message message = vm.guest.message(1);
                assertEquals(6, message.cmd());
                assertEquals(PIPE, message.identifier());
                assertEquals(0, message.hangUp());
                assertEquals("clip", message.text());
                write(writeEnd, "board");
                writeEnd.close();
                assertEquals("board", vm.guest.receive(1).text());
                Message end = vm.guest.receive(1);
                assertEquals(PIPE, end.identifier());
                assertEquals(1, end.hangUp());
                assertEquals(0, end.data().length);
                // The number is free again.
                assertOk(vm.guest.request(TestGuest.send(1, "again", PIPE, TestGuest.READ_PIPE)));
                assertEquals("again", client.readText(5));
            }
        }
    }

    @Test
    void sharesTheMailboxFairlyBetweenSocketAndPipes() throws Exception {
        try (TestVm vm = new TestVm()) {
            vm.guest.channel(1);
            try (Connection client = vm.compositor.accept()) {
                assertOk(vm.guest.request(TestGuest.send(1, "12", PIPE, TestGuest.READ_PIPE, PIPE + 1,
                        TestGuest.READ_PIPE)));
                assertEquals("12", client.readText(2));
                String long1 = "x".repeat(20_000);
                write(client.received.get(0), long1);
                write(client.received.get(1), long1);
                client.send(long1);
                boolean socket = false;
                boolean pipeOne = false;
                boolean pipeTwo = false;
                for (int i = 0; i < 5; i++) {
                    Message message = vm.guest.receive(1);
                    socket |= message.cmd() == 5;
                    pipeOne |= message.identifier() == PIPE;
                    pipeTwo |= message.identifier() == PIPE + 1;
                }
                assertTrue(socket && pipeOne && pipeTwo);
            }
        }
    }

    // ---- pipes that the guest writes

    @Test
    void writesInOrderToAPipeThatIsNotReadAndHangsUpBehindTheLastByte() throws Exception {
        try (TestVm vm = new TestVm()) {
            vm.guest.channel(1);
            OwnedFd[] pipe = pipe();
            try (Connection client = vm.compositor.accept(); OwnedFd readEnd = pipe[0]) {
                int id = receivePipe(vm, client, pipe[1]);
                StringBuilder all = new StringBuilder();
                List<Pending> writes = new ArrayList<>();
                for (int i = 0; i < 100; i++) {
                    String part = (i + " ").repeat(4000 / (i + " ").length());
                    all.append(part);
                    writes.add(vm.guest.submit(TestGuest.write(1, id, part.getBytes(), false)));
                }
                writes.add(vm.guest.submit(TestGuest.write(1, id, "end".getBytes(), true)));
                all.append("end");
                assertEquals(TestGuest.ERR_INVALID_PARAMETER,
                        vm.guest.request(TestGuest.write(1, id, "after the end".getBytes(), false)));
                StringBuilder got = new StringBuilder();
                for (String some = read(readEnd); !some.isEmpty(); some = read(readEnd)) {
                    got.append(some);
                }
                assertEquals(all.toString(), got.toString());
                writes.forEach(write -> assertOk(vm.guest.await(write).type()));
            }
        }
    }

    @Test
    void losesNothingOfALargePasteToAReaderThatPauses() throws Exception {
        try (TestVm vm = new TestVm(); Arena arena = Arena.ofConfined()) {
            vm.guest.channel(1);
            OwnedFd[] pipe = pipe();
            try (Connection client = vm.compositor.accept(); OwnedFd readEnd = pipe[0]) {
                int id = receivePipe(vm, client, pipe[1]);
                CRC32 written = new CRC32();
                Random random = new Random(5);
                byte[] part = new byte[4072];
                int length = 50_000_000;
                // As guest proxies do it: none is waited for as long as there is room in the queue.
                ArrayDeque<Pending> underWay = new ArrayDeque<>();
                for (int left = length; left > 0; left -= part.length) {
                    part = left < part.length ? new byte[left] : part;
                    random.nextBytes(part);
                    written.update(part);
                    underWay.add(vm.guest.submit(TestGuest.write(1, id, part, left == part.length)));
                    if (underWay.size() > 100) {
                        assertOk(vm.guest.await(underWay.remove()).type());
                    }
                }
                MemorySegment room = arena.allocate(1 << 16);
                CRC32 read = new CRC32();
                assertEquals(length, readAll(readEnd, room, read));
                assertEquals(written.getValue(), read.getValue());
                underWay.forEach(write -> assertOk(vm.guest.await(write).type()));
            }
        }
    }

    /** Reads to the end of the pipe; returns how many bytes there were. */
    private static long readAll(OwnedFd pipe, MemorySegment room, CRC32 sum) {
        long all = 0;
        while (true) {
            assertTrue(Posix.poll(pipe.number(), Posix.POLLIN, 20_000) > 0, "nothing comes");
            long count = Posix.read(pipe.number(), room);
            assertTrue(count >= 0);
            if (count == 0) {
                return all;
            }
            sum.update(room.asSlice(0, count).asByteBuffer());
            all += count;
        }
    }

    @Test
    void losesNothingThatWasAnsweredOkOfAPipeThatIsGivenUp() throws Exception {
        try (TestVm vm = new TestVm(); Arena arena = Arena.ofConfined()) {
            vm.guest.channel(1);
            OwnedFd[] pipe = pipe();
            OwnedFd[] other = pipe();
            try (Connection client = vm.compositor.accept(); OwnedFd readEnd = pipe[0]; OwnedFd otherEnd = other[0]) {
                int id = receivePipe(vm, client, pipe[1]);
                byte[] part = new byte[5000];
                List<Pending> writes = new ArrayList<>();
                do {
                    writes.add(vm.guest.submit(TestGuest.write(1, id, part, false)));
                    if (writes.size() > 100) {
                        vm.guest.await(writes.get(writes.size() - 100));
                    }
                } while (writes.size() <= 100 || writes.get(writes.size() - 100).type() == TestGuest.OK_NODATA);
                vm.guest.barrier();
                long taken = 0;
                for (Pending write : writes) {
                    assertTrue(vm.guest.isDone(write), "nothing is held for a pipe that is given up");
                    taken += write.type() == TestGuest.OK_NODATA ? part.length : 0;
                }
                assertEquals(TestGuest.ERR_UNSPEC, vm.guest.request(TestGuest.write(1, id, part, false)));
                int otherId = receivePipe(vm, client, other[1]);
                assertOk(vm.guest.request(TestGuest.write(1, otherId, "another".getBytes(), false)));
                assertEquals("another", read(otherEnd));
                long read = readAll(readEnd, arena.allocate(1 << 16), new CRC32());
                assertTrue(read >= taken && read < taken + part.length, read + " bytes of " + taken);
                assertEquals(TestGuest.ERR_UNSPEC, vm.guest.request(TestGuest.write(1, id, part, true)));
                assertEquals(TestGuest.ERR_INVALID_PARAMETER, vm.guest.request(TestGuest.write(1, id, part, true)));
                assertOk(vm.guest.request(TestGuest.write(1, otherId, "as before".getBytes(), true)));
                assertEquals("as before", read(otherEnd));
            }
        }
    }

    @Test
    void servesOtherPipesWhileManyAreStalled() throws Exception {
        List<OwnedFd> readEnds = new ArrayList<>();
        try (TestVm vm = new TestVm(); Arena arena = Arena.ofConfined()) {
            vm.guest.channel(1);
            OwnedFd[] pipe = pipe();
            try (Connection client = vm.compositor.accept(); OwnedFd readEnd = pipe[0]) {
                byte[] part = new byte[5000];
                int written = 0;
                int lastId = 0;
                Pending last = null;
                for (int i = 0; i < 50; i++) {
                    OwnedFd[] stalled = pipe();
                    readEnds.add(stalled[0]);
                    lastId = receivePipe(vm, client, stalled[1]);
                    // What the pipe takes, and some that are held.
                    for (written = 0; written < 20 * part.length; written += part.length) {
                        last = vm.guest.submit(TestGuest.write(1, lastId, part, false));
                    }
                    vm.guest.await(last);
                }
                int id = receivePipe(vm, client, pipe[1]);
                for (int i = 0; i < 100; i++) {
                    assertOk(vm.guest.request(TestGuest.write(1, id, part, false)));
                    for (int got = 0; got < part.length; ) {
                        got += read(readEnd).length();
                    }
                }
                // Whoever was stalled gets all of it once it reads.
                Pending end = vm.guest.submit(TestGuest.write(1, lastId, part, true));
                assertEquals(written + part.length, readAll(readEnds.getLast(), arena.allocate(1 << 16), new CRC32()));
                assertOk(vm.guest.await(last).type());
                assertOk(vm.guest.await(end).type());
            }
            vm.end();
            readEnds.forEach(OwnedFd::close);
        }
    }

    @Test
    void answersWritesToAPipeThatNobodyReads() throws Exception {
        try (TestVm vm = new TestVm()) {
            vm.guest.channel(1);
            OwnedFd[] pipe = pipe();
            try (Connection client = vm.compositor.accept()) {
                int id = receivePipe(vm, client, pipe[1]);
                pipe[0].close();
                assertEquals(TestGuest.ERR_UNSPEC, vm.guest.request(TestGuest.write(1, id, "x".getBytes(), false)));
                assertEquals(TestGuest.ERR_UNSPEC, vm.guest.request(TestGuest.write(1, id, "x".getBytes(), true)));
                assertEquals(TestGuest.ERR_INVALID_PARAMETER,
                        vm.guest.request(TestGuest.write(1, id, "x".getBytes(), true)));
            }
        }
    }

    @Test
    void refusesAWriteLongerThanAnyQueue() throws Exception {
        try (TestVm vm = new TestVm()) {
            vm.guest.channel(1);
            OwnedFd[] pipe = pipe();
            try (Connection client = vm.compositor.accept(); OwnedFd readEnd = pipe[0]) {
                int id = receivePipe(vm, client, pipe[1]);
                assertEquals(TestGuest.ERR_INVALID_PARAMETER,
                        vm.guest.request(TestGuest.write(1, id, new byte[(1 << 20) + 1], false)));
                assertOk(vm.guest.request(TestGuest.write(1, id, "short".getBytes(), true)));
                assertEquals("short", read(readEnd));
            }
        }
    }

    @Test
    void leavesTheFileDescriptionOfAReceivedPipeAsItIs() throws Exception {
        try (TestVm vm = new TestVm()) {
            vm.guest.channel(1);
            OwnedFd[] pipe = pipe();
            try (Connection client = vm.compositor.accept(); OwnedFd readEnd = pipe[0]; OwnedFd kept = pipe[1].duplicate()) {
                int unused = receivePipe(vm, client, pipe[1]);
                assertEquals(0, Posix.statusFlags(kept.number()) & Posix.O_NONBLOCK);
                assertTrue(readEnd.isOpen());
            }
        }
    }

    @Test
    void givesAFileNoOneElseMayHaveHad() throws Exception {
        try (TestVm vm = new TestVm(); Arena arena = Arena.ofConfined()) {
            vm.guest.channel(1);
            try (Connection client = vm.compositor.accept()) {
                FileStatus status = new FileStatus(arena);
                long[] inodes = new long[2];
                for (int i = 0; i < 2; i++) {
                    int id = vm.guest.imageRequirements(1, 64, 64).getInt(48);
                    assertOk(vm.guest.request(vm.guest.hostBlob(7, 1, id, 16384)));
                    assertOk(vm.guest.request(TestGuest.attach(7, 1)));
                    assertOk(vm.guest.request(TestGuest.send(1, "p", 7, TestGuest.BLOB)));
                    assertEquals("p", client.readText(1));
                    assertEquals(0, status.read(client.received.get(i).number()));
                    inodes[i] = status.inode();
                    assertOk(vm.guest.request(TestGuest.unref(7)));
                }
                assertNotEquals(inodes[0], inodes[1]);
            }
        }
    }
}
