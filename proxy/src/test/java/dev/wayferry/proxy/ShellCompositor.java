package dev.wayferry.proxy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wayferry.bridge.WaylandConnection;
import dev.wayferry.posix.Errno;
import dev.wayferry.posix.Memory;
import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.Posix;
import dev.wayferry.wire.wayland.WaylandReader;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.NullUnmarked;

/**
 * One client's compositor, as small as can be: it has wl_compositor, wl_shm and xdg_wm_base, does nothing by itself, and
 * knows what the client's one window shows. Opcodes are written out here, as the protocols have them.
 */
@NullUnmarked // what is missing fails the test at once
final class ShellCompositor implements AutoCloseable {
    private static final String[] GLOBALS = {"wl_compositor", "wl_shm", "xdg_wm_base"};

    /** A buffer of the client's. */
    record Buffer(MemorySegment memory, int offset, int width, int height, int stride) {}

    private final WaylandConnection connection;
    private final Arena arena = Arena.ofShared();
    private final Map<Integer, String> objects = new HashMap<>(Map.of(1, "wl_display"));
    private final Map<Integer, MemorySegment> pools = new HashMap<>();
    private final Map<Integer, Buffer> buffers = new HashMap<>();
    private int shellSurface;
    private int toplevel;
    private int attached;
    private int serial;
    private boolean gone;
    String title;
    Buffer shown;
    private int shownId;
    private final List<Integer> frames = new ArrayList<>();
    final List<String> damage = new ArrayList<>();
    final List<Integer> acknowledged = new ArrayList<>();
    int commits;

    ShellCompositor(OwnedFd socket) {
        connection = new WaylandConnection(socket);
    }

    /** Serves the client until {@code condition} holds. */
    void until(String what, BooleanSupplier condition) throws Exception {
        for (int waited = 0; !condition.getAsBoolean(); waited++) {
            assertTrue(waited < 2000, () -> what + " never comes; commits " + commits + " shown " + shown);
            assertTrue(!gone, () -> what + ": the client has hung up");
            assertEquals(0, connection.flush());
            int unused = Posix.poll(connection.fd(), Posix.POLLIN, 10);
            int received = connection.fill();
            gone = received <= 0 && received != -Errno.EAGAIN;
            while (connection.next()) {
                handle(connection.reader());
            }
        }
        assertEquals(0, connection.flush());
    }

    /** Whether the client hangs up, in time. */
    void untilGone() throws Exception {
        try {
            until("its end", () -> gone);
        } catch (AssertionError e) {
            assertTrue(gone, e.toString());
        }
    }

    private void handle(WaylandReader args) throws Exception {
        String object = objects.get(args.objectId());
        int opcode = args.opcode();
        switch (object + " " + opcode) {
            case "wl_display 0" -> done(args.readInt());
            case "wl_display 1" -> {
                int registry = make(args.readInt(), "wl_registry");
                for (int i = 0; i < GLOBALS.length; i++) {
                    connection.begin(registry, 0).putInt(i + 1).putString(GLOBALS[i]).putInt(4).end();
                }
            }
            case "wl_registry 0" -> {
                int name = args.readInt();
                assertEquals(GLOBALS[name - 1], args.readString());
                assertTrue(args.readInt() <= 4, "version");
                int unused = make(args.readInt(), GLOBALS[name - 1]);
            }
            case "wl_compositor 0" -> make(args.readInt(), "wl_surface");
            case "xdg_wm_base 2" -> shellSurface = make(args.readInt(), "xdg_surface");
            case "xdg_surface 1" -> toplevel = make(args.readInt(), "xdg_toplevel");
            case "xdg_surface 4" -> acknowledged.add(args.readInt());
            case "xdg_toplevel 2" -> title = args.readString();
            case "wl_shm 0" -> {
                int pool = make(args.readInt(), "wl_shm_pool");
                try (OwnedFd file = new OwnedFd(connection.takeFd())) {
                    pools.put(pool, Memory.map(file.number(), 0, args.readInt(), Memory.PROT_READ, arena));
                }
            }
            case "wl_shm_pool 0" -> {
                int id = make(args.readInt(), "wl_buffer");
                Buffer buffer = new Buffer(pools.get(args.objectId()), args.readInt(), args.readInt(), args.readInt(),
                        args.readInt());
                assertEquals(1, args.readInt(), "XRGB8888");
                assertTrue(buffer.offset + (long) buffer.stride * buffer.height <= buffer.memory.byteSize());
                buffers.put(id, buffer);
            }
            case "wl_surface 1" -> attached = args.readInt();
            case "wl_surface 3" -> frames.add(args.readInt());
            case "wl_surface 9" -> damage.add(args.readInt() + "," + args.readInt() + " " + args.readInt() + "x"
                    + args.readInt());
            case "wl_surface 6" -> commit();
            default -> {}
        }
    }

    private int make(int id, String kind) {
        objects.put(id, kind);
        return id;
    }

    private void done(int callback) {
        connection.begin(callback, 0).putInt(0).end();
        connection.begin(1, 1).putInt(callback).end();
    }

    private void commit() {
        commits++;
        if (attached != 0) {
            assertTrue(!acknowledged.isEmpty(), "a buffer before the first configure");
            int before = shownId;
            shownId = attached;
            shown = buffers.get(attached);
            attached = 0;
            if (before != 0 && before != shownId) {
                connection.begin(before, 0).end(); // wl_buffer.release
            }
        }
    }

    /** Asks for the next frame. */
    void frame() {
        frames.forEach(this::done);
        frames.clear();
    }

    /** Tells the window its size and states. */
    void configure(int width, int height, int... states) {
        byte[] words = new byte[4 * states.length];
        ByteBuffer.wrap(words).order(ByteOrder.nativeOrder()).asIntBuffer().put(states);
        connection.begin(toplevel, 0).putInt(width).putInt(height).putArray(words).end();
        connection.begin(shellSurface, 0).putInt(++serial).end();
    }

    void askToClose() {
        connection.begin(toplevel, 1).end();
    }

    boolean hasToplevel() {
        return toplevel != 0 && commits > 0;
    }

    boolean isShown(int width, int height) {
        return shown != null && shown.width == width && shown.height == height;
    }

    /** A pixel of what is shown, 0xRRGGBB. */
    int pixel(int x, int y) {
        return shown.memory.get(ValueLayout.JAVA_INT, shown.offset + (long) y * shown.stride + 4L * x) & 0xffffff;
    }

    @Override
    public void close() {
        connection.close();
        arena.close();
    }
}
