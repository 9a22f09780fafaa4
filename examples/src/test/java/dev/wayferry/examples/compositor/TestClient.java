package dev.wayferry.examples.compositor;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.wayferry.examples.client.ClientConnection;
import dev.wayferry.examples.client.ConnectionBrokenException;
import dev.wayferry.posix.Memory;
import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.Posix;
import dev.wayferry.posix.PosixException;
import dev.wayferry.wire.wayland.MalformedMessageException;
import dev.wayferry.wire.wayland.WaylandReader;
import dev.wayferry.wire.wayland.WaylandWriter;
import dev.wayferry.wire.wayland.WlCompositor;
import dev.wayferry.wire.wayland.WlKeyboard;
import dev.wayferry.wire.wayland.WlPointer;
import dev.wayferry.wire.wayland.WlSeat;
import dev.wayferry.wire.wayland.WlShm;
import dev.wayferry.wire.wayland.WlShmPool;
import dev.wayferry.wire.wayland.WlSubcompositor;
import dev.wayferry.wire.wayland.WlSurface;
import dev.wayferry.wire.wayland.XdgSurface;
import dev.wayferry.wire.wayland.XdgToplevel;
import dev.wayferry.wire.wayland.XdgWmBase;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Assertions;

/** A client that binds everything, makes windows of one colour, and writes down what its seat says. */
final class TestClient implements AutoCloseable {
    /** So long that only what never comes exceeds it. */
    private static final long PATIENCE_NANOS = 120_000_000_000L;

    final ClientConnection connection;
    final int compositor;
    final int subcompositor;
    final int shm;
    final int seat;
    final int wmBase;
    final int dataDeviceManager;
    final int pointer;
    final int keyboard;

    /** What pointer and keyboard said, in order: {@code "key 30 1"}. */
    final List<String> input = new ArrayList<>();

    /** The serial of the last event that had one. */
    int serial;

    byte[] keymap = new byte[0];
    private final List<OwnedFd> keymapFiles = new ArrayList<>();

    TestClient(EmbeddedCompositor server) throws IOException {
        connection = ClientConnection.connect(server.socket());
        compositor = connection.bind("wl_compositor", 4, (opcode, args) -> {});
        subcompositor = connection.bind("wl_subcompositor", 1, (opcode, args) -> {});
        shm = connection.bind("wl_shm", 1, (opcode, args) -> {});
        seat = connection.bind("wl_seat", 5, (opcode, args) -> {});
        wmBase = connection.bind("xdg_wm_base", 3, this::wmBaseEvent);
        dataDeviceManager = connection.bind("wl_data_device_manager", 3, (opcode, args) -> {});
        pointer = connection.newObject(this::pointerEvent);
        request(seat, WlSeat.GET_POINTER).putInt(pointer).end();
        keyboard = connection.newObject(this::keyboardEvent);
        request(seat, WlSeat.GET_KEYBOARD).putInt(keyboard).end();
        connection.roundTrip();
    }

    WaylandWriter request(int objectId, int opcode) {
        return connection.request(objectId, opcode);
    }

    void roundTrip() throws IOException {
        connection.roundTrip();
    }

    /** Hears events until the condition holds. */
    void await(String what, BooleanSupplier condition) throws IOException {
        connection.dispatchUntil(condition, System.nanoTime() + PATIENCE_NANOS);
        Assertions.assertTrue(condition.getAsBoolean(), () -> "waited in vain for " + what + "; input was " + input);
    }

    void awaitInput(String line) throws IOException {
        await(line, () -> input.contains(line));
    }

    /** What the compositor says when it refuses what was just asked. */
    String awaitRefusal() {
        var broken = Assertions.assertThrows(
                ConnectionBrokenException.class, () -> await("a protocol error", () -> false));
        return String.valueOf(broken.getMessage());
    }

    private void wmBaseEvent(int opcode, WaylandReader args) throws MalformedMessageException {
        if (opcode == XdgWmBase.PING_EVENT) {
            request(wmBase, XdgWmBase.PONG).putInt(args.readInt()).end();
        }
    }

    private void pointerEvent(int opcode, WaylandReader args) throws MalformedMessageException {
        switch (opcode) {
            case WlPointer.ENTER_EVENT -> {
                serial = args.readInt();
                input.add("enter " + args.readInt() + " " + args.readFixed() + " " + args.readFixed());
            }
            case WlPointer.LEAVE_EVENT -> {
                serial = args.readInt();
                input.add("leave " + args.readInt());
            }
            case WlPointer.MOTION_EVENT -> {
                args.readInt();
                input.add("motion " + args.readFixed() + " " + args.readFixed());
            }
            case WlPointer.BUTTON_EVENT -> {
                serial = args.readInt();
                args.readInt();
                input.add("button " + args.readInt() + " " + args.readInt());
            }
            case WlPointer.AXIS_EVENT -> {
                args.readInt();
                input.add("axis " + args.readInt() + " " + args.readFixed());
            }
            default -> {
                // Frames and the like.
            }
        }
    }

    private void keyboardEvent(int opcode, WaylandReader args) throws MalformedMessageException {
        switch (opcode) {
            case WlKeyboard.KEYMAP_EVENT -> {
                int format = args.readInt();
                int size = args.readInt();
                OwnedFd file = new OwnedFd(connection.takeFd());
                keymapFiles.add(file);
                input.add("keymap " + format);
                try (Arena arena = Arena.ofConfined()) {
                    keymap = Memory.map(file.number(), 0, size, Memory.PROT_READ, arena).toArray(JAVA_BYTE);
                } catch (PosixException e) {
                    throw new MalformedMessageException("the keymap cannot be mapped: " + e.getMessage());
                }
            }
            case WlKeyboard.ENTER_EVENT -> {
                serial = args.readInt();
                input.add("keyboard enter " + args.readInt());
            }
            case WlKeyboard.LEAVE_EVENT -> {
                serial = args.readInt();
                input.add("keyboard leave " + args.readInt());
            }
            case WlKeyboard.KEY_EVENT -> {
                serial = args.readInt();
                args.readInt();
                input.add("key " + args.readInt() + " " + args.readInt());
            }
            case WlKeyboard.MODIFIERS_EVENT -> {
                args.readInt();
                int depressed = args.readInt();
                args.readInt();
                input.add("modifiers " + depressed + " " + args.readInt());
            }
            default -> {
                // The repeat rate.
            }
        }
    }

    /** The file that came with the keymap, which stays this object's. */
    OwnedFd keymapFile() {
        return keymapFiles.getLast();
    }

    int surface() {
        int surface = connection.newObject();
        request(compositor, WlCompositor.CREATE_SURFACE).putInt(surface).end();
        return surface;
    }

    /** A buffer of one colour, 0xAARRGGBB. */
    int buffer(int width, int height, int argb) throws IOException {
        int[] pixels = new int[width * height];
        Arrays.fill(pixels, argb);
        return buffer(width, height, pixels);
    }

    int buffer(int width, int height, int[] pixels) throws IOException {
        int size = width * height * 4;
        try (OwnedFd file = memoryFile(size);
                Arena arena = Arena.ofConfined()) {
            MemorySegment memory = Memory.map(file.number(), 0, size, Memory.PROT_READ | Memory.PROT_WRITE, arena);
            MemorySegment.copy(pixels, 0, memory, JAVA_INT, 0, pixels.length);
            int pool = pool(file.number(), size);
            int buffer = buffer(pool, 0, width, height, width * 4, WlShm.FORMAT_ARGB8888);
            request(pool, WlShmPool.DESTROY).end();
            return buffer;
        }
    }

    static OwnedFd memoryFile(long size) throws PosixException {
        OwnedFd file = OwnedFd.of(Memory.memfdCreate("wayferry-test"), "memfd_create");
        PosixException.check(Memory.ftruncate(file.number(), size), "ftruncate");
        return file;
    }

    /** A pool on a duplicate of {@code fd}. */
    int pool(int fd, int size) throws PosixException {
        int pool = connection.newObject();
        connection.queueFd(PosixException.check(Posix.dup(fd), "dup"));
        request(shm, WlShm.CREATE_POOL).putInt(pool).putInt(size).end();
        return pool;
    }

    int buffer(int pool, int offset, int width, int height, int stride, int format) {
        int buffer = connection.newObject();
        request(pool, WlShmPool.CREATE_BUFFER)
                .putInt(buffer)
                .putInt(offset)
                .putInt(width)
                .putInt(height)
                .putInt(stride)
                .putInt(format)
                .end();
        return buffer;
    }

    void attach(int surface, int buffer) {
        request(surface, WlSurface.ATTACH).putInt(buffer).putInt(0).putInt(0).end();
    }

    void damage(int surface, int x, int y, int width, int height) {
        request(surface, WlSurface.DAMAGE_BUFFER)
                .putInt(x)
                .putInt(y)
                .putInt(width)
                .putInt(height)
                .end();
    }

    void commit(int surface) {
        request(surface, WlSurface.COMMIT).end();
    }

    int subsurface(int surface, int parent) {
        int subsurface = connection.newObject();
        request(subcompositor, WlSubcompositor.GET_SUBSURFACE)
                .putInt(subsurface)
                .putInt(surface)
                .putInt(parent)
                .end();
        return subsurface;
    }

    /** A window that has not had its initial commit. */
    Window window(String title) {
        return new Window(title);
    }

    /** A window of one colour that is on screen when this returns. */
    Window shownWindow(String title, int width, int height, int argb) throws IOException {
        Window window = window(title);
        window.configure();
        window.show(buffer(width, height, argb));
        roundTrip();
        return window;
    }

    /** A toplevel with its surface. */
    final class Window {
        final int surface = TestClient.this.surface();
        final int shellSurface;
        final int toplevel;
        int configures;
        boolean closeAsked;

        private Window(String title) {
            shellSurface = connection.newObject(this::shellSurfaceEvent);
            request(wmBase, XdgWmBase.GET_XDG_SURFACE).putInt(shellSurface).putInt(surface).end();
            toplevel = connection.newObject((opcode, args) -> closeAsked |= opcode == XdgToplevel.CLOSE_EVENT);
            request(shellSurface, XdgSurface.GET_TOPLEVEL).putInt(toplevel).end();
            request(toplevel, XdgToplevel.SET_TITLE).putString(title).end();
            request(toplevel, XdgToplevel.SET_APP_ID).putString("test." + title).end();
        }

        private void shellSurfaceEvent(int opcode, WaylandReader args) throws MalformedMessageException {
            if (opcode == XdgSurface.CONFIGURE_EVENT) {
                configures++;
                request(shellSurface, XdgSurface.ACK_CONFIGURE).putInt(args.readInt()).end();
            }
        }

        /** Makes the initial commit and waits for the first configuration. */
        void configure() throws IOException {
            commit(surface);
            TestClient.this.await("a configuration", () -> configures > 0);
        }

        void show(int buffer) {
            attach(surface, buffer);
            commit(surface);
        }

        void destroy() {
            request(toplevel, XdgToplevel.DESTROY).end();
            request(shellSurface, XdgSurface.DESTROY).end();
            request(surface, WlSurface.DESTROY).end();
        }
    }

    @Override
    public void close() {
        for (OwnedFd file : keymapFiles) {
            file.close();
        }
        connection.close();
    }
}
