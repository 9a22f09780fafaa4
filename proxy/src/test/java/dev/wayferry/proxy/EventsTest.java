package dev.wayferry.proxy;

import static dev.wayferry.proxy.TestVm.assertOk;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wayferry.posix.Errno;
import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.Posix;
import dev.wayferry.posix.PosixException;
import dev.wayferry.proxy.TestCompositor.Connection;
import dev.wayferry.proxy.TestGuest.Message;
import dev.wayferry.proxy.TestGuest.Pending;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Eventfds that a server sends, and the other commands that a guest's dialect has behind WRITE. */
class EventsTest {
    private static final int PIPEWIRE = 0x10;
    private static final int WATCH = 11;
    private static final int DESTROY = 12;
    private static final int LIBKRUN_INIT = 24;
    private static final int RUTABAGA_INIT = 36;
    private static final int BLOCKING = 0;

    /** The largest value of an eventfd's counter. */
    private static final long MOST = -2;

    @TempDir
    private Path folder;

    private TestCompositor server;

    @BeforeEach
    void listen() throws IOException {
        server = new TestCompositor(folder);
    }

    @AfterEach
    void stopListening() throws IOException {
        server.close();
    }

    private TestVm vm() throws IOException {
        return new TestVm(Map.of(PIPEWIRE, server.path().toString()));
    }

    private static OwnedFd eventfd(int flags) throws PosixException {
        return OwnedFd.of(Posix.eventfd(flags), "eventfd");
    }

    private static void signal(OwnedFd event, long value) {
        try (Arena arena = Arena.ofConfined()) {
            assertEquals(8, Posix.write(event.number(), arena.allocateFrom(ValueLayout.JAVA_LONG, value)));
        }
    }

    /** The counter, or a negative error number. */
    private static long read(OwnedFd event) {
        try (Arena arena = Arena.ofConfined()) {
            var value = arena.allocate(ValueLayout.JAVA_LONG);
            long result = Posix.read(event.number(), value);
            return result == 8 ? value.get(ValueLayout.JAVA_LONG, 0) : result;
        }
    }

    private static byte[] bytes(long value) {
        return ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(value).array();
    }

    private static void assertEvent(int id, long value, Message message) {
        assertEquals(6, message.cmd());
        assertEquals(id, message.identifier());
        assertEquals(0, message.hangUp());
        assertArrayEquals(bytes(value), message.data());
    }

    /** Has the guest receive {@code event}; returns its number. */
    private static int give(TestVm vm, Connection client, OwnedFd event, int type) throws PosixException {
        client.send("e", event.number());
        Message message = vm.guest.receive(1);
        assertArrayEquals(new int[] {type}, message.types());
        assertArrayEquals(new int[] {0}, message.sizes());
        return message.ids()[0];
    }

    // ---- both ways

    @ParameterizedTest
    @CsvSource({"24, 6", "36, 5"})
    void givesTheGuestEachSignalOfAnEventfdThatItWatches(int initSize, int type) throws Exception {
        try (TestVm vm = vm()) {
            vm.guest.channel(1, initSize, PIPEWIRE);
            try (Connection client = server.accept(); OwnedFd event = eventfd(Posix.O_NONBLOCK)) {
                int id = give(vm, client, event, type);
                signal(event, 7);
                Pending poll = vm.guest.poll(1);
                vm.guest.barrier();
                assertFalse(vm.guest.isDone(poll), "nothing is said of what is not watched");
                assertOk(vm.guest.request(TestGuest.itemCommand(1, WATCH, id)));
                vm.guest.await(poll);
                assertEvent(id, 7, vm.guest.message(1));
                assertEquals(-Errno.EAGAIN, read(event));
                for (int i = 1; i < 20; i++) {
                    signal(event, i);
                    assertEvent(id, i, vm.guest.receive(1));
                }
                assertOk(vm.guest.request(TestGuest.itemCommand(1, WATCH, id)));
                signal(event, 1L << 40);
                signal(event, 1);
                assertEvent(id, (1L << 40) + 1, vm.guest.receive(1));
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"24, 6, 0", "24, 6, 0x800", "36, 5, 0", "36, 5, 0x800"})
    void signalsAnEventfdByEachWriteAndKeepsItUntilTheGuestHangsUp(int initSize, int type, String flags) throws Exception {
        try (TestVm vm = vm()) {
            vm.guest.channel(1, initSize, PIPEWIRE);
            try (Connection client = server.accept(); OwnedFd event = eventfd(Integer.decode(flags))) {
                int id = give(vm, client, event, type);
                assertOk(vm.guest.request(TestGuest.write(1, id, bytes(1), false)));
                assertEquals(1, read(event));
                assertOk(vm.guest.request(TestGuest.write(1, id, bytes(2), false)));
                assertOk(vm.guest.request(TestGuest.write(1, id, bytes(40), false)));
                assertEquals(42, read(event));
                assertOk(vm.guest.request(TestGuest.write(1, id, bytes(5), true)));
                assertEquals(5, read(event));
                assertEquals(TestGuest.ERR_INVALID_PARAMETER, vm.guest.request(TestGuest.write(1, id, bytes(1), false)));
            }
        }
    }

    @Test
    void keepsAnEventfdOverAWriteOfAnotherLength() throws Exception {
        try (TestVm vm = vm()) {
            vm.guest.channel(1, RUTABAGA_INIT, PIPEWIRE);
            try (Connection client = server.accept(); OwnedFd event = eventfd(Posix.O_NONBLOCK)) {
                int id = give(vm, client, event, 5);
                for (int length : new int[] {0, 1, 7, 9, 4072}) {
                    assertEquals(TestGuest.ERR_INVALID_PARAMETER,
                            vm.guest.request(TestGuest.write(1, id, new byte[length], false)));
                }
                assertEquals(-Errno.EAGAIN, read(event));
                assertOk(vm.guest.request(TestGuest.write(1, id, bytes(3), false)));
                assertEquals(3, read(event));
                assertOk(vm.guest.request(TestGuest.write(1, id, new byte[0], true)));
                assertEquals(TestGuest.ERR_INVALID_PARAMETER, vm.guest.request(TestGuest.itemCommand(1, WATCH, id)));
            }
        }
    }

    // ---- eventfds of other kinds

    @Test
    void givesEachCountOfASemaphore() throws Exception {
        try (TestVm vm = vm()) {
            vm.guest.channel(1, LIBKRUN_INIT, PIPEWIRE);
            try (Connection client = server.accept(); OwnedFd event = eventfd(Posix.EFD_SEMAPHORE)) {
                int id = give(vm, client, event, 6);
                assertOk(vm.guest.request(TestGuest.itemCommand(1, WATCH, id)));
                signal(event, 3);
                for (int i = 0; i < 3; i++) {
                    assertEvent(id, 1, vm.guest.receive(1));
                }
                Pending poll = vm.guest.poll(1);
                vm.guest.barrier();
                assertFalse(vm.guest.isDone(poll));
                signal(event, 1);
                vm.guest.await(poll);
                assertEvent(id, 1, vm.guest.message(1));
            }
        }
    }

    @Test
    void doesNotWaitForABlockingEventfdThatSomebodyElseHasRead() throws Exception {
        try (TestVm vm = vm()) {
            vm.guest.channel(1, RUTABAGA_INIT, PIPEWIRE);
            try (Connection client = server.accept(); OwnedFd event = eventfd(BLOCKING)) {
                int id = give(vm, client, event, 5);
                assertOk(vm.guest.request(TestGuest.itemCommand(1, WATCH, id)));
                signal(event, 1);
                vm.guest.barrier();
                assertEquals(1, read(event));
                Pending poll = vm.guest.poll(1);
                vm.guest.barrier();
                assertFalse(vm.guest.isDone(poll));
                signal(event, 2);
                vm.guest.await(poll);
                assertEvent(id, 2, vm.guest.message(1));
                assertEquals(0, Posix.statusFlags(event.number()) & Posix.O_NONBLOCK, "it is the server's, too");
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {BLOCKING, Posix.O_NONBLOCK})
    void doesNotWaitForRoomInAnEventfd(int flags) throws Exception {
        try (TestVm vm = vm()) {
            vm.guest.channel(1, RUTABAGA_INIT, PIPEWIRE);
            try (Connection client = server.accept(); OwnedFd event = eventfd(flags)) {
                int id = give(vm, client, event, 5);
                assertEquals(TestGuest.ERR_INVALID_PARAMETER, vm.guest.request(TestGuest.write(1, id, bytes(-1), false)));
                assertOk(vm.guest.request(TestGuest.write(1, id, bytes(MOST - 5), false)));
                assertEquals(TestGuest.ERR_INVALID_PARAMETER, vm.guest.request(TestGuest.write(1, id, bytes(6), false)));
                assertEquals(TestGuest.ERR_INVALID_PARAMETER, vm.guest.request(TestGuest.write(1, id, bytes(MOST), false)));
                assertOk(vm.guest.request(TestGuest.write(1, id, bytes(5), false)));
                assertEquals(TestGuest.ERR_INVALID_PARAMETER, vm.guest.request(TestGuest.write(1, id, bytes(1), false)));
                assertEquals(MOST, read(event));
                assertOk(vm.guest.request(TestGuest.write(1, id, bytes(1), false)));
            }
        }
    }

    // ---- their end

    @Test
    void watchesNoEventfdAnyMoreThatTheGuestDestroyed() throws Exception {
        try (TestVm vm = vm()) {
            vm.guest.channel(1, LIBKRUN_INIT, PIPEWIRE);
            try (Connection client = server.accept(); OwnedFd event = eventfd(Posix.O_NONBLOCK)) {
                int id = give(vm, client, event, 6);
                assertOk(vm.guest.request(TestGuest.itemCommand(1, WATCH, id)));
                signal(event, 1);
                vm.guest.barrier();
                assertOk(vm.guest.request(TestGuest.itemCommand(1, DESTROY, id)));
                signal(event, 1);
                Pending poll = vm.guest.poll(1);
                vm.guest.barrier();
                assertFalse(vm.guest.isDone(poll));
                assertEquals(2, read(event));
                assertEquals(TestGuest.ERR_INVALID_PARAMETER, vm.guest.request(TestGuest.itemCommand(1, DESTROY, id)));
                assertEquals(TestGuest.ERR_INVALID_PARAMETER, vm.guest.request(TestGuest.itemCommand(1, WATCH, id)));
                assertEquals(TestGuest.ERR_INVALID_PARAMETER, vm.guest.request(TestGuest.write(1, id, bytes(1), false)));
            }
        }
    }

    @Test
    void dropsTheEventfdThatWasOfNoUseForLongestBeyond512() throws Exception {
        try (TestVm vm = vm()) {
            vm.guest.channel(1, LIBKRUN_INIT, PIPEWIRE);
            try (Connection client = server.accept(); OwnedFd event = eventfd(Posix.O_NONBLOCK)) {
                int used = give(vm, client, event, 6);
                int unused = give(vm, client, event, 6);
                for (int i = 2; i < 512; i++) {
                    give(vm, client, event, 6);
                }
                assertOk(vm.guest.request(TestGuest.write(1, used, bytes(1), false)));
                give(vm, client, event, 6);
                assertOk(vm.guest.request(TestGuest.write(1, used, bytes(1), false)));
                assertEquals(TestGuest.ERR_INVALID_PARAMETER, vm.guest.request(TestGuest.write(1, unused, bytes(1), false)));
            }
        }
    }

    // ---- what a dialect does not have

    @ParameterizedTest
    @ValueSource(ints = {16, 20})
    void putsAStandInForAnEventfdWhereTheGuestKnowsNone(int initSize) throws Exception {
        try (TestVm vm = vm()) {
            vm.guest.channel(1, initSize, PIPEWIRE);
            try (Connection client = server.accept(); OwnedFd event = eventfd(Posix.O_NONBLOCK)) {
                client.send("e", event.number());
                vm.guest.await(vm.guest.poll(1));
                Message message = vm.guest.message(1, initSize == 16 ? 0 : 1);
                assertArrayEquals(new int[] {TestGuest.BLOB}, message.types());
                for (int cmd = 8; cmd <= 13; cmd++) {
                    assertEquals(TestGuest.ERR_INVALID_PARAMETER,
                            vm.guest.request(TestGuest.itemCommand(1, cmd, message.ids()[0])));
                }
                assertOk(vm.guest.request(TestGuest.send(1, "still there")));
                assertEquals("still there", client.readText(11));
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"24, 8", "24, 9", "24, 10", "24, 13", "36, 8", "36, 9", "36, 10", "36, 12"})
    void refusesWhatNeedsAnotherDevicesExportTable(int initSize, int cmd) throws Exception {
        try (TestVm vm = vm()) {
            vm.guest.channel(1, initSize, PIPEWIRE);
            try (Connection client = server.accept(); OwnedFd event = eventfd(Posix.O_NONBLOCK)) {
                int id = give(vm, client, event, initSize == 24 ? 6 : 5);
                assertEquals(TestGuest.ERR_INVALID_PARAMETER,
                        vm.guest.request(TestGuest.command(1, cmd, 32).putInt(32 + 8, id).putInt(32 + 24, id).array()));
                assertOk(vm.guest.request(TestGuest.write(1, id, bytes(1), false)));
                assertOk(vm.guest.request(TestGuest.send(1, "still there")));
                assertEquals("still there", client.readText(11));
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"20, 5", "24, 5", "24, 6", "36, 5", "36, 6", "36, 7"})
    void endsTheStreamOverASendOfAFileThatNoGuestCanName(int initSize, int type) throws Exception {
        try (TestVm vm = vm()) {
            vm.guest.channel(1, initSize, PIPEWIRE);
            try (Connection client = server.accept()) {
                assertEquals(TestGuest.ERR_INVALID_PARAMETER, vm.guest.request(TestGuest.send(1, "x", 2, type)));
                assertEquals(0, vm.guest.receive(1).data().length);
                assertTrue(client.isHungUp());
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"11, 8", "11, 15", "12, 8", "13, 31"})
    void refusesACommandThatIsCutShort(int cmd, int length) throws Exception {
        try (TestVm vm = vm()) {
            vm.guest.channel(1, cmd == 13 ? RUTABAGA_INIT : LIBKRUN_INIT, PIPEWIRE);
            server.accept().close();
            assertEquals(TestGuest.ERR_INVALID_PARAMETER, vm.guest.request(TestGuest.command(1, cmd, length).array()));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {LIBKRUN_INIT, RUTABAGA_INIT})
    void answersEveryRandomCommandOfADialect(int initSize) throws Exception {
        Random random = new Random(7);
        try (TestVm vm = vm()) {
            vm.guest.channel(1, initSize, PIPEWIRE);
            try (Connection client = server.accept(); OwnedFd event = eventfd(BLOCKING)) {
                for (int i = 0; i < 3000; i++) {
                    if (i % 100 == 0) {
                        // Three things more that the numbers below may hit.
                        client.send("x", event.number(), client.socket.number(), event.number());
                        Message message = vm.guest.receive(1);
                        while (message.cmd() == 6) {
                            message = vm.guest.receive(1);
                        }
                        assertEquals(3, message.ids().length);
                    }
                    int cmd = 6 + random.nextInt(10);
                    ByteBuffer command = TestGuest.command(1, cmd, 8 + random.nextInt(40));
                    for (int at = 40; at + 4 <= command.capacity(); at += 4) {
                        command.putInt(at, random.nextInt(12) == 0 ? random.nextInt() : random.nextInt(100));
                    }
                    if (random.nextBoolean() && command.capacity() >= 52) {
                        command.putInt(44, random.nextInt(2)).putInt(48, 8);
                    }
                    Pending answered = vm.guest.await(vm.guest.submit(vm.guest.fenced(command, 0).array()));
                    assertEquals(answered.fence, answered.fenceId());
                }
                assertOk(vm.guest.request(TestGuest.send(1, "still there")));
                assertEquals("still there", client.readText(11));
            }
        }
    }
}
