package dev.wayferry.proxy;

import static dev.wayferry.proxy.TestVm.assertOk;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wayferry.proxy.TestCompositor.Connection;
import dev.wayferry.proxy.TestGuest.Message;
import dev.wayferry.proxy.TestGuest.Pending;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The cross-domain context's channel: INIT, SEND, POLL and the end. */
class ChannelTest {
    @Test
    void answersAPollAtOnceWhenAMessageWaits() throws Exception {
        try (TestVm vm = new TestVm()) {
            vm.guest.channel(1);
            try (Connection client = vm.compositor.accept()) {
                client.send("first");
                assertEquals("first", vm.guest.receive(1).text());
                client.send("second");
                client.send("third");
                assertEquals("secondthird", vm.guest.receiveText(1, 11));
            }
        }
    }

    @Test
    void givesALongStreamInPagesWithoutLoss() throws Exception {
        try (TestVm vm = new TestVm()) {
            vm.guest.channel(1);
            try (Connection client = vm.compositor.accept()) {
                byte[] all = new byte[40_000];
                new java.util.Random(1).nextBytes(all);
                client.send(all);
                ByteBuffer got = ByteBuffer.allocate(all.length);
                while (got.hasRemaining()) {
                    got.put(vm.guest.receive(1).data());
                }
                assertArrayEquals(all, got.array());
            }
        }
    }

    @Test
    void keepsTwoContextsMessagesApart() throws Exception {
        try (TestVm vm = new TestVm()) {
            vm.guest.channel(1);
            try (Connection one = vm.compositor.accept()) {
                vm.guest.channel(2);
                try (Connection two = vm.compositor.accept()) {
                    for (int i = 0; i < 50; i++) {
                        Pending pollOne = vm.guest.poll(1);
                        Pending pollTwo = vm.guest.poll(2);
                        // The later POLL is answered first.
                        two.send("two " + i);
                        vm.guest.await(pollTwo);
                        assertFalse(vm.guest.isDone(pollOne));
                        assertEquals("two " + i, vm.guest.message(2).text());
                        one.send("one " + i);
                        vm.guest.await(pollOne);
                        assertEquals("one " + i, vm.guest.message(1).text());
                        assertEquals("two " + i, vm.guest.message(2).text());
                        assertOk(vm.guest.request(TestGuest.send(1, "from one")));
                        assertOk(vm.guest.request(TestGuest.send(2, "from two")));
                        assertEquals("from one", one.readText(8));
                        assertEquals("from two", two.readText(8));
                    }
                }
            }
        }
    }

    @Test
    void echoesTheFenceOfAnUnknownCommand() throws Exception {
        try (TestVm vm = new TestVm()) {
            Pending unknown = vm.guest.await(vm.guest.submit(
                    vm.guest.fenced(TestGuest.header(0x7777, 24, 9), 17).array()));
            assertEquals(TestGuest.ERR_UNSPEC, unknown.type());
            assertEquals(3, unknown.flags());
            assertEquals(unknown.fence, unknown.fenceId());
            assertEquals(9, unknown.ctxId());
            assertEquals(17, unknown.ringIdx());
            Pending global = vm.guest.await(vm.guest.submit(
                    vm.guest.fenced(TestGuest.header(0x7777, 24, 0), -1).array()));
            assertEquals(1, global.flags());
            assertEquals(global.fence, global.fenceId());
        }
    }

    @Test
    void answersAPollOfAContextThatIsNotThereAtOnce() throws Exception {
        try (TestVm vm = new TestVm()) {
            Pending poll = vm.guest.await(vm.guest.poll(77));
            assertEquals(TestGuest.ERR_INVALID_CONTEXT, poll.type());
            assertEquals(poll.fence, poll.fenceId());
            vm.guest.context(1);
            assertEquals(TestGuest.ERR_INVALID_PARAMETER, vm.guest.await(vm.guest.poll(1)).type());
        }
    }

    @Test
    void leavesNoHoleInTheStreamForASendFencedOnTheChannelRing() throws Exception {
        try (TestVm vm = new TestVm()) {
            vm.guest.channel(1);
            try (Connection client = vm.compositor.accept()) {
                assertOk(vm.guest.request(TestGuest.send(1, "before")));
                Pending fenced = vm.guest.await(vm.guest.submit(vm.guest.fenced(
                        ByteBuffer.wrap(TestGuest.send(1, "lost")).order(java.nio.ByteOrder.LITTLE_ENDIAN), 1).array()));
                assertEquals(TestGuest.ERR_INVALID_PARAMETER, fenced.type());
                assertEquals(fenced.fence, fenced.fenceId());
                assertEquals(TestGuest.ERR_INVALID_PARAMETER, vm.guest.request(TestGuest.send(1, "behind the hole")));
                assertEquals(0, vm.guest.receive(1).data().length);
                assertEquals("before", client.readText(6));
                assertTrue(client.isHungUp());
            }
        }
    }

    @Test
    void refusesASecondInit() throws Exception {
        try (TestVm vm = new TestVm()) {
            vm.guest.channel(1);
            vm.compositor.accept().close();
            assertEquals(TestGuest.ERR_INVALID_PARAMETER, vm.guest.request(TestGuest.init(1, 20)));
        }
    }

    @Test
    void keepsNoSendOfAContextWithoutAChannel() throws Exception {
        try (TestVm vm = new TestVm()) {
            vm.guest.context(1);
            assertEquals(TestGuest.ERR_INVALID_PARAMETER, vm.guest.request(TestGuest.send(1, "before INIT")));
            assertEquals(TestGuest.ERR_INVALID_PARAMETER,
                    vm.guest.request(TestGuest.write(1, 2, "x".getBytes(), false)));
            assertOk(vm.guest.request(TestGuest.init(1, 20, 0)));
            assertEquals(TestGuest.ERR_INVALID_PARAMETER, vm.guest.request(TestGuest.send(1, "nowhere to go")));
            vm.guest.context(2);
            assertEquals(TestGuest.ERR_INVALID_PARAMETER, vm.guest.request(TestGuest.send(2, "before INIT")));
            assertOk(vm.guest.request(TestGuest.init(2, 20)));
            try (Connection client = vm.compositor.accept()) {
                assertOk(vm.guest.request(TestGuest.send(2, "after")));
                assertEquals("after", client.readText(5));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 17, 0x10, -1})
    void letsNoGuestWaitForAChannelOfAnUnknownType(int type) throws Exception {
        try (TestVm vm = new TestVm()) {
            vm.guest.context(1);
            assertEquals(TestGuest.ERR_INVALID_PARAMETER, vm.guest.request(TestGuest.init(1, 20, type)));
            assertEquals(TestGuest.ERR_INVALID_PARAMETER, vm.guest.request(TestGuest.send(1, "x")));
            Message end = vm.guest.receive(1);
            assertEquals(5, end.cmd());
            assertEquals(0, end.data().length + end.ids().length);
            Pending held = vm.guest.poll(1);
            vm.guest.barrier();
            assertFalse(vm.guest.isDone(held), "told again and again, a guest proxy would ask again and again");
            assertFalse(vm.compositor.isWaiting());
            assertOk(vm.guest.ctxDestroy(1));
            assertEquals(0x1100, vm.guest.await(held).type());
        }
    }

    @Test
    void refusesARingThatIsNotAttached() throws Exception {
        try (TestVm vm = new TestVm()) {
            assertOk(vm.guest.ctxCreate(1));
            assertEquals(TestGuest.ERR_INVALID_PARAMETER, vm.guest.request(TestGuest.init(1, 20)));
        }
    }

    @Test
    void writesNothingToARingWhosePagesTheGuestTookBack() throws Exception {
        try (TestVm vm = new TestVm()) {
            vm.guest.channel(1);
            try (Connection client = vm.compositor.accept()) {
                Pending poll = vm.guest.poll(1);
                assertOk(vm.guest.request(TestGuest.resource(0x107, TestGuest.ringResource(1, 1), 0)));
                client.send("too late");
                vm.guest.barrier();
                assertOk(vm.guest.request(TestGuest.send(1, "x")));
                assertEquals("x", client.readText(1));
                vm.guest.barrier();
                assertFalse(vm.guest.isDone(poll));
                assertEquals(0, vm.guest.ram().get(java.lang.foreign.ValueLayout.JAVA_BYTE, TestGuest.ringAddress(1, 1)));
                assertOk(vm.guest.ctxDestroy(1));
                assertTrue(vm.guest.isDone(poll));
            }
        }
    }
}
