package dev.wayferry.proxy;

import static dev.wayferry.proxy.TestVm.assertOk;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.Posix;
import dev.wayferry.posix.PosixException;
import dev.wayferry.proxy.TestCompositor.Connection;
import dev.wayferry.proxy.TestGuest.Message;
import dev.wayferry.proxy.TestGuest.Pending;
import java.io.IOException;
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

    private static OwnedFd[] pipe() throws PosixException {
        long ends = PosixException.check(Posix.pipe(), "pipe");
        return new OwnedFd[] {new OwnedFd(Posix.readEnd(ends)), new OwnedFd(Posix.writeEnd(ends))};
    }

    @Test
    void givesEachMessagesFilesWithItsFirstByte() throws Exception {
        try (TestVm vm = vmWith(X11)) {
            vm.guest.channel(1, 20, X11);
            OwnedFd[] pipe = pipe();
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
}
