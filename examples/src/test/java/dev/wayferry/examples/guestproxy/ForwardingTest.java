package dev.wayferry.examples.guestproxy;

import static dev.wayferry.examples.guestproxy.GuestProxyFixture.DISPLAY;
import static dev.wayferry.examples.guestproxy.GuestProxyFixture.NEXT;
import static dev.wayferry.examples.guestproxy.GuestProxyFixture.REGISTRY;
import static dev.wayferry.examples.guestproxy.GuestProxyFixture.SHM;
import static dev.wayferry.examples.guestproxy.GuestProxyFixture.bytes;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wayferry.posix.FileStatus;
import dev.wayferry.posix.Posix;
import dev.wayferry.wire.crossdomain.CrossDomain;
import dev.wayferry.wire.wayland.WaylandReader;
import dev.wayferry.wire.wayland.WlDataDevice;
import dev.wayferry.wire.wayland.WlDataDeviceManager;
import dev.wayferry.wire.wayland.WlDataOffer;
import dev.wayferry.wire.wayland.WlDisplay;
import dev.wayferry.wire.wayland.WlKeyboard;
import dev.wayferry.wire.wayland.WlRegistry;
import dev.wayferry.wire.wayland.WlSeat;
import dev.wayferry.wire.wayland.WlShm;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class ForwardingTest {
    private static final int UNKNOWN = NEXT;

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    @SuppressWarnings("NullAway.Init")
    private GuestProxyFixture fixture;

    @SuppressWarnings("NullAway.Init")
    private TestClient client;

    @SuppressWarnings("NullAway.Init")
    private HostView host;

    @BeforeEach
    void connect() throws Exception {
        fixture = new GuestProxyFixture(folder).withSurface();
        client = fixture.client;
        host = fixture.host;
    }

    @AfterEach
    void close() throws Exception {
        fixture.close();
        assertTrue(fixture.context.isClosed());
    }

    private void bindUnknown() throws Exception {
        fixture.bind(3, "acme_unheard_of_v1", 7, UNKNOWN);
        client.flush();
        host.expect(REGISTRY, WlRegistry.BIND);
    }

    private static byte[] noise(int length) {
        byte[] noise = new byte[length];
        new Random(length).nextBytes(noise);
        return noise;
    }

    @Test
    void requestsOfUnknownInterfacesPassUntouched() throws Exception {
        bindUnknown();
        client.request(UNKNOWN, 99).putInt(-1).putString("any").putArray(noise(333)).putInt(77).end();
        client.request(UNKNOWN + 1000, 3).putArray(noise(5000)).end();
        client.flush();
        WaylandReader request = host.expect(UNKNOWN, 99);
        assertEquals(-1, request.readInt());
        assertEquals("any", request.readString());
        assertArrayEquals(noise(333), request.readArray());
        assertEquals(77, request.readInt());
        request = host.expect(UNKNOWN + 1000, 3);
        assertArrayEquals(noise(5000), request.readArray());
        assertEquals(2, fixture.proxy.counters().unknownRequests.sum());
    }

    @Test
    void eventsOfUnknownInterfacesPassUntouched() throws Exception {
        bindUnknown();
        byte[] event = bytes(events -> events.begin(UNKNOWN, 5).putArray(noise(9000)).putInt(1).end());
        for (int at = 0; at < event.length; at += 3001) {
            fixture.context.receive(Arrays.copyOfRange(event, at, Math.min(event.length, at + 3001)));
        }
        assertTrue(client.next());
        assertEquals(5, client.event().opcode());
        assertArrayEquals(noise(9000), client.event().readArray());
        assertEquals(1, client.event().readInt());
    }

    @Test
    void aFileOfAnUnknownRequestIsCopied() throws Exception {
        bindUnknown();
        client.request(UNKNOWN, 1).putInt(42).end();
        client.file(TestClient.memoryFile(noise(5000)));
        client.flush();
        assertEquals(42, host.expect(UNKNOWN, 1).readInt());
        HostView.File file = host.file();
        assertEquals(CrossDomain.ID_TYPE_VIRTGPU_BLOB, file.type());
    }

    @Test
    void filesGoToTheRequestsThatTakeThem() throws Exception {
        bindUnknown();
        int pool = UNKNOWN + 1;
        // In one write: an unknown request with a pipe and a file, then a pool, whose own file stays here.
        long pipe = Posix.pipe();
        client.request(UNKNOWN, 1).putInt(1).end();
        client.file(Posix.writeEnd(pipe));
        client.file(TestClient.memoryFile(noise(100)));
        client.request(SHM, WlShm.CREATE_POOL).putInt(pool).putInt(4096).end();
        client.file(TestClient.memoryFile(noise(4096)));
        client.request(UNKNOWN, 2).putInt(2).end();
        client.flush();
        host.expect(UNKNOWN, 1);
        assertEquals(CrossDomain.ID_TYPE_READ_PIPE, host.file().type());
        assertEquals(CrossDomain.ID_TYPE_VIRTGPU_BLOB, host.file().type());
        host.expect(SHM, WlShm.CREATE_POOL);
        assertEquals(CrossDomain.ID_TYPE_VIRTGPU_BLOB, host.file().type());
        host.expect(UNKNOWN, 2);
        assertEquals(0, host.filesLeft());
        Posix.close(Posix.readEnd(pipe));
    }

    @Test
    void aFileThatCannotCrossIsReplaced() throws Exception {
        bindUnknown();
        client.request(UNKNOWN, 1).putInt(1).end();
        client.file(Posix.eventfd());
        client.flush();
        host.expect(UNKNOWN, 1);
        HostView.File file = host.file();
        assertEquals(CrossDomain.ID_TYPE_VIRTGPU_BLOB, file.type());
        assertArrayEquals(new byte[4096], fixture.context.contentOf(file.id(), 4096));
    }

    @Test
    void globalsThatCannotWorkAreHidden() throws Exception {
        fixture.context.receive(bytes(events -> {
            events.begin(REGISTRY, WlRegistry.GLOBAL_EVENT).putInt(1).putString("wl_shm").putInt(1).end();
            events.begin(REGISTRY, WlRegistry.GLOBAL_EVENT)
                    .putInt(2).putString("wp_linux_drm_syncobj_manager_v1").putInt(1).end();
            events.begin(REGISTRY, WlRegistry.GLOBAL_EVENT).putInt(3).putString("wl_seat").putInt(9).end();
        }));
        assertTrue(client.next());
        assertEquals(1, client.event().readInt());
        assertTrue(client.next());
        assertEquals(3, client.event().readInt());
    }

    @Test
    void aKeymapArrivesWithItsExactSizeAndContent() throws Exception {
        int seat = NEXT;
        int keyboard = NEXT + 1;
        fixture.bind(4, "wl_seat", 7, seat);
        client.request(seat, WlSeat.GET_KEYBOARD).putInt(keyboard).end();
        client.flush();
        host.expect(REGISTRY, WlRegistry.BIND);
        host.expect(seat, WlSeat.GET_KEYBOARD);
        byte[] keymap = noise(60_001);
        int blob = fixture.context.offer(keymap);
        fixture.context.receive(
                bytes(events -> events.begin(keyboard, WlKeyboard.KEYMAP_EVENT).putInt(1).putInt(60_001).end()),
                CrossDomain.ID_TYPE_VIRTGPU_BLOB, blob, 60_001);
        assertTrue(client.next());
        int fd = client.connection.takeFd();
        try (Arena arena = Arena.ofConfined()) {
            FileStatus status = new FileStatus(arena);
            status.read(fd);
            assertEquals(60_001, status.size());
            var content = arena.allocate(60_001);
            assertEquals(60_001, ClientFile.read(fd, content, 0));
            assertArrayEquals(keymap, content.toArray(ValueLayout.JAVA_BYTE));
        }
        Posix.close(fd);
        assertEquals(2, fixture.context.liveBlobs(), "only the rings");
    }

    /** Makes a clipboard offer of the compositor's known to the proxy. */
    private int offer() throws Exception {
        int seat = NEXT;
        int manager = NEXT + 1;
        int device = NEXT + 2;
        int offer = 0xff00_0000;
        fixture.bind(4, "wl_seat", 7, seat);
        fixture.bind(5, "wl_data_device_manager", 3, manager);
        client.request(manager, WlDataDeviceManager.GET_DATA_DEVICE).putInt(device).putInt(seat).end();
        client.flush();
        host.expect(REGISTRY, WlRegistry.BIND);
        host.expect(REGISTRY, WlRegistry.BIND);
        host.expect(manager, WlDataDeviceManager.GET_DATA_DEVICE);
        fixture.context.receive(
                bytes(events -> events.begin(device, WlDataDevice.DATA_OFFER_EVENT).putInt(offer).end()));
        assertTrue(client.next());
        return offer;
    }

    private int receiveInto(int offer, int writeEnd) throws Exception {
        client.request(offer, WlDataOffer.RECEIVE).putString("text/plain").end();
        client.file(writeEnd);
        client.flush();
        assertEquals("text/plain", host.expect(offer, WlDataOffer.RECEIVE).readString());
        HostView.File file = host.file();
        assertEquals(CrossDomain.ID_TYPE_READ_PIPE, file.type());
        assertTrue(file.id() < 0, "chosen by the guest");
        return file.id();
    }

    @Test
    void theClipboardComesFromTheHost() throws Exception {
        int offer = offer();
        long pipe = Posix.pipe();
        int identifier = receiveInto(offer, Posix.writeEnd(pipe));
        byte[] content = noise(200_000);
        for (int at = 0; at < content.length; at += CrossDomain.MAX_READ_DATA) {
            int end = Math.min(content.length, at + CrossDomain.MAX_READ_DATA);
            fixture.context.read(identifier, Arrays.copyOfRange(content, at, end), false);
        }
        fixture.context.read(identifier, new byte[0], true);
        assertArrayEquals(content, TestClient.readAll(Posix.readEnd(pipe)));
        assertEquals(content.length, fixture.proxy.counters().pipeBytesRead.sum());
    }

    @Test
    void aRegularFileMayReceiveTheClipboardToo() throws Exception {
        int offer = offer();
        int file = TestClient.memoryFile(new byte[0]);
        int kept = Posix.dup(file);
        int identifier = receiveInto(offer, file);
        fixture.context.read(identifier, "text".getBytes(StandardCharsets.UTF_8), false);
        fixture.context.read(identifier, new byte[0], true);
        fixture.context.receive(bytes(events -> events.begin(DISPLAY, WlDisplay.DELETE_ID_EVENT).putInt(99).end()));
        assertTrue(client.next());
        try (Arena arena = Arena.ofConfined()) {
            var content = arena.allocate(10);
            assertEquals(4, ClientFile.read(kept, content, 0));
        }
        Posix.close(kept);
    }

    @Test
    void twoPipesGoInTwoSends() throws Exception {
        int offer = offer();
        long first = Posix.pipe();
        long second = Posix.pipe();
        client.request(offer, WlDataOffer.RECEIVE).putString("a").end();
        client.file(Posix.writeEnd(first));
        client.request(offer, WlDataOffer.RECEIVE).putString("b").end();
        client.file(Posix.writeEnd(second));
        client.flush();
        ScriptedGpu.Command one = fixture.context.next();
        ScriptedGpu.Command two = fixture.context.next();
        assertEquals(1, one.ids().size());
        assertEquals(1, two.ids().size());
        assertFalse(one.ids().equals(two.ids()));
        Posix.close(Posix.readEnd(first));
        Posix.close(Posix.readEnd(second));
    }

    @Test
    void aProgramThatDoesNotReadItsPipeStopsTheHost() throws Exception {
        int offer = offer();
        long pipe = Posix.pipe();
        int identifier = receiveInto(offer, Posix.writeEnd(pipe));
        int messages = 600;
        for (int i = 0; i < messages; i++) {
            fixture.context.read(identifier, noise(CrossDomain.MAX_READ_DATA), false);
        }
        fixture.context.read(identifier, new byte[0], true);
        Thread.sleep(300);
        int held = fixture.context.undelivered();
        assertTrue(held > 200, "the proxy took " + (messages - held) + " messages");
        assertEquals(messages * CrossDomain.MAX_READ_DATA, TestClient.readAll(Posix.readEnd(pipe)).length);
        assertEquals(0, fixture.context.undelivered());
    }

    @Test
    void aProgramThatDoesNotReadItsEventsStopsTheHost() throws Exception {
        byte[] events = bytes(writer -> {
            for (int i = 0; i < 200; i++) {
                writer.begin(DISPLAY, WlDisplay.DELETE_ID_EVENT).putInt(9).end();
            }
        });
        int messages = 500;
        for (int i = 0; i < messages; i++) {
            fixture.context.receive(events);
        }
        Thread.sleep(300);
        int held = fixture.context.undelivered();
        assertTrue(held > 100, "the proxy took " + (messages - held) + " messages");
        for (int i = 0; i < messages * 200; i++) {
            assertTrue(client.next());
        }
        assertEquals(0, fixture.context.undelivered());
    }

    @Test
    void theClipboardGoesToTheHost() throws Exception {
        fixture.context.receive(
                bytes(events -> events.begin(77, 1).putString("text/plain").end()),
                CrossDomain.ID_TYPE_WRITE_PIPE, 5, 0);
        assertTrue(client.next());
        int writeEnd = client.connection.takeFd();
        byte[] content = noise(200_000);
        Thread writer = new Thread(() -> writeAndClose(writeEnd, content));
        writer.start();
        int at = 0;
        while (true) {
            ScriptedGpu.Command write = host.nextWrite();
            assertEquals(5, (int) write.ids().getFirst());
            if (write.hangUp()) {
                assertEquals(0, write.data().length);
                break;
            }
            assertTrue(write.data().length <= CrossDomain.MAX_READ_DATA);
            assertArrayEquals(Arrays.copyOfRange(content, at, at + write.data().length), write.data());
            at += write.data().length;
        }
        assertEquals(content.length, at);
        writer.join();
    }

    @Test
    void whatAProgramWroteBeforeItLeftStillArrives() throws Exception {
        fixture.context.receive(
                bytes(events -> events.begin(77, 1).putString("text/plain").end()),
                CrossDomain.ID_TYPE_WRITE_PIPE, 5, 0);
        assertTrue(client.next());
        int writeEnd = client.connection.takeFd();
        byte[] content = noise(50_000);
        writeAndClose(writeEnd, content);
        client.close();
        int length = 0;
        ScriptedGpu.Command write = host.nextWrite();
        while (!write.hangUp()) {
            length += write.data().length;
            write = host.nextWrite();
        }
        assertEquals(content.length, length);
    }

    private static void writeAndClose(int fd, byte[] content) {
        try (Arena arena = Arena.ofConfined()) {
            var all = arena.allocateFrom(ValueLayout.JAVA_BYTE, content);
            long done = 0;
            while (done < content.length) {
                done += Posix.write(fd, all.asSlice(done));
            }
        }
        Posix.close(fd);
    }

    @Test
    void aHostThatIsSlowStopsTheProgram() throws Exception {
        bindUnknown();
        fixture.gpu.hostIsSlow = true;
        byte[] part = noise(8000);
        int written = 0;
        while (written < 1000) {
            client.request(UNKNOWN, 1).putArray(part).end();
            if (client.connection.flush() != 0) {
                break;
            }
            written++;
        }
        assertTrue(written < 200, "the proxy took " + written * 8000L + " bytes");
        fixture.gpu.hostIsSlow = false;
        for (int i = 0; i <= written; i++) {
            while (client.connection.flush() != 0) {
                Posix.poll(client.connection.fd(), Posix.POLLOUT, 1000);
            }
            assertArrayEquals(part, host.expect(UNKNOWN, 1).readArray());
        }
    }

    @Test
    void aReaderOnTheHostThatIsSlowStopsThePipe() throws Exception {
        fixture.context.receive(
                bytes(events -> events.begin(77, 1).putString("text/plain").end()),
                CrossDomain.ID_TYPE_WRITE_PIPE, 5, 0);
        assertTrue(client.next());
        int writeEnd = client.connection.takeFd();
        byte[] content = noise(2_000_000);
        fixture.gpu.hostIsSlow = true;
        Thread writer = new Thread(() -> writeAndClose(writeEnd, content));
        writer.start();
        Thread.sleep(300);
        assertTrue(writer.isAlive());
        assertTrue(fixture.proxy.counters().pipeBytesWritten.sum() <= FlowControl.WINDOW + 2 * 4096);
        // The connection itself goes on meanwhile.
        client.request(DISPLAY, WlDisplay.SYNC).putInt(NEXT).end();
        client.flush();
        host.expect(DISPLAY, WlDisplay.SYNC);
        fixture.gpu.hostIsSlow = false;
        int length = 0;
        ScriptedGpu.Command write = host.nextWrite();
        while (!write.hangUp()) {
            length += write.data().length;
            write = host.nextWrite();
        }
        assertEquals(content.length, length);
        writer.join();
    }

    @Test
    void theHostsEndEndsTheProgramsConnectionAfterTheLastEvents() throws Exception {
        fixture.context.receive(
                bytes(events -> events.begin(DISPLAY, WlDisplay.ERROR_EVENT).putInt(1).putInt(2).putString("x").end()));
        fixture.context.receive(new byte[0]);
        assertTrue(client.next());
        assertEquals(WlDisplay.ERROR_EVENT, client.event().opcode());
        assertFalse(client.next());
    }

    @Test
    void oneConnectionsFailureIsNotTheOthers() throws Exception {
        try (TestClient other = new TestClient(fixture.proxy.socket())) {
            ScriptedGpu.Context context = fixture.gpu.nextContext();
            // A message shorter than its own header.
            context.receive(new byte[] {1, 0, 0, 0, 0, 0, 4, 0});
            assertFalse(other.next());
        }
        client.request(DISPLAY, WlDisplay.SYNC).putInt(NEXT).end();
        client.flush();
        host.expect(DISPLAY, WlDisplay.SYNC);
    }

    @Test
    void closingTheProxyEndsItsConnections() throws Exception {
        fixture.proxy.close();
        assertFalse(client.next());
        assertTrue(fixture.context.isClosed());
        assertEquals(1, fixture.proxy.counters().ended.sum());
    }

    @Test
    void aGpuWithoutAWaylandChannelIsRefused() {
        assertThrows(
                IOException.class,
                () -> GuestProxy.start(new ScriptedGpu().withoutWayland(), folder.resolve("another")));
    }
}
