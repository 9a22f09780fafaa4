package dev.wayferry.proxy;

import static dev.wayferry.proxy.TestVm.assertOk;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wayferry.posix.ListeningSocket;
import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.Posix;
import dev.wayferry.posix.PosixException;
import dev.wayferry.posix.Sockets;
import dev.wayferry.proxy.TestCompositor.Connection;
import dev.wayferry.proxy.TestGuest.Message;
import dev.wayferry.proxy.TestGuest.Pending;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.newsclub.net.unix.AFUNIXDatagramChannel;
import org.newsclub.net.unix.FileDescriptorCast;

/** Sockets that a server sends, of which a guest makes channels of their own. */
class ReceivedSocketsTest {
    private static final int DBUS = 0x12;
    private static final int SOCKET = 7;
    private static final int RUTABAGA_INIT = 36;

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
        return new TestVm(Map.of(DBUS, server.path().toString()));
    }

    private static byte[] uuid(int number) {
        return ByteBuffer.allocate(16).putLong(0x1122_3344_5566_7788L).putInt(number).array();
    }

    /** A socket of which the guest has one end, as this number, and the test the other. */
    private record Given(int id, Connection peer) {
        /** Has context 1 receive one end of {@code pair}, which is then closed here. */
        static Given of(TestVm vm, Connection client, OwnedFd[] pair) throws PosixException {
            try (OwnedFd sent = pair[0]) {
                client.send("s", sent.number());
            }
            Message message = vm.guest.receive(1);
            assertArrayEquals(new int[] {SOCKET}, message.types());
            assertArrayEquals(new int[] {0}, message.sizes());
            return new Given(message.ids()[0], new Connection(pair[1]));
        }
    }

    /** A channel in context 2 whose socket has the other end {@link Given#peer}. */
    private static Given channelOfASocket(TestVm vm, Connection client, OwnedFd[] pair) throws PosixException {
        Given given = Given.of(vm, client, pair);
        assertOk(vm.guest.request(TestGuest.assignSocketUuid(1, given.id, uuid(1))));
        vm.guest.context(2);
        assertOk(vm.guest.request(TestGuest.initOfSocket(2, uuid(1))));
        return given;
    }

    @Test
    void doNotEndForOthersWhoHoldThemWhenTheirChannelsDo() throws Exception {
        try (TestVm vm = vm()) {
            vm.guest.channel(1, RUTABAGA_INIT, DBUS);
            OwnedFd[] pair = Sockets.pair();
            OwnedFd another = OwnedFd.of(Posix.dup(pair[0].number()), "dup");
            try (Connection client = server.accept();
                    Connection peer = channelOfASocket(vm, client, pair).peer;
                    Connection holder = new Connection(another)) {
                assertOk(vm.guest.ctxDestroy(2));
                vm.guest.barrier();
                holder.send("still");
                assertEquals("still", peer.readText(5));
                peer.send("there");
                assertEquals("there", holder.readText(5));
            }
        }
    }

    @Test
    void becomeChannelsByTheUuidThatTheGuestGivesThem() throws Exception {
        try (TestVm vm = vm()) {
            vm.guest.channel(1, RUTABAGA_INIT, DBUS);
            try (Connection client = server.accept();
                    Connection peer = channelOfASocket(vm, client, Sockets.pair()).peer) {
                assertOk(vm.guest.request(TestGuest.send(2, "hello", 0x8000_0001, TestGuest.READ_PIPE)));
                assertEquals("hello", peer.readText(5));
                assertEquals(1, peer.received.size());
                peer.send("answer", peer.received.get(0).number());
                Message answer = vm.guest.receive(2);
                assertEquals("answer", answer.text());
                assertArrayEquals(new int[] {TestGuest.WRITE_PIPE}, answer.types());
                client.send("the first is there as well");
                assertEquals("the first is there as well", vm.guest.receive(1).text());
                assertOk(vm.guest.ctxDestroy(2));
                assertTrue(peer.isHungUp());
            }
        }
    }

    @Test
    void areTakenOnce() throws Exception {
        try (TestVm vm = vm()) {
            vm.guest.channel(1, RUTABAGA_INIT, DBUS);
            try (Connection client = server.accept()) {
                Given given = channelOfASocket(vm, client, Sockets.pair());
                try (Connection peer = given.peer) {
                    assertEquals(TestGuest.ERR_INVALID_PARAMETER,
                            vm.guest.request(TestGuest.assignSocketUuid(1, given.id, uuid(2))));
                    vm.guest.context(3);
                    assertEquals(TestGuest.ERR_UNSPEC, vm.guest.request(TestGuest.initOfSocket(3, uuid(1))));
                    assertEquals(0, vm.guest.receive(3).data().length);
                    peer.send("to the first");
                    assertEquals("to the first", vm.guest.receive(2).text());
                }
            }
        }
    }

    @Test
    void tellTheEndToWhoNamesAnUnknownOne() throws Exception {
        try (TestVm vm = vm()) {
            vm.guest.context(1);
            assertEquals(TestGuest.ERR_UNSPEC, vm.guest.request(TestGuest.initOfSocket(1, uuid(1))));
            Message end = vm.guest.receive(1);
            assertEquals(5, end.cmd());
            assertEquals(0, end.data().length);
            Pending held = vm.guest.poll(1);
            vm.guest.barrier();
            assertFalse(vm.guest.isDone(held));
        }
    }

    @Test
    void keepTheirNameFromOthers() throws Exception {
        try (TestVm vm = vm()) {
            vm.guest.channel(1, RUTABAGA_INIT, DBUS);
            try (Connection client = server.accept()) {
                Given one = Given.of(vm, client, Sockets.pair());
                Given two = Given.of(vm, client, Sockets.pair());
                try (Connection peerOne = one.peer; Connection peerTwo = two.peer) {
                    assertOk(vm.guest.request(TestGuest.assignSocketUuid(1, one.id, uuid(1))));
                    assertEquals(TestGuest.ERR_INVALID_PARAMETER,
                            vm.guest.request(TestGuest.assignSocketUuid(1, two.id, uuid(1))));
                    assertOk(vm.guest.request(TestGuest.assignSocketUuid(1, two.id, uuid(2))));
                    assertEquals(TestGuest.ERR_INVALID_PARAMETER,
                            vm.guest.request(TestGuest.assignSocketUuid(1, 4711, uuid(3))));
                    vm.guest.context(2);
                    assertOk(vm.guest.request(TestGuest.initOfSocket(2, uuid(1))));
                    peerOne.send("one");
                    assertEquals("one", vm.guest.receive(2).text());
                    assertEquals(0, Posix.poll(peerTwo.socket.number(), Posix.POLLIN, 0) & Posix.POLLHUP);
                }
            }
        }
    }

    @Test
    void areClosedWhenTheyAreTooManyTheOldestFirst() throws Exception {
        try (TestVm vm = vm()) {
            vm.guest.channel(1, RUTABAGA_INIT, DBUS);
            List<Connection> peers = new ArrayList<>();
            try (Connection client = server.accept()) {
                for (int i = 0; i <= 64; i++) {
                    Given given = Given.of(vm, client, Sockets.pair());
                    peers.add(given.peer);
                    assertOk(vm.guest.request(TestGuest.assignSocketUuid(1, given.id, uuid(i))));
                }
                assertTrue(peers.get(0).isHungUp());
                vm.guest.context(2);
                assertOk(vm.guest.request(TestGuest.initOfSocket(2, uuid(1))));
                peers.get(1).send("the second");
                assertEquals("the second", vm.guest.receive(2).text());
            }
            peers.forEach(Connection::close);
        }
    }

    @Test
    void areForgottenWhenTheVmIsReset() throws Exception {
        try (TestVm vm = vm()) {
            vm.guest.channel(1, RUTABAGA_INIT, DBUS);
            try (Connection client = server.accept()) {
                Given given = Given.of(vm, client, Sockets.pair());
                try (Connection peer = given.peer) {
                    assertOk(vm.guest.request(TestGuest.assignSocketUuid(1, given.id, uuid(1))));
                    vm.guest.stop();
                    vm.vmm.dropMappings();
                    vm.guest.boot();
                    assertTrue(peer.isHungUp());
                    vm.guest.context(1);
                    assertEquals(TestGuest.ERR_UNSPEC, vm.guest.request(TestGuest.initOfSocket(1, uuid(1))));
                }
            }
        }
    }

    @Test
    void outliveThePauseOfTheirVm() throws Exception {
        try (TestVm vm = vm()) {
            vm.guest.channel(1, RUTABAGA_INIT, DBUS);
            try (Connection client = server.accept()) {
                Given given = Given.of(vm, client, Sockets.pair());
                try (Connection peer = given.peer) {
                    assertOk(vm.guest.request(TestGuest.assignSocketUuid(1, given.id, uuid(1))));
                    int[] bases = vm.guest.stop();
                    vm.guest.start(bases[0], bases[1]);
                    vm.guest.context(2);
                    assertOk(vm.guest.request(TestGuest.initOfSocket(2, uuid(1))));
                    peer.send("still there");
                    assertEquals("still there", vm.guest.receive(2).text());
                }
            }
        }
    }

    // ---- sockets that keep messages apart

    @Test
    void keepMessagesApartBothWaysIfTheyDoSo() throws Exception {
        try (TestVm vm = vm()) {
            vm.guest.channel(1, RUTABAGA_INIT, DBUS);
            try (Connection client = server.accept();
                    Connection peer = channelOfASocket(vm, client, Sockets.seqpacketPair()).peer) {
                byte[] longest = new byte[4096 - 352];
                peer.send("one");
                peer.send("two");
                peer.send(longest);
                peer.send("four");
                assertEquals("one", vm.guest.receive(2).text());
                assertEquals("two", vm.guest.receive(2).text());
                assertArrayEquals(longest, vm.guest.receive(2).data());
                assertEquals("four", vm.guest.receive(2).text());
                assertOk(vm.guest.request(TestGuest.send(2, "five")));
                assertOk(vm.guest.request(TestGuest.send(2, "six")));
                assertEquals("five", new String(peer.readSome(100)));
                assertEquals("six", new String(peer.readSome(100)));
            }
        }
    }

    @Test
    void endOverAMessageThatNoReceiveHolds() throws Exception {
        try (TestVm vm = vm()) {
            vm.guest.channel(1, RUTABAGA_INIT, DBUS);
            try (Connection client = server.accept();
                    Connection peer = channelOfASocket(vm, client, Sockets.seqpacketPair()).peer) {
                peer.send("before");
                peer.send(new byte[4096 - 352 + 1]);
                assertEquals("before", vm.guest.receive(2).text());
                assertEquals(0, vm.guest.receive(2).data().length);
                assertTrue(peer.isHungUp());
            }
        }
    }

    @Test
    void endOverASendThatCouldNotGoInOnePiece() throws Exception {
        try (TestVm vm = vm()) {
            vm.guest.channel(1, RUTABAGA_INIT, DBUS);
            try (Connection client = server.accept();
                    Connection peer = channelOfASocket(vm, client, Sockets.seqpacketPair()).peer) {
                assertEquals(TestGuest.ERR_INVALID_PARAMETER,
                        vm.guest.request(TestGuest.send(2, new byte[(1 << 16) + 1])));
                assertEquals(0, vm.guest.receive(2).data().length);
                assertTrue(peer.isHungUp());
            }
        }
    }

    @Test
    void keepMessagesApartThatHadToWait() throws Exception {
        try (TestVm vm = vm()) {
            vm.guest.channel(1, RUTABAGA_INIT, DBUS);
            try (Connection client = server.accept();
                    Connection peer = channelOfASocket(vm, client, Sockets.seqpacketPair()).peer) {
                int count = 100;
                for (int i = 0; i < count; i++) {
                    assertOk(vm.guest.request(TestGuest.send(2, new byte[10_000 + i])));
                }
                for (int i = 0; i < count; i++) {
                    assertEquals(10_000 + i, peer.readSome(1 << 16).length);
                }
            }
        }
    }

    // ---- what is none

    @ParameterizedTest
    @ValueSource(ints = {20, 24})
    void areStandInsWhereTheGuestKnowsNone(int initSize) throws Exception {
        try (TestVm vm = vm()) {
            vm.guest.channel(1, initSize, DBUS);
            OwnedFd[] pair = Sockets.pair();
            try (Connection client = server.accept(); OwnedFd sent = pair[0]; OwnedFd _ = pair[1]) {
                assertStandIn(vm, client, sent.number());
                vm.guest.context(2);
                byte[] init = TestGuest.init(2, initSize, -1);
                assertEquals(TestGuest.ERR_INVALID_PARAMETER, vm.guest.request(init));
            }
        }
    }

    private static void assertStandIn(TestVm vm, Connection client, int fd) throws PosixException {
        client.send("s", fd);
        Message message = vm.guest.receive(1);
        assertArrayEquals(new int[] {TestGuest.BLOB}, message.types());
        assertArrayEquals(new int[] {4096}, message.sizes());
        assertEquals(TestGuest.ERR_INVALID_PARAMETER,
                vm.guest.request(TestGuest.assignSocketUuid(1, message.ids()[0], uuid(1))));
    }

    @Test
    void areStandInsIfTheyListenOrAreNoLocalStreams() throws Exception {
        try (OwnedFd listening = ListeningSocket.open(folder.resolve("listening").toString(), 0600);
                AFUNIXDatagramChannel datagrams = AFUNIXDatagramChannel.open();
                SocketChannel _ = SocketChannel.open(StandardProtocolFamily.INET)) {
            int datagram = FileDescriptorCast.using(datagrams.getFileDescriptor()).as(Integer.class);
            Set<Integer> before = sockets();
            try (SocketChannel _ = SocketChannel.open(StandardProtocolFamily.INET)) {
                Set<Integer> tcp = sockets();
                tcp.removeAll(before);
                assertEquals(1, tcp.size());
                try (TestVm vm = vm()) {
                    vm.guest.channel(1, RUTABAGA_INIT, DBUS);
                    try (Connection client = server.accept()) {
                        assertStandIn(vm, client, listening.number());
                        assertStandIn(vm, client, datagram);
                        assertStandIn(vm, client, Collections.min(tcp));
                    }
                }
            }
        }
    }

    /** The numbers of this process's open sockets. */
    private static Set<Integer> sockets() throws IOException {
        try (Stream<Path> fds = Files.list(Path.of("/proc/self/fd"))) {
            return fds.map(fd -> Integer.valueOf(fd.getFileName().toString()))
                    .filter(fd -> Posix.linkOf(fd).startsWith("socket:"))
                    .collect(Collectors.toCollection(HashSet::new));
        }
    }
}
