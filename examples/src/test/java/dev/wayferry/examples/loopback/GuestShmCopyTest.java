package dev.wayferry.examples.loopback;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.wayferry.examples.compositor.EmbeddedCompositor;
import dev.wayferry.examples.host.WayferryProcess;
import dev.wayferry.examples.testing.GuestChannel;
import dev.wayferry.examples.testing.GuestChannel.Identifier;
import dev.wayferry.examples.virtgpu.VirtGpuBlob;
import dev.wayferry.wire.crossdomain.CrossDomain;
import dev.wayferry.wire.gpu.VirtioGpu;
import dev.wayferry.wire.wayland.WaylandReader;
import dev.wayferry.wire.wayland.WaylandWriter;
import dev.wayferry.wire.wayland.WlCompositor;
import dev.wayferry.wire.wayland.WlDisplay;
import dev.wayferry.wire.wayland.WlRegistry;
import dev.wayferry.wire.wayland.WlShm;
import dev.wayferry.wire.wayland.WlShmPool;
import dev.wayferry.wire.wayland.WlSurface;
import dev.wayferry.wire.wayland.XdgSurface;
import dev.wayferry.wire.wayland.XdgToplevel;
import dev.wayferry.wire.wayland.XdgWmBase;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A window in guest memory, {@code wayferry serve --guest-shm=copy}, and a compositor that shows what it gets. */
@Timeout(60)
class GuestShmCopyTest {
    private static final int REGISTRY = 2;
    private static final int SHM = 3;
    private static final int COMPOSITOR = 4;
    private static final int WM_BASE = 5;
    private static final int SURFACE = 6;
    private static final int XDG_SURFACE = 7;
    private static final int TOPLEVEL = 8;
    private static final int POOL = 9;
    private static final int BUFFER = 10;
    private static final int WIDTH = 200;
    private static final int HEIGHT = 100;
    private static final int STRIDE = WIDTH * 4;

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path folder;

    private static byte[] requests(Consumer<WaylandWriter> requests) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment buffer = arena.allocate(3500, Long.BYTES);
            WaylandWriter writer = new WaylandWriter().wrap(buffer, 0);
            requests.accept(writer);
            return buffer.asSlice(0, writer.position()).toArray(ValueLayout.JAVA_BYTE);
        }
    }

    private static void bind(WaylandWriter to, Map<String, Integer> globals, String name, int version, int id) {
        to.begin(REGISTRY, WlRegistry.BIND).putInt(globals.getOrDefault(name, 0)).putString(name).putInt(version).putInt(id).end();
    }

    /** The globals' numbers. */
    private static Map<String, Integer> globals(GuestChannel guest) throws Exception {
        guest.send(requests(to -> to.begin(1, WlDisplay.GET_REGISTRY).putInt(REGISTRY).end()));
        Map<String, Integer> globals = new HashMap<>();
        while (!globals.containsKey("wl_shm") || !globals.containsKey("wl_compositor")
                || !globals.containsKey("xdg_wm_base")) {
            guest.poll();
            byte[] events = guest.take().data();
            WaylandReader reader = new WaylandReader().wrap(MemorySegment.ofArray(events), 0, events.length);
            while (reader.next()) {
                if (reader.objectId() == REGISTRY) {
                    int number = reader.readInt();
                    globals.put(reader.readString(), number);
                }
            }
        }
        return globals;
    }

    /** Waits for the first configure event; returns its serial. */
    private static int awaitConfigure(GuestChannel guest) throws Exception {
        while (true) {
            guest.poll();
            byte[] events = guest.take().data();
            WaylandReader reader = new WaylandReader().wrap(MemorySegment.ofArray(events), 0, events.length);
            while (reader.next()) {
                if (reader.objectId() == XDG_SURFACE) {
                    return reader.readInt();
                }
            }
        }
    }

    private static void paint(VirtGpuBlob blob, int fromRow, int rows, int rgb) throws IOException {
        for (long at = (long) fromRow * STRIDE; at < (long) (fromRow + rows) * STRIDE; at += Integer.BYTES) {
            blob.map().set(ValueLayout.JAVA_INT, at, 0xff00_0000 | rgb);
        }
    }

    private static void show(WaylandWriter to, int row, int rows) {
        to.begin(SURFACE, WlSurface.ATTACH).putInt(BUFFER).putInt(0).putInt(0).end();
        to.begin(SURFACE, WlSurface.DAMAGE_BUFFER).putInt(0).putInt(row).putInt(WIDTH).putInt(rows).end();
        to.begin(SURFACE, WlSurface.COMMIT).end();
    }

    /** Waits until so many pixels on the screen are of that colour. */
    private static void awaitPixels(EmbeddedCompositor compositor, int rgb, long count) throws InterruptedException {
        while (compositor.screenshot().count(rgb) != count) {
            Thread.sleep(10);
        }
    }

    @Test
    void showsAWindowInGuestMemoryAsItIsAtEachCommit() throws Exception {
        assumeTrue(WayferryProcess.isAvailable(), "the host process is not built");
        Path display = folder.resolve("wayland-host");
        try (EmbeddedCompositor compositor = EmbeddedCompositor.start(display, 800, 600);
                WayferryProcess process = WayferryProcess.in(folder)
                        .waylandDisplay(display.toString())
                        .argument("--guest-shm=copy")
                        .start();
                LoopbackGpu gpu = LoopbackGpu.connect(process.socket());
                GuestChannel guest = new GuestChannel(gpu)) {
            Map<String, Integer> globals = globals(guest);
            guest.send(requests(to -> {
                bind(to, globals, "wl_shm", 1, SHM);
                bind(to, globals, "wl_compositor", 4, COMPOSITOR);
                bind(to, globals, "xdg_wm_base", 1, WM_BASE);
                to.begin(COMPOSITOR, WlCompositor.CREATE_SURFACE).putInt(SURFACE).end();
                to.begin(WM_BASE, XdgWmBase.GET_XDG_SURFACE).putInt(XDG_SURFACE).putInt(SURFACE).end();
                to.begin(XDG_SURFACE, XdgSurface.GET_TOPLEVEL).putInt(TOPLEVEL).end();
                to.begin(TOPLEVEL, XdgToplevel.SET_TITLE).putString("copied").end();
                to.begin(SURFACE, WlSurface.COMMIT).end();
            }));
            int serial = awaitConfigure(guest);
            VirtGpuBlob blob = guest.context().createBlob(
                    VirtioGpu.BLOB_MEM_GUEST, VirtioGpu.BLOB_FLAG_USE_MAPPABLE, (long) STRIDE * HEIGHT, 0);
            paint(blob, 0, HEIGHT, 0x123456);
            guest.send(
                    requests(to -> {
                        to.begin(XDG_SURFACE, XdgSurface.ACK_CONFIGURE).putInt(serial).end();
                        to.begin(SHM, WlShm.CREATE_POOL).putInt(POOL).putInt(STRIDE * HEIGHT).end();
                        to.begin(POOL, WlShmPool.CREATE_BUFFER)
                                .putInt(BUFFER).putInt(0).putInt(WIDTH).putInt(HEIGHT).putInt(STRIDE)
                                .putInt(WlShm.FORMAT_XRGB8888).end();
                        show(to, 0, HEIGHT);
                    }),
                    new Identifier(blob.resourceId(), CrossDomain.ID_TYPE_VIRTGPU_BLOB, 0));
            awaitPixels(compositor, 0x123456, WIDTH * HEIGHT);
            paint(blob, 0, 20, 0x654321);
            guest.send(requests(to -> show(to, 5, 10)));
            awaitPixels(compositor, 0x654321, WIDTH * 10);
            assertEquals(WIDTH * (HEIGHT - 10), compositor.screenshot().count(0x123456), "the rest is not damaged");
            blob.close();
        }
    }
}
