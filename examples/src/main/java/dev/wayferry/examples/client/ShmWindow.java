package dev.wayferry.examples.client;

import dev.wayferry.posix.Memory;
import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.Posix;
import dev.wayferry.posix.PosixException;
import dev.wayferry.wire.wayland.MalformedMessageException;
import dev.wayferry.wire.wayland.WaylandReader;
import dev.wayferry.wire.wayland.WlBuffer;
import dev.wayferry.wire.wayland.WlCompositor;
import dev.wayferry.wire.wayland.WlShm;
import dev.wayferry.wire.wayland.WlShmPool;
import dev.wayferry.wire.wayland.WlSurface;
import dev.wayferry.wire.wayland.XdgSurface;
import dev.wayferry.wire.wayland.XdgToplevel;
import dev.wayferry.wire.wayland.XdgWmBase;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * A window of fixed size with two buffers of shared memory, opaque 32-bit pixels.
 *
 * <p>A turn of drawing: wait until {@link #isReady}, paint {@link #pixels} of {@link #freeBuffer}, {@link #damage} what
 * changed since the last frame, {@link #show}.
 */
public final class ShmWindow implements AutoCloseable {
    /** The buffers of a window. */
    public static final int BUFFERS = 2;

    /** Of which each pixel takes so many bytes. */
    public static final int BYTES_PER_PIXEL = 4;

    private static final int COMPOSITOR_VERSION = 4;
    private static final int DAMAGE_BUFFER_SINCE = 4;

    private final ClientConnection connection;
    private final Arena arena = Arena.ofConfined();
    private final int width;
    private final int height;
    private final int surface;
    private final int shellSurface;
    private final int toplevel;
    private final int damageRequest;
    private final MemorySegment memory;
    private final int[] buffers = new int[BUFFERS];
    private final boolean[] busy = new boolean[BUFFERS];
    private boolean configured;
    private boolean frameDue = true;
    private boolean closeAsked;
    private long frames;

    /** Makes the window; it appears with the first {@link #show}. */
    public ShmWindow(ClientConnection connection, int width, int height, String title, String appId) throws IOException {
        this.connection = connection;
        this.width = width;
        this.height = height;
        int compositor = connection.bind("wl_compositor", COMPOSITOR_VERSION, (opcode, args) -> {});
        damageRequest = connection.globalVersion("wl_compositor") >= DAMAGE_BUFFER_SINCE
                ? WlSurface.DAMAGE_BUFFER
                : WlSurface.DAMAGE;
        int shm = connection.bind("wl_shm", 1, (opcode, args) -> {});
        int[] wmBase = new int[1];
        wmBase[0] = connection.bind("xdg_wm_base", 1, (opcode, args) -> {
            if (opcode == XdgWmBase.PING_EVENT) {
                connection.request(wmBase[0], XdgWmBase.PONG).putInt(args.readInt()).end();
            }
        });
        surface = connection.newObject();
        connection.request(compositor, WlCompositor.CREATE_SURFACE).putInt(surface).end();
        shellSurface = connection.newObject(this::shellSurfaceEvent);
        connection
                .request(wmBase[0], XdgWmBase.GET_XDG_SURFACE)
                .putInt(shellSurface)
                .putInt(surface)
                .end();
        toplevel = connection.newObject((opcode, args) -> closeAsked |= opcode == XdgToplevel.CLOSE_EVENT);
        connection.request(shellSurface, XdgSurface.GET_TOPLEVEL).putInt(toplevel).end();
        connection.request(toplevel, XdgToplevel.SET_TITLE).putString(title).end();
        connection.request(toplevel, XdgToplevel.SET_APP_ID).putString(appId).end();
        // The same least and largest size: a tiling compositor then lets the window float.
        connection.request(toplevel, XdgToplevel.SET_MIN_SIZE).putInt(width).putInt(height).end();
        connection.request(toplevel, XdgToplevel.SET_MAX_SIZE).putInt(width).putInt(height).end();
        connection.request(surface, WlSurface.COMMIT).end();
        memory = createBuffers(shm);
    }

    private MemorySegment createBuffers(int shm) throws PosixException {
        int stride = width * BYTES_PER_PIXEL;
        int size = Math.multiplyExact(stride * height, BUFFERS);
        MemorySegment mapped;
        try (OwnedFd file = OwnedFd.of(Memory.memfdCreate("wayferry-client"), "memfd_create")) {
            PosixException.check(Memory.ftruncate(file.number(), size), "ftruncate of " + size + " bytes");
            mapped = Memory.map(file.number(), 0, size, Memory.PROT_READ | Memory.PROT_WRITE, arena);
            int pool = connection.newObject();
            connection.queueFd(PosixException.check(Posix.dup(file.number()), "dup"));
            connection.request(shm, WlShm.CREATE_POOL).putInt(pool).putInt(size).end();
            for (int i = 0; i < BUFFERS; i++) {
                int index = i;
                buffers[i] = connection.newObject((opcode, args) -> busy[index] &= opcode != WlBuffer.RELEASE_EVENT);
                connection
                        .request(pool, WlShmPool.CREATE_BUFFER)
                        .putInt(buffers[i])
                        .putInt(i * stride * height)
                        .putInt(width)
                        .putInt(height)
                        .putInt(stride)
                        .putInt(WlShm.FORMAT_XRGB8888)
                        .end();
            }
            connection.request(pool, WlShmPool.DESTROY).end();
        }
        return mapped;
    }

    private void shellSurfaceEvent(int opcode, WaylandReader args) throws MalformedMessageException {
        if (opcode == XdgSurface.CONFIGURE_EVENT) {
            connection
                    .request(shellSurface, XdgSurface.ACK_CONFIGURE)
                    .putInt(args.readInt())
                    .end();
            configured = true;
        }
    }

    /** The wl_surface's id. */
    public int surface() {
        return surface;
    }

    public int width() {
        return width;
    }

    public int height() {
        return height;
    }

    /** Whether the compositor wants a frame and a buffer is free for it. */
    public boolean isReady() {
        return configured && frameDue && freeBuffer() >= 0;
    }

    /** Whether the user asked to close the window. */
    public boolean isCloseAsked() {
        return closeAsked;
    }

    /** How many frames were shown. */
    public long frames() {
        return frames;
    }

    /** The index of a buffer that the compositor does not read, or -1. */
    public int freeBuffer() {
        for (int i = 0; i < BUFFERS; i++) {
            if (!busy[i]) {
                return i;
            }
        }
        return -1;
    }

    /** A buffer's memory, row by row, each pixel a 32-bit word 0x00RRGGBB. */
    public MemorySegment pixels(int buffer) {
        long size = (long) width * height * BYTES_PER_PIXEL;
        return memory.asSlice(buffer * size, size);
    }

    /** Tells the compositor of a rectangle that differs from the last frame. */
    public void damage(int x, int y, int damageWidth, int damageHeight) {
        connection
                .request(surface, damageRequest)
                .putInt(x)
                .putInt(y)
                .putInt(damageWidth)
                .putInt(damageHeight)
                .end();
    }

    /** Hands a painted buffer over and asks to be told when the next frame is due. */
    public void show(int buffer) {
        busy[buffer] = true;
        frameDue = false;
        frames++;
        int callback = connection.newObject((opcode, args) -> frameDue = true);
        connection.request(surface, WlSurface.FRAME).putInt(callback).end();
        connection
                .request(surface, WlSurface.ATTACH)
                .putInt(buffers[buffer])
                .putInt(0)
                .putInt(0)
                .end();
        connection.request(surface, WlSurface.COMMIT).end();
    }

    /** Takes the window away. */
    @Override
    public void close() {
        connection.request(toplevel, XdgToplevel.DESTROY).end();
        connection.request(shellSurface, XdgSurface.DESTROY).end();
        connection.request(surface, WlSurface.DESTROY).end();
        for (int buffer : buffers) {
            connection.request(buffer, WlBuffer.DESTROY).end();
        }
        arena.close();
    }
}
