package dev.wayferry.proxy;

import static dev.wayferry.proxy.TestVm.assertOk;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wayferry.posix.Memory;
import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.Posix;
import dev.wayferry.posix.PosixException;
import dev.wayferry.proxy.TestCompositor.Connection;
import dev.wayferry.proxy.TestGuest.Message;
import dev.wayferry.proxy.TestGuest.Pending;
import dev.wayferry.wire.crossdomain.CrossDomain;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.newsclub.net.unix.AFUNIXServerSocketChannel;
import org.newsclub.net.unix.AFUNIXSocketAddress;

/** Channels to other sockets than the compositor's. */
class OtherChannelsTest {
    private static final int X11 = 0x11;

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

    private TestVm vmWith(int type) throws IOException {
        return new TestVm(Map.of(type, server.path().toString()));
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 3, 0x10, X11, 0x12, 0x13, 31})
    void reachesTheSocketOfTheChannelsType(int type) throws Exception {
        try (TestVm vm = vmWith(type)) {
            vm.guest.channel(1, 20, type);
            try (Connection client = server.accept()) {
                assertOk(vm.guest.request(TestGuest.send(1, "hello")));
                assertEquals("hello", client.readText(5));
                client.send("answer");
                assertEquals("answer", vm.guest.receive(1).text());
            }
            vm.guest.channel(2);
            try (Connection wayland = vm.compositor.accept()) {
                wayland.send("still there");
                assertEquals("still there", vm.guest.receive(2).text());
            }
        }
    }

    @Test
    void reachesAnAbstractSocket() throws Exception {
        String name = "wayferry-test-" + ProcessHandle.current().pid();
        try (ServerSocketChannel listener = AFUNIXServerSocketChannel.open()
                .bind(AFUNIXSocketAddress.inAbstractNamespace(name));
                TestVm vm = new TestVm(Map.of(5, "@" + name))) {
            vm.guest.channel(1, 20, 5);
            listener.accept().close();
            assertEquals(0, vm.guest.receive(1).data().length);
        }
    }

    @Test
    void saysInTheCapsetWhichChannelsThereAre() throws Exception {
        try (TestVm vm = new TestVm(Map.of(2, "/a", 0x10, "/b", 31, "@c"))) {
            assertEquals(1 << 1 | 1 << 2 | 1 << 0x10 | 1 << 31, vm.guest.capset().getInt(4));
        }
        try (TestVm vm = new TestVm()) {
            assertEquals(1 << 1, vm.guest.capset().getInt(4));
        }
    }

    @Test
    void looksTheSocketUpAnewForEachConnection() throws Exception {
        Path path = folder.resolve("late");
        try (TestVm vm = new TestVm(Map.of(X11, path.toString()))) {
            vm.guest.context(1);
            assertEquals(TestGuest.ERR_UNSPEC, vm.guest.request(TestGuest.init(1, 20, X11)));
            assertEquals(0, vm.guest.receive(1).data().length);
            Files.createSymbolicLink(path, server.path());
            vm.guest.channel(2, 20, X11);
            server.accept().close();
            assertEquals(0, vm.guest.receive(2).data().length);
        }
    }

    // ---- message boundaries

    @Test
    void givesEachMessagesFilesWithItsFirstByte() throws Exception {
        try (TestVm vm = vmWith(X11)) {
            vm.guest.channel(1, 20, X11);
            OwnedFd[] pipe = TestFiles.pipe();
            try (Connection client = server.accept(); OwnedFd _ = pipe[0]; OwnedFd write = pipe[1]) {
                client.send("one", write.number());
                client.send("two", write.number(), write.number());
                client.send("three");
                client.send("four", write.number());
                assertFiles("one", 1, vm.guest.receive(1));
                assertFiles("two", 2, vm.guest.receive(1));
                // A receive stops behind bytes with files; before them the kernel itself puts those that have none.
                assertFiles("threefour", 1, vm.guest.receive(1));
            }
        }
    }

    private static void assertFiles(String text, int files, Message message) {
        assertEquals(text, message.text());
        assertEquals(files, message.ids().length);
        for (int type : message.types()) {
            assertEquals(TestGuest.WRITE_PIPE, type);
        }
    }

    @Test
    void tellsAllAndTheEndBehindMessagesThatFillTheirPages() throws Exception {
        byte[] full = new byte[CrossDomain.MAX_RECEIVE_DATA];
        try (TestVm vm = vmWith(X11)) {
            vm.guest.channel(1, 20, X11);
            try (Connection client = server.accept()) {
                // At first nothing is behind one, and then something.
                for (int behind = 0; behind < 4; behind++) {
                    Pending waits = vm.guest.poll(1);
                    client.send(full);
                    assertOk(vm.guest.await(waits).type());
                    assertEquals(full.length, vm.guest.message(1).data().length);
                    for (int i = 0; i < behind; i++) {
                        client.send(full);
                    }
                    for (int i = 0; i < behind; i++) {
                        assertEquals(full.length, vm.guest.receive(1).data().length);
                    }
                }
                client.send(full);
                client.send(full);
            }
            assertEquals(full.length, vm.guest.receive(1).data().length);
            assertEquals(full.length, vm.guest.receive(1).data().length);
            assertEquals(0, vm.guest.receive(1).data().length);
        }
    }

    @Test
    void mergesNoMessagesThatComeOneByOne() throws Exception {
        try (TestVm vm = vmWith(X11)) {
            vm.guest.channel(1, 20, X11);
            try (Connection client = server.accept()) {
                for (int i = 0; i < 20; i++) {
                    Pending poll = vm.guest.poll(1);
                    client.send("message " + i);
                    assertOk(vm.guest.await(poll).type());
                    assertEquals("message " + i, vm.guest.message(1).text());
                }
            }
        }
    }

    @Test
    void sendsTheFilesOfASendWithItsFirstByte() throws Exception {
        try (TestVm vm = vmWith(X11)) {
            vm.guest.channel(1, 20, X11);
            try (Connection client = server.accept()) {
                assertOk(vm.guest.request(TestGuest.send(1, "plain")));
                assertOk(vm.guest.request(TestGuest.send(1, "with a pipe", 0x8000_0001, TestGuest.READ_PIPE)));
                assertOk(vm.guest.request(TestGuest.send(1, "plain again")));
                assertArrayEquals("plain".getBytes(), client.read(5));
                assertEquals(0, client.received.size());
                assertEquals("w", client.readText(1));
                assertEquals(1, client.received.size());
                assertEquals("ith a pipeplain again", client.readText(21));
                assertEquals(1, client.received.size());
            }
        }
    }

    // ---- memory

    private static OwnedFd memfd(int seals) throws PosixException {
        return memfd(8192, seals);
    }

    private static OwnedFd memfd(int size, int seals) throws PosixException {
        OwnedFd file = OwnedFd.of(Memory.memfdCreate("server"), "memfd");
        PosixException.check(Memory.ftruncate(file.number(), size), "ftruncate");
        PosixException.check(Memory.addSeals(file.number(), seals), "seals");
        return file;
    }

    /** Whether what a guest maps of {@code file}, sent on a channel of this type, is the file itself. */
    private static boolean isShared(TestVm vm, int ctx, Connection client, OwnedFd file, OwnedFd sent) throws Exception {
        client.send("m", sent.number());
        Message message = vm.guest.receive(ctx);
        assertOk(vm.guest.request(vm.guest.hostBlob(7, ctx, message.ids()[0], 8192)));
        assertEquals(TestGuest.OK_MAP_INFO, vm.guest.request(TestGuest.map(7, 0)));
        vm.vmm.mapped(0).set(ValueLayout.JAVA_BYTE, 4999, (byte) 42);
        assertOk(vm.guest.request(TestGuest.unref(7)));
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment last = arena.allocate(1);
            assertEquals(1, Posix.pread(file.number(), last, 4999));
            return last.get(ValueLayout.JAVA_BYTE, 0) == 42;
        }
    }

    @Test
    void sharesMemoryOfPartOfAPageOnlyWhereTheVmmMapsIt() throws Exception {
        Map<Integer, String> channels = Map.of(0x10, server.path().toString());
        for (boolean maps : new boolean[] {false, true}) {
            try (TestVm vm = maps ? TestVm.thatMapsPartialPages(channels) : new TestVm(channels);
                    OwnedFd file = memfd(5000, Memory.F_SEAL_SHRINK | Memory.F_SEAL_GROW)) {
                vm.guest.channel(1, 24, 0x10);
                try (Connection client = server.accept()) {
                    assertEquals(maps, isShared(vm, 1, client, file, file));
                }
            }
        }
    }

    @Test
    void sharesMemoryThatNobodyCanCutOff() throws Exception {
        try (TestVm vm = vmWith(0x10); OwnedFd file = memfd(Memory.F_SEAL_SHRINK | Memory.F_SEAL_GROW)) {
            vm.guest.channel(1, 24, 0x10);
            try (Connection client = server.accept()) {
                assertTrue(isShared(vm, 1, client, file, file));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, Memory.F_SEAL_GROW, Memory.F_SEAL_SHRINK | Memory.F_SEAL_WRITE,
        Memory.F_SEAL_SHRINK | Memory.F_SEAL_FUTURE_WRITE})
    void copiesMemoryThatCouldBeCutOffOrIsForReading(int seals) throws Exception {
        try (TestVm vm = vmWith(0x10); OwnedFd file = memfd(seals)) {
            vm.guest.channel(1, 24, 0x10);
            try (Connection client = server.accept()) {
                assertFalse(isShared(vm, 1, client, file, file));
            }
        }
    }

    @Test
    void copiesMemoryThatWasOpenedForReadingOrCameFromACompositor() throws Exception {
        try (TestVm vm = vmWith(0x10); OwnedFd file = memfd(Memory.F_SEAL_SHRINK);
                OwnedFd readOnly = OwnedFd.of(Posix.open("/proc/self/fd/" + file.number(), Posix.O_RDONLY), "open")) {
            vm.guest.channel(1, 24, 0x10);
            vm.guest.channel(2);
            try (Connection client = server.accept(); Connection wayland = vm.compositor.accept()) {
                assertFalse(isShared(vm, 1, client, file, readOnly));
                assertFalse(isShared(vm, 2, wayland, file, file));
            }
        }
    }
}
