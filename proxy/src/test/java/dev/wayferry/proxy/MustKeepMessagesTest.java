package dev.wayferry.proxy;

import static dev.wayferry.proxy.TestFiles.PIPE;
import static dev.wayferry.proxy.TestFiles.memfd;
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
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What guest proxies rely on: the messages that the host puts into their channel ring. */
class MustKeepMessagesTest {
    private static final int PAGE = 4096;

    private static MemorySegment ring(TestVm vm, int ctx) {
        return vm.guest.ram().asSlice(TestGuest.ringAddress(ctx, 1), PAGE);
    }

    private static byte[] bytesOf(MemorySegment ring) {
        return ring.toArray(ValueLayout.JAVA_BYTE);
    }

    /** wayland-proxy-virtwl compares the first word as a whole. */
    @Nested
    class HeadersToTheGuestAreTheCommandByteAloneAtTheStartOfTheRing {
        private static final long RECEIVE = 5;
        private static final long READ = 6;

        /** The next message, in a ring that was full of ones before. */
        private static ByteBuffer next(TestVm vm) {
            ring(vm, 1).fill((byte) -1);
            assertOk(vm.guest.await(vm.guest.poll(1)).type());
            return ByteBuffer.wrap(bytesOf(ring(vm, 1))).order(ByteOrder.LITTLE_ENDIAN);
        }

        private static String textAt(ByteBuffer page, int offset, int length) {
            return new String(page.array(), offset, length, StandardCharsets.UTF_8);
        }

        @Test
        void ofReceives() throws Exception {
            try (TestVm vm = new TestVm()) {
                vm.guest.channel(1);
                try (Connection client = vm.compositor.accept(); OwnedFd file = memfd("x", 5000)) {
                    for (int i = 0; i < 3; i++) {
                        client.send("text " + i);
                        ByteBuffer page = next(vm);
                        assertEquals(RECEIVE, page.getLong(0));
                        assertEquals("text " + i, textAt(page, 352, 6));
                        client.send("file " + i, file.number());
                        page = next(vm);
                        assertEquals(RECEIVE, page.getLong(0));
                        assertEquals(1, page.getInt(8));
                        assertEquals("file " + i, textAt(page, 352, 6));
                    }
                }
                assertEquals(RECEIVE, next(vm).getLong(0), "the end");
            }
        }

        @Test
        void ofReads() throws Exception {
            try (TestVm vm = new TestVm()) {
                vm.guest.channel(1);
                try (Connection client = vm.compositor.accept()) {
                    assertOk(vm.guest.request(TestGuest.send(1, "x", PIPE, TestGuest.READ_PIPE)));
                    assertEquals("x", client.readText(1));
                    write(client.received.getFirst(), "through a pipe");
                    ByteBuffer page = next(vm);
                    assertEquals(READ, page.getLong(0));
                    assertEquals("through a pipe", textAt(page, 24, 14));
                    assertEquals(0, page.getInt(12), "hang_up is 0 or 1 exactly");
                    client.received.removeFirst().close();
                    page = next(vm);
                    assertEquals(READ, page.getLong(0));
                    assertEquals(1, page.getInt(12));
                }
            }
        }
    }

    @Nested
    class EachCompletedPollIsOneMessageAndTheRingIsTheGuestsUntilTheNextPoll {
        @Test
        void completesAPollOnlyWithAMessage() throws Exception {
            try (TestVm vm = new TestVm()) {
                vm.guest.channel(1);
                try (Connection client = vm.compositor.accept()) {
                    Pending poll = vm.guest.poll(1);
                    assertOk(vm.guest.request(TestGuest.send(1, "a")));
                    vm.guest.barrier();
                    assertFalse(vm.guest.isDone(poll));
                    client.send("now");
                    vm.guest.await(poll);
                    assertEquals(0x1100, poll.type());
                    assertEquals(3, poll.flags());
                    assertEquals(poll.fence, poll.fenceId());
                    assertEquals(1, poll.ctxId());
                    assertEquals(1, poll.ringIdx());
                    assertEquals("now", vm.guest.message(1).text());
                }
            }
        }

        @Test
        void answersOnePollForEachMessage() throws Exception {
            try (TestVm vm = new TestVm()) {
                vm.guest.channel(1);
                try (Connection client = vm.compositor.accept()) {
                    assertOk(vm.guest.request(TestGuest.send(1, "x", PIPE, TestGuest.READ_PIPE)));
                    assertEquals("x", client.readText(1));
                    write(client.received.getFirst(), "from the pipe");
                    client.send("from the socket");
                    Message first = vm.guest.receive(1);
                    Message second = vm.guest.receive(1);
                    assertEquals(5 + 6, first.cmd() + second.cmd(), "one of each");
                    Pending third = vm.guest.poll(1);
                    vm.guest.barrier();
                    assertFalse(vm.guest.isDone(third));
                }
            }
        }

        @Test
        void doesNotTouchTheRingBetweenACompletionAndTheNextPoll() throws Exception {
            try (TestVm vm = new TestVm()) {
                vm.guest.channel(1);
                try (Connection client = vm.compositor.accept()) {
                    Pending early = vm.guest.poll(1);
                    Pending late = vm.guest.poll(1);
                    vm.guest.barrier();
                    client.send("first");
                    vm.guest.await(early);
                    byte[] before = bytesOf(ring(vm, 1));
                    client.send("second");
                    assertOk(vm.guest.request(TestGuest.send(1, "x")));
                    assertEquals("x", client.readText(1));
                    vm.guest.barrier();
                    assertArrayEquals(before, bytesOf(ring(vm, 1)));
                    assertFalse(
                            vm.guest.isDone(late), "a POLL sent before the message was read says nothing about the page");
                    Pending third = vm.guest.poll(1);
                    vm.guest.await(late);
                    assertEquals("second", vm.guest.message(1).text());
                    assertFalse(vm.guest.isDone(third));
                }
            }
        }
    }

    /** sommelier knows no end, and would ask again and again as long as it is answered. */
    @Nested
    class TheEndIsOneEmptyReceiveAndFurtherPollsWaitForTheContextsEnd {
        private static void assertEndOnce(TestVm vm) {
            Message end = vm.guest.receive(1);
            assertEquals(5, end.cmd());
            assertEquals(0, end.data().length);
            assertEquals(0, end.ids().length);
            Pending held = vm.guest.poll(1);
            Pending heldToo = vm.guest.poll(1);
            vm.guest.barrier();
            assertFalse(vm.guest.isDone(held) || vm.guest.isDone(heldToo));
            assertOk(vm.guest.ctxDestroy(1));
            assertOk(vm.guest.await(held).type());
            assertOk(vm.guest.await(heldToo).type());
        }

        @Test
        void whenTheCompositorHangsUp() throws Exception {
            try (TestVm vm = new TestVm()) {
                vm.guest.channel(1);
                try (Connection client = vm.compositor.accept()) {
                    client.send("last words");
                }
                assertEquals("last words", vm.guest.receive(1).text());
                assertEndOnce(vm);
            }
        }

        @Test
        void whenNobodyListens() throws Exception {
            try (TestVm vm = new TestVm()) {
                vm.compositor.close();
                vm.guest.context(1);
                assertEquals(TestGuest.ERR_UNSPEC, vm.guest.request(TestGuest.init(1, 20)));
                assertEndOnce(vm);
            }
        }

        @Test
        void whenTheCompositorDiesWithUnreadBytes() throws Exception {
            try (TestVm vm = new TestVm()) {
                vm.guest.channel(1);
                Connection client = vm.compositor.accept();
                assertOk(vm.guest.request(TestGuest.send(1, "never read")));
                Pending poll = vm.guest.poll(1);
                client.close();
                vm.guest.await(poll);
                assertEquals(0, vm.guest.message(1).data().length);
                assertEquals(TestGuest.ERR_INVALID_PARAMETER, vm.guest.request(TestGuest.send(1, "too late")));
                Pending held = vm.guest.poll(1);
                vm.guest.barrier();
                assertFalse(vm.guest.isDone(held));
            }
        }
    }

    /** Guests from before 2024 have room for 4 files in a message, those since for 28; the first SEND says which. */
    @Nested
    class MessagesToAGuestHaveTheFormOfItsFirstSend {
        private static final byte[] LONG = new byte[1000];

        @Test
        void ofFourFiles() throws Exception {
            try (TestVm vm = new TestVm()) {
                vm.guest.channel(1);
                try (Connection client = vm.compositor.accept(); OwnedFd keymap = memfd("xkb_keymap", 5000)) {
                    assertOk(vm.guest.request(TestGuest.shortSend(1, "hello")));
                    assertOk(vm.guest.request(TestGuest.shortSend(1, " paste", PIPE, TestGuest.READ_PIPE)));
                    assertEquals("hello paste", client.readText(11));
                    write(client.received.getFirst(), "content");
                    client.received.removeFirst().close();
                    assertEquals("content", vm.guest.receive(1).text());
                    assertEquals(1, vm.guest.receive(1).hangUp());
                    client.send("keymap", keymap.number());
                    assertIsKeymap(vm, vm.guest.shortReceive(1));
                }
            }
        }

        @Test
        void ofTwentyEightFiles() throws Exception {
            try (TestVm vm = new TestVm()) {
                vm.guest.channel(1);
                try (Connection client = vm.compositor.accept(); OwnedFd keymap = memfd("xkb_keymap", 5000)) {
                    assertOk(vm.guest.request(TestGuest.send(1, "hello", PIPE, TestGuest.READ_PIPE)));
                    assertEquals("hello", client.readText(5));
                    client.received.removeFirst().close();
                    assertEquals(1, vm.guest.receive(1).hangUp());
                    client.send("keymap", keymap.number());
                    assertIsKeymap(vm, vm.guest.receive(1));
                }
            }
        }

        private static void assertIsKeymap(TestVm vm, Message message) {
            assertEquals("keymap", message.text());
            assertArrayEquals(new int[] {TestGuest.BLOB}, message.types());
            assertArrayEquals(new int[] {5000}, message.sizes());
            assertOk(vm.guest.request(vm.guest.hostBlob(7, 1, message.ids()[0], 8192)));
        }

        /** What cmd_size has beside the data is the form; a command with much data is longer than either. */
        @Test
        void whateverTheLengthOfThatSend() throws Exception {
            try (TestVm vm = new TestVm()) {
                vm.guest.channel(1);
                try (Connection older = vm.compositor.accept()) {
                    vm.guest.channel(2);
                    try (Connection newer = vm.compositor.accept()) {
                        String text = new String(LONG, StandardCharsets.UTF_8);
                        assertOk(vm.guest.request(TestGuest.shortSend(1, text)));
                        assertOk(vm.guest.request(TestGuest.send(2, LONG)));
                        assertArrayEquals(LONG, older.read(LONG.length));
                        assertArrayEquals(LONG, newer.read(LONG.length));
                        older.send("to the older");
                        assertEquals("to the older", vm.guest.shortReceive(1).text());
                        newer.send("to the newer");
                        assertEquals("to the newer", vm.guest.receive(2).text());
                    }
                }
            }
        }

        @Test
        void withNoMoreThanFourFilesInTheShortOne() throws Exception {
            try (TestVm vm = new TestVm()) {
                vm.guest.channel(1);
                try (Connection client = vm.compositor.accept(); OwnedFd file = memfd("x", 4096)) {
                    assertOk(vm.guest.request(TestGuest.shortSend(1, "x")));
                    int[] fds = new int[14];
                    Arrays.fill(fds, file.number());
                    client.send("fourteen", fds);
                    int files = 0;
                    StringBuilder text = new StringBuilder();
                    while (files < fds.length || text.length() < 8) {
                        Message message = vm.guest.shortReceive(1);
                        assertTrue(message.ids().length <= 4);
                        files += message.ids().length;
                        text.append(message.text());
                    }
                    assertEquals(14, files);
                    assertEquals("fourteen", text.toString());
                }
            }
        }

        @ParameterizedTest
        @ValueSource(ints = {5, 28, -1})
        void andNoMoreIdentifiersInASendThanItHasRoomFor(int count) throws Exception {
            try (TestVm vm = new TestVm()) {
                vm.guest.channel(1);
                try (Connection client = vm.compositor.accept()) {
                    byte[] send = TestGuest.shortSend(1, "a long text, more than so many identifiers need".repeat(9));
                    ByteBuffer.wrap(send).order(ByteOrder.LITTLE_ENDIAN).putInt(40, count);
                    assertEquals(TestGuest.ERR_INVALID_PARAMETER, vm.guest.request(send));
                    assertTrue(vm.guest.shortReceive(1).data().length == 0 && client.isHungUp());
                }
            }
        }
    }
}
