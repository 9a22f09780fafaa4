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
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wayferry.posix.OwnedFd;
import dev.wayferry.proxy.TestCompositor.Connection;
import dev.wayferry.proxy.TestGuest.Message;
import dev.wayferry.proxy.TestGuest.Pending;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What guest proxies rely on: identifiers, and the blobs that are made of them. */
class MustKeepFilesTest {
    @Nested
    class TheHostNumbersFrom2AndTheGuestItsPipesFrom0x80000000 {
        @Test
        void soNoItemOfTheHostsHasANumberOfTheGuests() throws Exception {
            try (TestVm vm = new TestVm()) {
                vm.guest.channel(1);
                List<Integer> ids = new ArrayList<>();
                try (Connection client = vm.compositor.accept(); OwnedFd file = memfd("x", 4096)) {
                    for (int i = 0; i < 20; i++) {
                        ids.add(vm.guest.imageRequirements(1, 64 << i % 5, 64).getInt(48));
                        client.send("f", file.number());
                        ids.add(vm.guest.receive(1).ids()[0]);
                        OwnedFd[] pipe = pipe();
                        ids.add(receivePipe(vm, client, pipe[1]));
                        pipe[0].close();
                    }
                }
                ids.forEach(id -> assertTrue(id >= 2, () -> "identifier " + Integer.toUnsignedString(id)));
                assertEquals(20 + 20 + 5, new HashSet<>(ids).size(), "each has its own number");
            }
        }

        @Test
        void andAnyNumberOfTheGuestsWillDo() throws Exception {
            int[] numbers = {0x8000_0000, PIPE, 0xdead_beef, 0xffff_fffe, 0xffff_ffff};
            try (TestVm vm = new TestVm()) {
                vm.guest.channel(1);
                try (Connection client = vm.compositor.accept()) {
                    for (int number : numbers) {
                        assertOk(vm.guest.request(TestGuest.send(1, "x", number, TestGuest.READ_PIPE)));
                        assertEquals("x", client.readText(1));
                    }
                    for (int i = 0; i < numbers.length; i++) {
                        write(client.received.get(i), "through pipe " + i);
                        Message message = vm.guest.receive(1);
                        assertEquals(numbers[i], message.identifier());
                        assertEquals("through pipe " + i, message.text());
                    }
                }
            }
        }

        /** sommelier-rs does so. */
        @Test
        void andAPipeMayBeSentTwice() throws Exception {
            try (TestVm vm = new TestVm()) {
                vm.guest.channel(1);
                try (Connection client = vm.compositor.accept()) {
                    assertOk(vm.guest.request(TestGuest.send(1, "1", PIPE, TestGuest.READ_PIPE)));
                    assertOk(vm.guest.request(TestGuest.send(1, "2", PIPE, TestGuest.READ_PIPE)));
                    assertEquals("12", client.readText(2));
                    OwnedFd first = client.received.removeFirst();
                    OwnedFd second = client.received.removeFirst();
                    write(first, "a");
                    first.close();
                    assertEquals("a", vm.guest.receive(1).text());
                    write(second, "b");
                    second.close();
                    assertEquals("b", vm.guest.receive(1).text());
                    assertEquals(1, vm.guest.receive(1).hangUp());
                }
            }
        }

        @Test
        void andAGuestMayNotTakeTheHosts() throws Exception {
            try (TestVm vm = new TestVm()) {
                vm.guest.channel(1);
                try (Connection client = vm.compositor.accept()) {
                    assertEquals(TestGuest.ERR_INVALID_PARAMETER, vm.guest.request(
                            TestGuest.send(1, "x", PIPE, TestGuest.READ_PIPE, 5, TestGuest.READ_PIPE)));
                    // The pipe that was made for the first of them ends before the stream does, or with it.
                    Message message = vm.guest.receive(1);
                    assertTrue(message.data().length == 0);
                    assertTrue(message.cmd() == 5 || vm.guest.receive(1).cmd() == 5);
                    assertTrue(client.isHungUp());
                }
            }
        }
    }

    /** sommelier keeps one. */
    @Nested
    class AReceiveOnAWaylandChannelNamesOnePipeToWriteToAtMost {
        @Test
        void soTwoOfOneMessageComeInTwo() throws Exception {
            try (TestVm vm = new TestVm()) {
                vm.guest.channel(1);
                OwnedFd[] one = pipe();
                OwnedFd[] two = pipe();
                try (Connection client = vm.compositor.accept();
                        OwnedFd oneRead = one[0]; OwnedFd twoRead = two[0]) {
                    client.send("two pipes", one[1].number(), two[1].number());
                    one[1].close();
                    two[1].close();
                    Message first = vm.guest.receive(1);
                    Message second = vm.guest.receive(1);
                    assertArrayEquals(new int[] {TestGuest.WRITE_PIPE}, first.types());
                    assertArrayEquals(new int[] {TestGuest.WRITE_PIPE}, second.types());
                    assertEquals("two pipes", first.text() + second.text());
                    assertOk(vm.guest.request(TestGuest.write(1, second.ids()[0], "second".getBytes(), true)));
                    assertOk(vm.guest.request(TestGuest.write(1, first.ids()[0], "first".getBytes(), true)));
                    assertEquals("first", read(oneRead));
                    assertEquals("second", read(twoRead));
                    assertEquals("", read(oneRead));
                    assertEquals("", read(twoRead));
                }
            }
        }

        @Test
        void andTheSecondOfASingleByteWithTheNextByte() throws Exception {
            try (TestVm vm = new TestVm()) {
                vm.guest.channel(1);
                OwnedFd[] one = pipe();
                OwnedFd[] two = pipe();
                try (Connection client = vm.compositor.accept();
                        OwnedFd oneRead = one[0]; OwnedFd twoRead = two[0]; OwnedFd file = memfd("x", 4096)) {
                    assertTrue(oneRead.isOpen() && twoRead.isOpen());
                    client.send("1", one[1].number(), two[1].number());
                    Message first = vm.guest.receive(1);
                    assertEquals("1", first.text());
                    assertEquals(1, first.ids().length);
                    Pending poll = vm.guest.poll(1);
                    vm.guest.barrier();
                    assertFalse(vm.guest.isDone(poll), "without bytes a RECEIVE would be the end");
                    client.send("23", file.number());
                    vm.guest.await(poll);
                    Message second = vm.guest.message(1);
                    assertEquals("23", second.text());
                    assertArrayEquals(new int[] {TestGuest.WRITE_PIPE, TestGuest.BLOB}, second.types());
                    one[1].close();
                    two[1].close();
                }
            }
        }
    }

    @Nested
    class TheNumberOfAnImageMakesManyBlobsAndThatOfAReceivedFileOne {
        @Test
        void everyBlobOfAnImageIsItsOwnMemory() throws Exception {
            try (TestVm vm = new TestVm()) {
                vm.guest.channel(1);
                vm.compositor.accept().close();
                ByteBuffer answer = vm.guest.imageRequirements(1, 100, 50);
                assertEquals(400, answer.getInt(0));
                assertEquals(20480, answer.getLong(40));
                int id = answer.getInt(48);
                assertOk(vm.guest.request(vm.guest.hostBlob(7, 1, id, 20480)));
                assertOk(vm.guest.request(vm.guest.hostBlob(8, 1, id, 20480)));
                assertEquals(TestGuest.OK_MAP_INFO, vm.guest.request(TestGuest.map(7, 0)));
                assertEquals(TestGuest.OK_MAP_INFO, vm.guest.request(TestGuest.map(8, 0x10000)));
                vm.vmm.mapped(0).set(ValueLayout.JAVA_BYTE, 0, (byte) 1);
                assertEquals(0, vm.vmm.mapped(0x10000).get(ValueLayout.JAVA_BYTE, 0));
                assertOk(vm.guest.request(TestGuest.unref(7)));
                assertOk(vm.guest.request(vm.guest.hostBlob(7, 1, id, 20480)));
            }
        }

        @Test
        void aReceivedFilesNumberIsUsedUpByItsBlob() throws Exception {
            try (TestVm vm = new TestVm()) {
                vm.guest.channel(1);
                try (Connection client = vm.compositor.accept(); OwnedFd file = memfd("x", 5000)) {
                    client.send("f", file.number());
                    int id = vm.guest.receive(1).ids()[0];
                    assertOk(vm.guest.request(vm.guest.hostBlob(7, 1, id, 8192)));
                    assertEquals(TestGuest.ERR_INVALID_PARAMETER, vm.guest.request(vm.guest.hostBlob(8, 1, id, 8192)));
                    assertOk(vm.guest.request(TestGuest.unref(7)));
                    assertEquals(TestGuest.ERR_INVALID_PARAMETER, vm.guest.request(vm.guest.hostBlob(7, 1, id, 8192)));
                }
            }
        }
    }

    /** A guest's page may be larger than the host's. */
    @Nested
    class SizesMayBeRoundedUpToTheGuestsPage {
        @ParameterizedTest
        @ValueSource(ints = {4096, 16384, 65536})
        void ofBlobsInAGuestWithPagesOf(int page) throws Exception {
            try (TestVm vm = new TestVm()) {
                vm.guest.channel(1);
                try (Connection client = vm.compositor.accept(); OwnedFd file = memfd("x", 5000)) {
                    ByteBuffer answer = vm.guest.imageRequirements(1, 100, 50);
                    long image = (answer.getLong(40) + page - 1) & -page;
                    assertOk(vm.guest.request(vm.guest.hostBlob(7, 1, answer.getInt(48), image)));
                    client.send("f", file.number());
                    long received = (5000 + page - 1) & -page;
                    assertOk(vm.guest.request(vm.guest.hostBlob(8, 1, vm.guest.receive(1).ids()[0], received)));
                    assertEquals(TestGuest.OK_MAP_INFO, vm.guest.request(TestGuest.map(7, 0)));
                    assertEquals(TestGuest.OK_MAP_INFO, vm.guest.request(TestGuest.map(8, 1 << 20)));
                    vm.vmm.mapped(0).set(ValueLayout.JAVA_BYTE, image - 1, (byte) 1);
                    MemorySegment copy = vm.vmm.mapped(1 << 20);
                    assertEquals("x", text(copy, 1));
                    copy.set(ValueLayout.JAVA_BYTE, received - 1, (byte) 1);
                }
            }
        }

        @ParameterizedTest
        @ValueSource(ints = {4096, 16384, 65536})
        void ofRingsInAGuestWithPagesOf(int page) throws Exception {
            try (TestVm vm = new TestVm()) {
                assertOk(vm.guest.ctxCreate(1));
                for (int ring = 0; ring < 2; ring++) {
                    int resource = TestGuest.ringResource(1, ring);
                    assertOk(vm.guest.guestBlob(resource, TestGuest.ringAddress(1, ring), page));
                    assertOk(vm.guest.request(TestGuest.attach(resource, 1)));
                }
                assertOk(vm.guest.request(TestGuest.init(1, 20)));
                try (Connection client = vm.compositor.accept()) {
                    client.send("hello");
                    Pending poll = vm.guest.await(vm.guest.poll(1));
                    assertOk(poll.type());
                    assertEquals("hello", vm.guest.message(1).text());
                    assertEquals(16384, vm.guest.imageRequirements(1, 64, 64).getLong(40));
                }
            }
        }
    }

    /** MAPPABLE, with SHAREABLE, with CROSS_DEVICE: guest proxies differ in what they ask for. */
    @Nested
    class ABlobIsMadeMappedAndSentWhicheverFlagsItHas {
        private static byte[] blob(TestVm vm, int id, int size, int flags) {
            byte[] create = vm.guest.hostBlob(10, 1, id, size);
            ByteBuffer.wrap(create).order(ByteOrder.LITTLE_ENDIAN).putInt(32, flags);
            return create;
        }

        private static void assertIsMappedAndSent(TestVm vm, Connection client, int size) throws Exception {
            assertOk(vm.guest.request(TestGuest.attach(10, 1)));
            assertEquals(TestGuest.OK_MAP_INFO, vm.guest.request(TestGuest.map(10, 0)));
            assertEquals(size, vm.vmm.mapped(0).byteSize());
            assertOk(vm.guest.request(TestGuest.send(1, "pool", 10, TestGuest.BLOB)));
            assertEquals("pool", client.readText(4));
            assertEquals(1, client.received.size());
            assertEquals(size, size(client.received.getFirst()));
        }

        @ParameterizedTest
        @ValueSource(ints = {1, 3, 5})
        void ofAnImage(int flags) throws Exception {
            try (TestVm vm = new TestVm()) {
                vm.guest.channel(1);
                try (Connection client = vm.compositor.accept()) {
                    int id = vm.guest.imageRequirements(1, 64, 64).getInt(48);
                    assertOk(vm.guest.request(blob(vm, id, 16384, flags)));
                    assertIsMappedAndSent(vm, client, 16384);
                }
            }
        }

        @ParameterizedTest
        @ValueSource(ints = {1, 3, 5})
        void ofAReceivedFile(int flags) throws Exception {
            try (TestVm vm = new TestVm()) {
                vm.guest.channel(1);
                try (Connection client = vm.compositor.accept(); OwnedFd file = memfd("x", 5000)) {
                    client.send("f", file.number());
                    assertOk(vm.guest.request(blob(vm, vm.guest.receive(1).ids()[0], 8192, flags)));
                    assertIsMappedAndSent(vm, client, 8192);
                }
            }
        }
    }
}
