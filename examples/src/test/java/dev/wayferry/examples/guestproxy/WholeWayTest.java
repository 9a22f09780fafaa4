package dev.wayferry.examples.guestproxy;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.wayferry.examples.compositor.EmbeddedCompositor;
import dev.wayferry.examples.compositor.SurfaceInfo;
import dev.wayferry.examples.host.WayferryProcess;
import dev.wayferry.examples.loopback.LoopbackGpu;
import dev.wayferry.examples.picture.Picture;
import dev.wayferry.posix.Errno;
import dev.wayferry.posix.Posix;
import dev.wayferry.posix.PosixException;
import dev.wayferry.wire.wayland.MalformedMessageException;
import dev.wayferry.wire.wayland.WaylandReader;
import dev.wayferry.wire.wayland.WlBuffer;
import dev.wayferry.wire.wayland.WlDataDevice;
import dev.wayferry.wire.wayland.WlDataDeviceManager;
import dev.wayferry.wire.wayland.WlDataOffer;
import dev.wayferry.wire.wayland.WlDataSource;
import dev.wayferry.wire.wayland.WlKeyboard;
import dev.wayferry.wire.wayland.WlSeat;
import dev.wayferry.wire.wayland.WlSurface;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Programs on the proxy, a guest without a VM, the real host process, the embedded compositor. */
@Timeout(60)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class WholeWayTest {
    private static final int WIDTH = 160;
    private static final int HEIGHT = 120;
    private static final String TEXT = "text/plain";
    /** Pauses of 10 ms. */
    private static final int PATIENCE = 5000;

    @SuppressWarnings("NullAway.Init")
    private Path folder;

    @SuppressWarnings("NullAway.Init")
    private WayferryProcess process;

    @SuppressWarnings("NullAway.Init")
    private LoopbackGpu gpu;

    @SuppressWarnings("NullAway.Init")
    private EmbeddedCompositor compositor;

    @SuppressWarnings("NullAway.Init")
    private GuestProxy proxy;

    @BeforeAll
    void startHost(@TempDir Path temporary) throws IOException {
        assumeTrue(WayferryProcess.isAvailable(), "the host process is not built");
        folder = temporary;
        process = WayferryProcess.in(folder)
                .waylandDisplay(folder.resolve("wayland-host").toString())
                .start();
        gpu = LoopbackGpu.connect(process.socket());
    }

    @AfterAll
    void stopHost() throws IOException {
        if (process != null) {
            gpu.close();
            process.close();
            assertEquals(List.of(), gpu.vmm().violations());
        }
    }

    @BeforeEach
    void start() throws IOException {
        compositor = EmbeddedCompositor.start(folder.resolve("wayland-host"), 800, 600);
        proxy = GuestProxy.start(gpu, folder.resolve("wayland-guest"));
    }

    @AfterEach
    void stop() throws Exception {
        proxy.close();
        compositor.close();
        assertEquals(proxy.counters().connections.sum(), proxy.counters().ended.sum());
        for (int i = 0; i < PATIENCE && gpu.vmm().mappings() > 0; i++) {
            Thread.sleep(10);
        }
        assertEquals(0, gpu.vmm().mappings(), "nothing of a program's stays mapped");
    }

    private TestWindow window(String title) throws Exception {
        return new TestWindow(proxy.socket(), title, WIDTH, HEIGHT);
    }

    private SurfaceInfo shown(String title) {
        return compositor.awaitSurface(title, each -> each.isWindow() && each.title().equals(title));
    }

    private static byte[] noise(int length) {
        byte[] noise = new byte[length];
        new Random(length).nextBytes(noise);
        return noise;
    }

    @Test
    void aWindowIsShownInItsExactColour() throws Exception {
        int rgb = new Random().nextInt(0x1000000);
        try (TestWindow window = window("coloured")) {
            window.createPool(1, true);
            int buffer = window.createBuffer(0);
            window.paint(0, rgb);
            window.show(buffer);
            SurfaceInfo info = shown("coloured");
            assertEquals(WIDTH, info.width());
            assertEquals(WIDTH * HEIGHT, compositor.screenshot().count(rgb));
        }
    }

    @Test
    void onlyTheDamageIsCopied() throws Exception {
        for (boolean sealed : new boolean[] {true, false}) {
            try (TestWindow window = window("damaged")) {
                window.createPool(2, sealed);
                int first = window.createBuffer(0);
                int second = window.createBuffer(1);
                long copied = proxy.counters().shmBytesCopied.sum();
                window.paint(0, 0x112233);
                window.show(first);
                window.paint(1, 0x112233);
                window.paint(1, 10, 20, 7, 5, 0xabcdef);
                window.show(second, 10, 20, 7, 5);
                assertEquals(2L * window.bufferLength(), proxy.counters().shmBytesCopied.sum() - copied);
                shown("damaged");
                assertEquals(7 * 5, compositor.screenshot().count(0xabcdef));

                copied = proxy.counters().shmBytesCopied.sum();
                window.paint(0, 10, 20, 7, 5, 0xabcdef);
                window.paint(0, 50, 60, 11, 3, 0xfedcba);
                window.show(first, 50, 60, 11, 3);
                assertEquals((7 * 5 + 11 * 3) * 4, proxy.counters().shmBytesCopied.sum() - copied);
                Picture picture = compositor.screenshot();
                assertEquals(7 * 5, picture.count(0xabcdef));
                assertEquals(11 * 3, picture.count(0xfedcba));
                assertEquals(WIDTH * HEIGHT - 7 * 5 - 11 * 3, picture.count(0x112233));
            }
            compositor.awaitClients(0);
        }
    }

    @Test
    void aPoolMayGrow() throws Exception {
        try (TestWindow window = window("growing")) {
            window.createPool(1, true);
            int first = window.createBuffer(0);
            window.paint(0, 0x101010);
            window.show(first);
            window.resizePool(3);
            int third = window.createBuffer(2);
            window.paint(2, 0x202020);
            window.show(third);
            shown("growing");
            assertEquals(WIDTH * HEIGHT, compositor.screenshot().count(0x202020));
            window.client.request(third, WlBuffer.DESTROY).end();
            window.paint(0, 0x303030);
            window.show(first);
            assertEquals(WIDTH * HEIGHT, compositor.screenshot().count(0x303030));
        }
    }

    @Test
    void manyBuffersComeAndGo() throws Exception {
        try (TestWindow window = window("restless")) {
            window.createPool(4, true);
            for (int i = 0; i < 200; i++) {
                int index = i % 4;
                int buffer = window.createBuffer(index);
                window.paint(index, 0x400000 + i);
                window.show(buffer);
                window.client.request(buffer, WlBuffer.DESTROY).end();
            }
            shown("restless");
            assertEquals(WIDTH * HEIGHT, compositor.screenshot().count(0x400000 + 199));
        }
    }

    @Test
    void severalProgramsAreShownAtOnce() throws Exception {
        List<TestWindow> windows = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            TestWindow window = window("window " + i);
            windows.add(window);
            window.createPool(1, true);
            int buffer = window.createBuffer(0);
            window.paint(0, 0x500000 + i);
            window.show(buffer);
        }
        compositor.awaitSurfaces("8 windows", all -> all.stream().filter(SurfaceInfo::isWindow).count() == 8);
        Picture picture = compositor.screenshot();
        for (int i = 0; i < 8; i++) {
            assertEquals(WIDTH * HEIGHT, picture.count(0x500000 + i));
        }
        windows.forEach(TestWindow::close);
        compositor.awaitClients(0);
    }

    @Test
    void theKeymapArrivesIntact() throws Exception {
        try (TestWindow guest = window("guest");
                TestWindow direct = new TestWindow(compositor.socket(), "direct", WIDTH, HEIGHT)) {
            byte[] keymap = keymap(guest);
            assertArrayEquals(keymap(direct), keymap);
            assertTrue(new String(keymap, StandardCharsets.UTF_8).startsWith("xkb_keymap"));
        }
    }

    private static byte[] keymap(TestWindow window) throws Exception {
        int seat = window.bind("wl_seat", 5);
        int keyboard = window.newId();
        window.client.request(seat, WlSeat.GET_KEYBOARD).putInt(keyboard).end();
        byte[][] content = new byte[1][];
        window.await(event -> {
            if (event.objectId() != keyboard || event.opcode() != WlKeyboard.KEYMAP_EVENT) {
                return false;
            }
            event.readInt();
            int size = event.readInt();
            int fd = window.client.connection.takeFd();
            try (Arena arena = Arena.ofConfined()) {
                var all = arena.allocate(size);
                assertEquals(size, ClientFile.read(fd, all, 0));
                content[0] = all.toArray(JAVA_BYTE);
            } finally {
                Posix.close(fd);
            }
            return true;
        });
        return content[0];
    }

    /** A window with the keyboard, and the clipboard of its seat. */
    private final class Clipboard implements AutoCloseable {
        final TestWindow window;
        private final int manager;
        private final int device;
        private int serial;
        private int offer;
        private int source;

        Clipboard(Path socket, String title) throws Exception {
            window = new TestWindow(socket, title, WIDTH, HEIGHT);
            int seat = window.bind("wl_seat", 5);
            int keyboard = window.newId();
            window.client.request(seat, WlSeat.GET_KEYBOARD).putInt(keyboard).end();
            manager = window.bind("wl_data_device_manager", 3);
            device = window.newId();
            window.client.request(manager, WlDataDeviceManager.GET_DATA_DEVICE).putInt(device).putInt(seat).end();
            window.createPool(1, true);
            int buffer = window.createBuffer(0);
            window.client.request(window.surface, WlSurface.ATTACH)
                    .putInt(buffer).putInt(0).putInt(0).end();
            window.client.request(window.surface, WlSurface.COMMIT).end();
            window.await(event -> {
                noteOffer(event);
                if (event.objectId() == keyboard && event.opcode() == WlKeyboard.KEYMAP_EVENT) {
                    Posix.close(window.client.connection.takeFd());
                }
                if (event.objectId() != keyboard || event.opcode() != WlKeyboard.ENTER_EVENT) {
                    return false;
                }
                serial = event.readInt();
                return true;
            });
        }

        private void noteOffer(WaylandReader event) throws MalformedMessageException {
            if (event.objectId() == device && event.opcode() == WlDataDevice.SELECTION_EVENT) {
                offer = event.readInt();
            }
        }

        /** Offers a text. */
        void copy() throws Exception {
            source = window.newId();
            window.client.request(manager, WlDataDeviceManager.CREATE_DATA_SOURCE).putInt(source).end();
            window.client.request(source, WlDataSource.OFFER).putString(TEXT).end();
            window.client.request(device, WlDataDevice.SET_SELECTION).putInt(source).putInt(serial).end();
            window.client.flush();
            compositor.awaitSelection(TEXT);
        }

        /** Waits until somebody asks for the text, and gives it. */
        void give(byte[] content) throws Exception {
            int[] fd = new int[1];
            window.await(event -> {
                if (event.objectId() != source || event.opcode() != WlDataSource.SEND_EVENT) {
                    return false;
                }
                fd[0] = window.client.connection.takeFd();
                return true;
            });
            writeAndClose(fd[0], content);
        }

        /** Asks for the text, to be read in the background. */
        CompletableFuture<byte[]> paste() throws Exception {
            if (offer == 0) {
                window.await(event -> {
                    noteOffer(event);
                    return offer != 0;
                });
            }
            long pipe = Posix.pipe();
            window.client.request(offer, WlDataOffer.RECEIVE).putString(TEXT).end();
            window.client.file(Posix.writeEnd(pipe));
            window.client.flush();
            return CompletableFuture.supplyAsync(() -> {
                try {
                    return TestClient.readAll(Posix.readEnd(pipe));
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
        }

        @Override
        public void close() {
            window.close();
        }
    }

    private static void writeAndClose(int fd, byte[] content) {
        try (Arena arena = Arena.ofConfined()) {
            var all = arena.allocateFrom(JAVA_BYTE, content);
            long done = 0;
            while (done < content.length) {
                long written = Posix.write(fd, all.asSlice(done));
                assertTrue(written > 0, () -> "write: " + Errno.name(written));
                done += written;
            }
        }
        Posix.close(fd);
    }

    private void carriesClipboard(Path fromDisplay, Path toDisplay) throws Exception {
        byte[] content = noise(1 << 20);
        try (Clipboard from = new Clipboard(fromDisplay, "from")) {
            from.copy();
            try (Clipboard to = new Clipboard(toDisplay, "to")) {
                CompletableFuture<byte[]> pasted = to.paste();
                from.give(content);
                assertArrayEquals(content, pasted.get(60, TimeUnit.SECONDS));
            }
        }
    }

    @Test
    void theClipboardGoesFromTheGuestToTheHost() throws Exception {
        carriesClipboard(proxy.socket(), compositor.socket());
    }

    @Test
    void theClipboardGoesFromTheHostToTheGuest() throws Exception {
        carriesClipboard(compositor.socket(), proxy.socket());
    }

    @Test
    void theClipboardGoesFromGuestToGuest() throws Exception {
        carriesClipboard(proxy.socket(), proxy.socket());
    }

    @Test
    void aNewCompositorServesNewPrograms() throws Exception {
        try (TestWindow window = window("first")) {
            window.sync();
            compositor.close();
            while (window.client.next()) {
                assertFalse(window.client.event().objectId() == 1 && window.client.event().opcode() == 0, "an error");
            }
        }
        // The proxy hangs up: when events are awaited, or already when the first requests are written.
        Throwable refused = assertThrows(Throwable.class, () -> window("none"));
        assertTrue(refused instanceof AssertionError || refused instanceof PosixException, refused::toString);
        compositor = EmbeddedCompositor.start(folder.resolve("wayland-host"), 800, 600);
        try (TestWindow window = window("second")) {
            window.createPool(1, false);
            int buffer = window.createBuffer(0);
            window.paint(0, 0x123456);
            window.show(buffer);
            shown("second");
        }
    }

    private static long openDescriptors() throws IOException {
        try (var all = Files.list(Path.of("/proc/self/fd"))) {
            return all.count();
        }
    }

    @Test
    void connectionsLeaveNothingOpen() throws Exception {
        long before = 0;
        for (int i = 0; i < 30; i++) {
            try (TestWindow window = window("short")) {
                window.createPool(2, i % 2 == 0);
                window.show(window.createBuffer(0));
                window.createBuffer(1);
                keymap(window);
            }
            while (proxy.counters().ended.sum() <= i) {
                Thread.sleep(1);
            }
            if (i == 0) {
                before = openDescriptors();
            }
        }
        compositor.awaitClients(0);
        for (int i = 0; i < PATIENCE && openDescriptors() > before; i++) {
            Thread.sleep(10);
        }
        long after = openDescriptors();
        assertTrue(after <= before, () -> after + " descriptors open, more than after the first program");
    }

    @Test
    void aRoundTripKeepsItsOrder() throws Exception {
        try (TestWindow window = window("busy")) {
            for (int i = 0; i < 1000; i++) {
                window.sync();
            }
        }
        assertTrue(proxy.counters().requests.sum() > 1000);
    }
}
