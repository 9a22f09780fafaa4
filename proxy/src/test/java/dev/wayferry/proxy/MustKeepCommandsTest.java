package dev.wayferry.proxy;

import static dev.wayferry.proxy.TestFiles.pipe;
import static dev.wayferry.proxy.TestFiles.read;
import static dev.wayferry.proxy.TestFiles.receivePipe;
import static dev.wayferry.proxy.TestVm.assertOk;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wayferry.posix.OwnedFd;
import dev.wayferry.proxy.TestCompositor.Connection;
import dev.wayferry.proxy.TestGuest.Pending;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What guest proxies rely on: how their commands are taken and answered. */
class MustKeepCommandsTest {
    /** Where Linux has the fence of a command, if it has one. */
    enum Timeline {
        NO_FENCE(0),
        GLOBAL(1),
        RING_0(3);

        private final int flags;

        Timeline(int flags) {
            this.flags = flags;
        }

        byte[] put(TestGuest guest, byte[] request) {
            ByteBuffer buffer = ByteBuffer.wrap(request).order(ByteOrder.LITTLE_ENDIAN);
            return this == NO_FENCE ? request : guest.fenced(buffer, this == GLOBAL ? -1 : 0).array();
        }
    }

    private static byte[] imageQuery(int ctx) {
        return TestGuest.command(ctx, 2, 24)
                .putInt(32 + 8, 64)
                .putInt(32 + 12, 64)
                .putInt(32 + 16, 0x34325258)
                .putInt(32 + 20, 0x11)
                .array();
    }

    /** Linux throws the whole table away if one index does not answer, and asks for versions 0 and 1. */
    @Nested
    class TheCapsetIsNumber5Of16BytesInVersion1AndTheOnlyOne {
        private static final int OK_CAPSET_INFO = 0x1102;
        private static final int OK_CAPSET = 0x1103;

        @Test
        void asManyIndexesAnswerAsTheConfigurationSays() throws Exception {
            try (TestVm vm = new TestVm()) {
                int numCapsets = vm.vmm.config(12, 4, 0).getInt(12);
                assertEquals(1, numCapsets);
                for (int index = 0; index < 64; index++) {
                    byte[] request = TestGuest.header(0x108, 32, 0).putInt(24, index).array();
                    Pending answer = vm.guest.await(vm.guest.submit(request));
                    assertEquals(index < numCapsets, answer.type() == OK_CAPSET_INFO, "index " + index);
                    if (index < numCapsets) {
                        ByteBuffer info = ByteBuffer.wrap(answer.response()).order(ByteOrder.LITTLE_ENDIAN);
                        assertEquals(40, info.limit());
                        assertEquals(5, info.getInt(24));
                        assertEquals(16, info.getInt(32));
                    }
                }
            }
        }

        @ParameterizedTest
        @ValueSource(ints = {0, 1})
        void whicheverVersionAGuestAsksFor(int version) throws Exception {
            try (TestVm vm = new TestVm()) {
                byte[] request = TestGuest.header(0x109, 32, 0).putInt(24, 5).putInt(28, version).array();
                Pending answer = vm.guest.await(vm.guest.submit(request));
                assertEquals(OK_CAPSET, answer.type());
                ByteBuffer capset = ByteBuffer.wrap(answer.response()).order(ByteOrder.LITTLE_ENDIAN);
                assertEquals(24 + 16, capset.limit());
                assertEquals(1, capset.getInt(24));
                assertNotEquals(0, capset.getInt(28) & 1 << 1, "there are Wayland channels");
            }
        }
    }

    @Nested
    class InitAndPollAreTakenInEachOfTheirFormsAndNothingButPollNeedsARing {
        @ParameterizedTest
        @ValueSource(ints = {16, 20, 24, 36})
        void acceptsInitOf(int bytes) throws Exception {
            try (TestVm vm = new TestVm()) {
                vm.guest.context(1);
                assertOk(vm.guest.request(TestGuest.init(1, bytes)));
                try (Connection client = vm.compositor.accept()) {
                    assertOk(vm.guest.request(TestGuest.send(1, "hello")));
                    assertEquals("hello", client.readText(5));
                    Pending poll = vm.guest.poll(1);
                    client.send("answer");
                    vm.guest.await(poll);
                    assertEquals("answer", vm.guest.message(1, bytes == 16 ? 0 : 1).text());
                }
            }
        }

        @ParameterizedTest
        @ValueSource(ints = {8, 12, 16, 24, 352})
        void acceptsPollOf(int bytes) throws Exception {
            try (TestVm vm = new TestVm()) {
                vm.guest.channel(1);
                try (Connection client = vm.compositor.accept()) {
                    Pending poll = vm.guest.submit(vm.guest.fenced(TestGuest.command(1, 3, bytes), 1).array());
                    vm.guest.barrier();
                    assertFalse(vm.guest.isDone(poll));
                    client.send("as good as any");
                    assertOk(vm.guest.await(poll).type());
                    assertEquals("as good as any", vm.guest.message(1).text());
                }
            }
        }

        @ParameterizedTest
        @EnumSource
        void carriesOutWhatComesWith(Timeline timeline) throws Exception {
            try (TestVm vm = new TestVm()) {
                vm.guest.context(1);
                assertOk(vm.guest.request(timeline.put(vm.guest, TestGuest.init(1, 20))));
                OwnedFd[] pipe = pipe();
                try (Connection client = vm.compositor.accept(); OwnedFd readEnd = pipe[0]) {
                    assertOk(vm.guest.request(timeline.put(vm.guest, TestGuest.send(1, "sent"))));
                    assertEquals("sent", client.readText(4));
                    int id = receivePipe(vm, client, pipe[1]);
                    assertOk(vm.guest.request(timeline.put(vm.guest, TestGuest.write(1, id, "written".getBytes(), false))));
                    assertEquals("written", read(readEnd));
                    assertOk(vm.guest.request(timeline.put(vm.guest, imageQuery(1))));
                    long size = vm.guest.ram().get(ValueLayout.JAVA_LONG, TestGuest.ringAddress(1, 0) + 40);
                    assertEquals(64 * 64 * 4, size);
                }
            }
        }
    }

    /** A guest program waits for such a fence, while its POLL waits beside it for as long as the compositor is silent. */
    @Nested
    class FencesOnRing0AndTheGlobalTimelineAreCompletedAsSoonAsTheCommandIsExecuted {
        private static final int FORMAT = 1;
        private static final long PAGES = 0x80_0000;
        private static final int IMAGE = 16384;

        private static ByteBuffer rectangle(int type, int length) {
            return TestGuest.header(type, length, 0).putInt(32, 64).putInt(36, 64);
        }

        private static ByteBuffer image(int type, int length, int resource) {
            return TestGuest.header(type, length, 0).putInt(24, resource).putInt(28, FORMAT);
        }

        private static ByteBuffer transfer3d(int type, int ctx) {
            return TestGuest.header(type, 72, ctx).putInt(36, 64).putInt(40, 64).putInt(44, 1).putInt(56, 21);
        }

        private static byte[] blob(int resource, int memory, int ctx, long id) {
            ByteBuffer request = TestGuest.header(0x10c, memory == 1 ? 72 : 56, ctx)
                    .putInt(24, resource).putInt(28, memory).putInt(32, 1).putLong(40, id).putLong(48, IMAGE);
            return memory == 1 ? request.putInt(36, 1).putLong(56, PAGES).putInt(64, IMAGE).array() : request.array();
        }

        @ParameterizedTest
        @EnumSource
        void ofEveryCommandOfCrossDomain(Timeline timeline) throws Exception {
            try (TestVm vm = new TestVm()) {
                vm.guest.context(1);
                assertDone(vm, timeline, TestGuest.OK_NODATA, TestGuest.init(1, 20));
                OwnedFd[] pipe = pipe();
                try (Connection client = vm.compositor.accept(); OwnedFd readEnd = pipe[0]) {
                    int id = receivePipe(vm, client, pipe[1]);
                    Pending parked = vm.guest.poll(1);
                    assertDone(vm, timeline, TestGuest.OK_NODATA, imageQuery(1));
                    assertDone(vm, timeline, TestGuest.OK_NODATA, TestGuest.send(1, "sent"));
                    assertDone(vm, timeline, TestGuest.OK_NODATA, TestGuest.write(1, id, "x".getBytes(), false));
                    assertDone(vm, timeline, TestGuest.OK_NODATA, TestGuest.command(1, 3, 16).array());
                    assertDone(vm, timeline, TestGuest.ERR_INVALID_PARAMETER, TestGuest.command(1, 99, 16).array());
                    assertFalse(vm.guest.isDone(parked));
                    assertEquals("x", read(readEnd));
                }
            }
        }

        @ParameterizedTest
        @EnumSource
        void ofEveryCommandOfTheDevice(Timeline timeline) throws Exception {
            try (TestVm vm = new TestVm()) {
                vm.guest.channel(1);
                try (Connection client = vm.compositor.accept()) {
                    assertTrue(client.socket.isOpen());
                    int id = vm.guest.imageRequirements(1, 64, 64).getInt(48);
                    Pending parked = vm.guest.poll(1);
                    assertDone(vm, timeline, 0x1101, TestGuest.header(0x100, 24, 0).array());
                    assertDone(vm, timeline, 0x1102, TestGuest.header(0x108, 32, 0).array());
                    assertDone(vm, timeline, 0x1103, TestGuest.header(0x109, 32, 0).putInt(24, 5).array());
                    assertDone(vm, timeline, 0x1104, TestGuest.header(0x10a, 32, 0).array());

                    byte[] backing = TestGuest.header(0x106, 48, 0)
                            .putInt(24, 20).putInt(28, 1).putLong(32, PAGES).putInt(40, IMAGE).array();
                    assertDone(vm, timeline, 0x1100, image(0x101, 40, 20).putInt(32, 64).putInt(36, 64).array());
                    assertDone(vm, timeline, 0x1100, backing);
                    assertDone(vm, timeline, 0x1100, rectangle(0x103, 48).putInt(44, 20).array());
                    assertDone(vm, timeline, 0x1100, rectangle(0x105, 56).putInt(48, 20).array());
                    assertDone(vm, timeline, 0x1100, rectangle(0x104, 48).putInt(40, 20).array());
                    assertDone(vm, timeline, 0x1100, rectangle(0x103, 48).array());
                    assertDone(vm, timeline, 0x1100, rectangle(0x10d, 96).array());
                    assertDone(vm, timeline, 0x1100, TestGuest.resource(0x107, 20, 0));
                    assertDone(vm, timeline, 0x1100, TestGuest.unref(20));

                    byte[] texture = image(0x204, 72, 21).putInt(28, 2).putInt(32, FORMAT).putInt(36, 2)
                            .putInt(40, 64).putInt(44, 64).putInt(48, 1).putInt(52, 1).array();
                    assertDone(vm, timeline, 0x1100, texture);
                    assertDone(vm, timeline, 0x1100, TestGuest.attach(21, 1));
                    assertDone(vm, timeline, 0x1100, transfer3d(0x205, 1).array());
                    assertDone(vm, timeline, 0x1100, transfer3d(0x206, 1).array());
                    assertDone(vm, timeline, 0x1100, TestGuest.detach(21, 1));

                    assertDone(vm, timeline, 0x1100, blob(22, 1, 0, 0));
                    assertDone(vm, timeline, 0x1100, blob(23, 2, 1, id));
                    assertDone(vm, timeline, 0x1105, TestGuest.resource(0x10b, 23, 0));
                    assertDone(vm, timeline, 0x1106, TestGuest.map(23, 0));
                    assertDone(vm, timeline, 0x1100, TestGuest.unmap(23));
                    assertDone(vm, timeline, 0x1100, TestGuest.unref(23));
                    byte[] create = TestGuest.header(0x200, 96, 2).putInt(28, 5).array();
                    assertDone(vm, timeline, 0x1100, create);
                    assertDone(vm, timeline, 0x1100, TestGuest.header(0x201, 24, 2).array());
                    assertDone(vm, timeline, TestGuest.ERR_UNSPEC, TestGuest.header(0x7777, 24, 0).array());
                    assertFalse(vm.guest.isDone(parked));
                }
            }
        }

        private static void assertDone(TestVm vm, Timeline timeline, int expected, byte[] request) {
            Pending pending = vm.guest.await(vm.guest.submit(timeline.put(vm.guest, request)));
            ByteBuffer sent = ByteBuffer.wrap(request).order(ByteOrder.LITTLE_ENDIAN);
            String command = String.format("command 0x%x answered 0x%x", sent.getInt(0), pending.type());
            assertEquals(expected, pending.type(), command);
            assertEquals(timeline.flags, pending.flags(), command);
            assertEquals(pending.fence, pending.fenceId(), command);
            assertEquals(timeline == Timeline.NO_FENCE ? 0 : sent.getInt(16), pending.ctxId(), command);
            assertEquals(0, pending.ringIdx(), command);
        }
    }

    @Nested
    class UnknownNumbersAreAnsweredWithAnErrorAndHarmNothing {
        private static final int HOST_BLOB = 10;

        @Test
        void inDetachUnrefUnmapAndTheEndOfAContext() throws Exception {
            try (TestVm vm = new TestVm()) {
                assertEquals(TestGuest.ERR_INVALID_RESOURCE, vm.guest.request(TestGuest.unref(5)));
                assertEquals(TestGuest.ERR_INVALID_RESOURCE, vm.guest.request(TestGuest.detach(5, 1)));
                assertEquals(TestGuest.ERR_INVALID_CONTEXT, vm.guest.ctxDestroy(5));
                assertEquals(TestGuest.ERR_INVALID_RESOURCE, vm.guest.request(TestGuest.unmap(5)));
                assertOk(vm.guest.guestBlob(5, 0, 4096));
                assertEquals(TestGuest.ERR_INVALID_CONTEXT, vm.guest.request(TestGuest.detach(5, 1)));
                assertOk(vm.guest.request(TestGuest.unref(5)));
                vm.guest.channel(1);
            }
        }

        /** Guest kernels race a DETACH with the end of its context, and repeat themselves. */
        @Test
        void whileOthersGoOnAsIfNothingHadBeen() throws Exception {
            try (TestVm vm = new TestVm()) {
                vm.guest.channel(1);
                try (Connection client = vm.compositor.accept()) {
                    int id = vm.guest.imageRequirements(1, 64, 64).getInt(48);
                    assertOk(vm.guest.request(vm.guest.hostBlob(HOST_BLOB, 1, id, 16384)));
                    assertOk(vm.guest.request(TestGuest.attach(HOST_BLOB, 1)));
                    assertEquals(TestGuest.OK_MAP_INFO, vm.guest.request(TestGuest.map(HOST_BLOB, 0)));
                    Pending poll = vm.guest.poll(1);
                    // A second context lets go of everything twice.
                    assertOk(vm.guest.ctxCreate(2));
                    assertOk(vm.guest.guestBlob(11, 0x10_0000, 4096));
                    assertOk(vm.guest.request(TestGuest.attach(11, 2)));
                    assertEquals(TestGuest.ERR_INVALID_CONTEXT, vm.guest.request(TestGuest.detach(HOST_BLOB, 2)));
                    assertOk(vm.guest.request(TestGuest.detach(11, 2)));
                    assertEquals(TestGuest.ERR_INVALID_CONTEXT, vm.guest.request(TestGuest.detach(11, 2)));
                    assertOk(vm.guest.ctxDestroy(2));
                    assertEquals(TestGuest.ERR_INVALID_CONTEXT, vm.guest.ctxDestroy(2));
                    assertEquals(TestGuest.ERR_INVALID_CONTEXT, vm.guest.request(TestGuest.detach(HOST_BLOB, 2)));
                    assertOk(vm.guest.request(TestGuest.unref(11)));
                    assertEquals(TestGuest.ERR_INVALID_RESOURCE, vm.guest.request(TestGuest.unref(11)));
                    assertEquals(TestGuest.ERR_INVALID_RESOURCE, vm.guest.request(TestGuest.detach(11, 1)));

                    assertFalse(vm.guest.isDone(poll));
                    assertOk(vm.guest.request(TestGuest.send(1, "still sent", HOST_BLOB, TestGuest.BLOB)));
                    assertEquals("still sent", client.readText(10));
                    assertEquals(1, client.received.size());
                    assertEquals(16384, vm.vmm.mapped(0).byteSize());
                    client.send("still received");
                    assertOk(vm.guest.await(poll).type());
                    assertEquals("still received", vm.guest.message(1).text());
                    // The numbers are free, once.
                    assertOk(vm.guest.ctxCreate(2));
                    assertOk(vm.guest.guestBlob(11, 0x10_0000, 4096));
                    assertEquals(TestGuest.ERR_INVALID_RESOURCE, vm.guest.guestBlob(11, 0x10_0000, 4096));
                }
            }
        }
    }
}
