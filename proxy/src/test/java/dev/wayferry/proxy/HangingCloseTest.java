package dev.wayferry.proxy;

import static dev.wayferry.proxy.TestFiles.memfd;
import static dev.wayferry.proxy.TestVm.assertOk;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.PosixException;
import dev.wayferry.posix.Sockets;
import dev.wayferry.proxy.TestCompositor.Connection;
import dev.wayferry.proxy.TestGuest.Message;
import dev.wayferry.proxy.TestGuest.Pending;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A file whose closing waits for somebody holds up no context, wherever it is when it is of no use any more. It waits for
 * minutes, and each of the answers that are awaited here is given up after seconds.
 */
class HangingCloseTest {
    private static final int DBUS = 0x12;
    private static final int SOCKET = 7;
    private static final int RUTABAGA_INIT = 36;
    private static final int OTHER = 9;

    /** How many hang at once without others having to wait, and how many others may then wait. */
    private static final int HANGING = 4;

    private static final int WAITING = 1024;

    private static final int PATIENCE_MILLIS = 1_100;

    private static final int MAX_FILES = 253;
    private static final int ONE_MESSAGE = 28;
    private static final byte[] UUID = ByteBuffer.allocate(16).putLong(0x1122_3344_5566_7788L).array();
    private static final String LARGE = "/memfd:compositor (deleted)";

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

    /** A file that no guest can be given. */
    private static OwnedFd large() throws PosixException {
        return memfd("large", 5L << 30);
    }

    /** A context that was not there before is served. */
    private static void assertServesAnother(TestVm vm) throws IOException {
        vm.guest.channel(OTHER);
        try (Connection client = vm.compositor.accept()) {
            vm.assertServed(OTHER, client);
        }
    }

    /** Sends one end of {@code pair}, in whose other direction {@code hanging} lies unread. */
    private static Message sendSocket(TestVm vm, Connection client, OwnedFd[] pair, LingeringSocket hanging)
            throws PosixException {
        try (Connection peer = new Connection(pair[1]); OwnedFd sent = pair[0]) {
            peer.send("unread", hanging.number());
            hanging.leave();
            client.send("s", sent.number());
        }
        Message message = vm.guest.receive(1);
        assertArrayEquals(new int[] {SOCKET}, message.types());
        return message;
    }

    @Test
    void holdsUpNobodyInASocketThatTheGuestNeverTook() throws Exception {
        try (TestVm vm = vm(); LingeringSocket hanging = new LingeringSocket()) {
            vm.guest.channel(1, RUTABAGA_INIT, DBUS);
            try (Connection client = server.accept()) {
                Message unused = sendSocket(vm, client, Sockets.pair(), hanging);
                assertOk(vm.guest.ctxDestroy(1));
                assertTrue(client.isHungUp());
                assertServesAnother(vm);
            }
        }
    }

    @Test
    void holdsUpNobodyInASocketThatNobodyTookByItsUuid() throws Exception {
        try (TestVm vm = vm(); LingeringSocket hanging = new LingeringSocket()) {
            vm.guest.channel(1, RUTABAGA_INIT, DBUS);
            try (Connection client = server.accept()) {
                int id = sendSocket(vm, client, Sockets.pair(), hanging).ids()[0];
                assertOk(vm.guest.request(TestGuest.assignSocketUuid(1, id, UUID)));
                vm.guest.stop();
                vm.vmm.dropMappings();
                assertTimeoutPreemptively(Duration.ofMinutes(1), vm.guest::boot);
                assertServesAnother(vm);
            }
        }
    }

    @Test
    void holdsUpNobodyUnreadInAChannel() throws Exception {
        try (TestVm vm = vm(); LingeringSocket hanging = new LingeringSocket()) {
            vm.guest.channel(1);
            try (Connection client = vm.compositor.accept()) {
                client.send("unread", hanging.number());
                hanging.leave();
                assertOk(vm.guest.ctxDestroy(1));
                assertTrue(client.isHungUp());
                assertServesAnother(vm);
            }
        }
    }

    /** A receive skips what is urgent, and closes what came with it, unless told otherwise. */
    @Test
    void holdsUpNobodyThatCameUrgently() throws Exception {
        try (TestVm vm = vm(); LingeringSocket hanging = new LingeringSocket()) {
            vm.guest.channel(1);
            try (Connection client = vm.compositor.accept()) {
                hanging.sendUrgently(client.socket);
                hanging.leave();
                assertEquals("u", vm.guest.receive(1).text());
                vm.assertServed(1, client);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void holdsUpNobodyUnreadInAReceivedSocketThatIsAChannel(boolean packets) throws Exception {
        try (TestVm vm = vm(); LingeringSocket hanging = new LingeringSocket()) {
            vm.guest.channel(1, RUTABAGA_INIT, DBUS);
            OwnedFd[] pair = packets ? Sockets.seqpacketPair() : Sockets.pair();
            try (Connection client = server.accept()) {
                int id = sendSocket(vm, client, pair, hanging).ids()[0];
                assertOk(vm.guest.request(TestGuest.assignSocketUuid(1, id, UUID)));
                vm.guest.context(2);
                assertOk(vm.guest.request(TestGuest.initOfSocket(2, UUID)));
                assertOk(vm.guest.ctxDestroy(2));
                vm.assertServed(1, client);
                assertServesAnother(vm);
            }
        }
    }

    @Test
    void holdsUpNoOtherFilesClosing() throws Exception {
        try (TestVm vm = new TestVm(); OwnedFd large = large()) {
            vm.guest.channel(1);
            List<LingeringSocket> hanging = new ArrayList<>();
            try (Connection client = vm.compositor.accept()) {
                for (int i = 0; i < HANGING - 1; i++) {
                    sendHanging(vm, client, hanging);
                }
                client.send("x", large.number());
                assertEquals("x", vm.guest.receive(1).text());
                OpenFds.await(LARGE, 1);
                vm.assertServed(1, client);
            } finally {
                closeAll(hanging);
            }
        }
    }

    /** A file whose closing hangs as soon as the guest has received what stands in for it. */
    private static void sendHanging(TestVm vm, Connection client, List<LingeringSocket> hanging) throws IOException {
        LingeringSocket next = new LingeringSocket();
        hanging.add(next);
        client.send("hangs", next.number());
        next.leave();
        assertEquals("hangs", vm.guest.receive(1).text());
    }

    private static void closeAll(List<LingeringSocket> hanging) throws IOException {
        for (LingeringSocket each : hanging) {
            each.close();
        }
    }

    @Test
    void endsWhoReceivesMoreWhileSoMuchWaitsAndNobodyElse() throws Exception {
        try (TestVm vm = new TestVm(); OwnedFd large = large()) {
            vm.guest.channel(1);
            vm.guest.channel(2);
            List<LingeringSocket> hanging = new ArrayList<>();
            try (Connection client = vm.compositor.accept(); Connection other = vm.compositor.accept()) {
                for (int i = 0; i < HANGING; i++) {
                    sendHanging(vm, client, hanging);
                }
                // By now that is no mere delay.
                Thread.sleep(PATIENCE_MILLIS);
                int received = receiveUntilTheEnd(vm, client, large);
                assertTrue(received > WAITING - ONE_MESSAGE && received <= WAITING + ONE_MESSAGE, received + " received");
                // What came with one too many is closed like the others, so it waits as well; and one is the test's.
                int open = OpenFds.count(LARGE) - 1;
                assertTrue(open > WAITING && open <= WAITING + MAX_FILES, open + " open");
                vm.assertServed(2, other);
                vm.guest.context(3);
                Pending init = vm.guest.submit(TestGuest.init(3, 20));
                vm.assertServed(2, other);
                assertFalse(vm.guest.isDone(init));
                closeAll(hanging);
                assertOk(vm.guest.await(init).type());
                OpenFds.await(LARGE, 1);
                try (Connection next = vm.compositor.accept()) {
                    next.send("x", large.number());
                    assertEquals("x", vm.guest.receive(3).text());
                }
            } finally {
                closeAll(hanging);
            }
        }
    }

    /** Sends context 1 the file again and again; how many it has received when it is told the end. */
    private static int receiveUntilTheEnd(TestVm vm, Connection client, OwnedFd file) throws PosixException {
        int[] fds = new int[MAX_FILES];
        Arrays.fill(fds, file.number());
        int received = 0;
        while (received <= WAITING + ONE_MESSAGE) {
            client.send("all of them", fds);
            StringBuilder text = new StringBuilder();
            while (text.length() < "all of them".length()) {
                Message message = vm.guest.receive(1);
                if (message.data().length == 0) {
                    return received;
                }
                received += message.ids().length;
                text.append(message.text());
            }
        }
        return received;
    }
}
