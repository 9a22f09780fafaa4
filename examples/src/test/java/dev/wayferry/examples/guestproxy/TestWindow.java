package dev.wayferry.examples.guestproxy;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.wayferry.posix.Memory;
import dev.wayferry.posix.Posix;
import dev.wayferry.posix.PosixException;
import dev.wayferry.wire.wayland.MalformedMessageException;
import dev.wayferry.wire.wayland.WaylandReader;
import dev.wayferry.wire.wayland.WlCallback;
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
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/** A program with one window, whose every request the test decides. */
final class TestWindow implements AutoCloseable {
    private static final int DISPLAY = 1;

    /** An event that the test waits for. */
    interface Condition {
        boolean isMet(WaylandReader event) throws MalformedMessageException, IOException;
    }

    final TestClient client;
    final int width;
    final int height;
    final int registry;
    final int shm;
    final int surface;
    private final Arena arena = Arena.ofShared();
    private final Map<String, Integer> globals = new HashMap<>();
    private final int wmBase;
    private final int xdgSurface;
    private int lastId = DISPLAY;
    private int fd = -1;
    private MemorySegment pixels = MemorySegment.NULL;
    private int pool;

    TestWindow(Path socket, String title, int width, int height) throws Exception {
        this.client = new TestClient(socket);
        this.width = width;
        this.height = height;
        registry = newId();
        client.request(DISPLAY, WlDisplay.GET_REGISTRY).putInt(registry).end();
        sync();
        shm = bind("wl_shm", 1);
        int compositor = bind("wl_compositor", 4);
        wmBase = bind("xdg_wm_base", 1);
        surface = newId();
        client.request(compositor, WlCompositor.CREATE_SURFACE).putInt(surface).end();
        xdgSurface = newId();
        client.request(wmBase, XdgWmBase.GET_XDG_SURFACE).putInt(xdgSurface).putInt(surface).end();
        int toplevel = newId();
        client.request(xdgSurface, XdgSurface.GET_TOPLEVEL).putInt(toplevel).end();
        client.request(toplevel, XdgToplevel.SET_TITLE).putString(title).end();
        client.request(surface, WlSurface.COMMIT).end();
        await(event -> {
            if (event.objectId() != xdgSurface || event.opcode() != XdgSurface.CONFIGURE_EVENT) {
                return false;
            }
            client.request(xdgSurface, XdgSurface.ACK_CONFIGURE).putInt(event.readInt()).end();
            return true;
        });
    }

    int newId() {
        return ++lastId;
    }

    /** Binds a global that there must be. */
    int bind(String interfaceName, int version) {
        Integer name = globals.get(interfaceName);
        if (name == null) {
            throw new AssertionError("no " + interfaceName + " among " + globals.keySet());
        }
        int id = newId();
        client.request(registry, WlRegistry.BIND)
                .putInt(name).putString(interfaceName).putInt(version).putInt(id)
                .end();
        return id;
    }

    /** Waits until the compositor has seen all requests. */
    void sync() throws IOException, MalformedMessageException {
        int callback = newId();
        client.request(DISPLAY, WlDisplay.SYNC).putInt(callback).end();
        await(event -> event.objectId() == callback && event.opcode() == WlCallback.DONE_EVENT);
    }

    /** Sends what is queued and reads events until one is as wanted. */
    void await(Condition condition) throws IOException, MalformedMessageException {
        client.flush();
        while (true) {
            if (!client.next()) {
                throw new AssertionError("the connection ended");
            }
            WaylandReader event = client.event();
            if (event.objectId() == DISPLAY && event.opcode() == WlDisplay.ERROR_EVENT) {
                throw new AssertionError("object " + event.readInt() + " error " + event.readInt() + ": " + event.readString());
            }
            if (event.objectId() == registry && event.opcode() == WlRegistry.GLOBAL_EVENT) {
                int name = event.readInt();
                globals.put(event.readString(), name);
            } else if (event.objectId() == wmBase && event.opcode() == XdgWmBase.PING_EVENT && wmBase != 0) {
                client.request(wmBase, XdgWmBase.PONG).putInt(event.readInt()).end();
                client.flush();
            } else if (condition.isMet(event)) {
                return;
            }
        }
    }

    int stride() {
        return width * Integer.BYTES;
    }

    int bufferLength() {
        return stride() * height;
    }

    /** Makes the pool, for so many buffers; sealed against shrinking as most programs' are, or not. */
    void createPool(int buffers, boolean sealed) throws IOException {
        fd = PosixException.check(Memory.memfdCreate("test-pool"), "memfd_create");
        PosixException.check(Memory.ftruncate(fd, (long) buffers * bufferLength()), "ftruncate");
        if (sealed) {
            PosixException.check(Memory.addSeals(fd, Memory.F_SEAL_SHRINK), "sealing");
        }
        map(buffers);
        pool = newId();
        client.request(shm, WlShm.CREATE_POOL).putInt(pool).putInt(buffers * bufferLength()).end();
        client.file(Posix.dup(fd));
    }

    void resizePool(int buffers) throws IOException {
        PosixException.check(Memory.ftruncate(fd, (long) buffers * bufferLength()), "ftruncate");
        map(buffers);
        client.request(pool, WlShmPool.RESIZE).putInt(buffers * bufferLength()).end();
    }

    private void map(int buffers) throws IOException {
        pixels = Memory.map(
                fd, 0, (long) buffers * bufferLength(), Memory.PROT_READ | Memory.PROT_WRITE, arena);
    }

    int createBuffer(int index) {
        int buffer = newId();
        client.request(pool, WlShmPool.CREATE_BUFFER)
                .putInt(buffer).putInt(index * bufferLength()).putInt(width).putInt(height).putInt(stride())
                .putInt(WlShm.FORMAT_XRGB8888)
                .end();
        return buffer;
    }

    /** Fills a rectangle of a buffer with a colour. */
    void paint(int index, int x, int y, int paintedWidth, int paintedHeight, int rgb) {
        for (int row = y; row < y + paintedHeight; row++) {
            long start = (long) index * bufferLength() + (long) row * stride() + (long) x * Integer.BYTES;
            for (int column = 0; column < paintedWidth; column++) {
                pixels.set(JAVA_INT, start + (long) column * Integer.BYTES, 0xff000000 | rgb);
            }
        }
    }

    void paint(int index, int rgb) {
        paint(index, 0, 0, width, height, rgb);
    }

    /** Shows a buffer, of which a rectangle is new, and waits until the compositor has it. */
    void show(int buffer, int x, int y, int damagedWidth, int damagedHeight)
            throws IOException, MalformedMessageException {
        client.request(surface, WlSurface.ATTACH).putInt(buffer).putInt(0).putInt(0).end();
        client.request(surface, WlSurface.DAMAGE_BUFFER)
                .putInt(x).putInt(y).putInt(damagedWidth).putInt(damagedHeight)
                .end();
        client.request(surface, WlSurface.COMMIT).end();
        sync();
    }

    void show(int buffer) throws IOException, MalformedMessageException {
        show(buffer, 0, 0, Integer.MAX_VALUE, Integer.MAX_VALUE);
    }

    @Override
    public void close() {
        client.close();
        arena.close();
        if (fd >= 0) {
            Posix.close(fd);
            fd = -1;
        }
    }
}
