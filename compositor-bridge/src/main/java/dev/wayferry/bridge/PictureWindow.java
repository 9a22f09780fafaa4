package dev.wayferry.bridge;

import dev.wayferry.posix.OwnedFd;
import dev.wayferry.wire.wayland.MalformedMessageException;
import dev.wayferry.wire.wayland.WaylandReader;
import dev.wayferry.wire.wayland.WlCompositor;
import dev.wayferry.wire.wayland.WlDisplay;
import dev.wayferry.wire.wayland.WlRegistry;
import dev.wayferry.wire.wayland.WlSurface;
import dev.wayferry.wire.wayland.XdgSurface;
import dev.wayferry.wire.wayland.XdgToplevel;
import dev.wayferry.wire.wayland.XdgWmBase;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A window on the compositor that shows a picture of the caller's, as large as the picture or as the user wants it; where it
 * is larger than the picture that is in its middle, on black. Frames for which the compositor is not ready are left out, so
 * it may be as slow as it likes.
 *
 * <p>For one thread, which waits for {@link #fd} and never blocks here. After an {@link IOException} there is no window any
 * more, and nothing is left to do but {@link #close}.
 */
public final class PictureWindow implements AutoCloseable {
    private static final int COMPOSITOR_VERSION = 4;
    private static final int DAMAGE_BUFFER_SINCE = 4;

    /** Told what the user does with the window. */
    public interface Listener {
        /** The user wants the picture to have that width and height, which differ from what it has. */
        void resized(int width, int height);
    }

    private record Global(int name, int version) {}

    private final WaylandObjects objects;
    private final String title;
    private final Listener listener;
    private final Map<String, Global> globals = new HashMap<>();
    private final int registry;
    private int damageRequest = WlSurface.DAMAGE;
    private int shm;
    private int wmBase;
    private int surface;
    private int shellSurface;
    private @Nullable MemorySegment picture;
    private int pictureWidth;
    private int pictureHeight;
    private @Nullable WindowBuffers buffers;
    private boolean configured;
    private boolean frameDue = true;
    private boolean allSent = true;

    // What the compositor has said last of the window's size.
    private int wantedWidth;
    private int wantedHeight;
    private boolean isObliged;
    private boolean isResizing;

    /** The window's size. */
    private int width;

    private int height;

    /** What of the window has changed since the last frame. */
    private final int[] changed = new int[4];

    /** Takes ownership of a connected stream socket; the window appears with its picture. */
    public PictureWindow(OwnedFd socket, String title, Listener listener) {
        this.objects = new WaylandObjects(socket);
        this.title = title;
        this.listener = listener;
        this.registry = objects.newObject(this::registryEvent);
        objects.request(WaylandObjects.DISPLAY, WlDisplay.GET_REGISTRY).putInt(registry).end();
        int callback = objects.newObject((_, _) -> create());
        objects.request(WaylandObjects.DISPLAY, WlDisplay.SYNC).putInt(callback).end();
    }

    /** To wait for; it stays this object's. */
    public int fd() {
        return objects.fd();
    }

    /** Whether to wait also until it can be written to. */
    public boolean wantsToWrite() {
        return !allSent;
    }

    /**
     * Shows a picture from now on.
     *
     * @param pixels words 0x??RRGGBB, row by row, the caller's, until another picture is shown or this is closed
     */
    public void show(MemorySegment pixels, int newWidth, int newHeight) throws IOException {
        picture = pixels;
        boolean sameSize = newWidth == pictureWidth && newHeight == pictureHeight;
        pictureWidth = newWidth;
        pictureHeight = newHeight;
        if (!sameSize && !isObliged) {
            width = newWidth;
            height = newHeight;
        }
        ageAll();
        paint();
    }

    /** No picture from now on: black. */
    public void blank() throws IOException {
        picture = null;
        ageAll();
        paint();
    }

    /** The picture has changed there. */
    public void damage(int x, int y, int areaWidth, int areaHeight) throws IOException {
        int left = Math.max(0, x + marginX());
        int top = Math.max(0, y + marginY());
        int right = Math.min(width, x + marginX() + areaWidth);
        int bottom = Math.min(height, y + marginY() + areaHeight);
        if (left < right && top < bottom) {
            if (buffers != null) {
                buffers.age(left, top, right, bottom);
            }
            WindowBuffers.extend(changed, left, top, right, bottom);
            paint();
        }
    }

    /** Hears what the compositor says, and sends what waits. */
    public void onReady() throws IOException {
        objects.dispatch();
        paint();
    }

    private void flush() throws IOException {
        allSent = objects.flush();
    }

    // ---- objects

    private void registryEvent(int opcode, WaylandReader args) throws IOException, MalformedMessageException {
        if (opcode == WlRegistry.GLOBAL_EVENT) {
            int name = args.readInt();
            Global unused = globals.putIfAbsent(args.readString(), new Global(name, args.readInt()));
        }
    }

    private int bind(String interfaceName, int version, WaylandObjects.Listener events) throws IOException {
        Global global = globals.get(interfaceName);
        if (global == null) {
            throw new IOException("the compositor offers no " + interfaceName);
        }
        int id = objects.newObject(events);
        objects.request(registry, WlRegistry.BIND)
                .putInt(global.name())
                .putString(interfaceName)
                .putInt(Math.min(version, global.version()))
                .putInt(id)
                .end();
        if (interfaceName.equals("wl_compositor") && global.version() >= DAMAGE_BUFFER_SINCE) {
            damageRequest = WlSurface.DAMAGE_BUFFER;
        }
        return id;
    }

    private void create() throws IOException {
        int compositor = bind("wl_compositor", COMPOSITOR_VERSION, (_, _) -> {});
        shm = bind("wl_shm", 1, (_, _) -> {});
        wmBase = bind("xdg_wm_base", 1, this::wmBaseEvent);
        surface = objects.newObject((_, _) -> {});
        objects.request(compositor, WlCompositor.CREATE_SURFACE).putInt(surface).end();
        shellSurface = objects.newObject(this::shellSurfaceEvent);
        objects.request(wmBase, XdgWmBase.GET_XDG_SURFACE).putInt(shellSurface).putInt(surface).end();
        int toplevel = objects.newObject(this::toplevelEvent);
        objects.request(shellSurface, XdgSurface.GET_TOPLEVEL).putInt(toplevel).end();
        objects.request(toplevel, XdgToplevel.SET_TITLE).putString(title).end();
        objects.request(toplevel, XdgToplevel.SET_APP_ID).putString("wayferry").end();
        objects.request(surface, WlSurface.COMMIT).end();
    }

    private void wmBaseEvent(int opcode, WaylandReader args) throws IOException, MalformedMessageException {
        if (opcode == XdgWmBase.PING_EVENT) {
            objects.request(wmBase, XdgWmBase.PONG).putInt(args.readInt()).end();
        }
    }

    private void toplevelEvent(int opcode, WaylandReader args) throws IOException, MalformedMessageException {
        if (opcode == XdgToplevel.CLOSE_EVENT) {
            throw new IOException("the user has closed it");
        }
        if (opcode == XdgToplevel.CONFIGURE_EVENT) {
            wantedWidth = args.readInt();
            wantedHeight = args.readInt();
            isObliged = false;
            isResizing = false;
            ByteBuffer states = ByteBuffer.wrap(args.readArray()).order(ByteOrder.nativeOrder());
            while (states.remaining() >= Integer.BYTES) {
                int state = states.getInt();
                isObliged |= state != XdgToplevel.STATE_ACTIVATED;
                isResizing |= state == XdgToplevel.STATE_RESIZING;
            }
        }
    }

    private void shellSurfaceEvent(int opcode, WaylandReader args) throws IOException, MalformedMessageException {
        if (opcode != XdgSurface.CONFIGURE_EVENT) {
            return;
        }
        objects.request(shellSurface, XdgSurface.ACK_CONFIGURE).putInt(args.readInt()).end();
        configured = true;
        frameDue = true; // the compositor waits for this one
        width = wantedWidth > 0 ? wantedWidth : pictureWidth;
        height = wantedHeight > 0 ? wantedHeight : pictureHeight;
        ageAll();
        if (!isResizing && width > 0 && (width != pictureWidth || height != pictureHeight)) {
            listener.resized(width, height);
        }
    }

    // ---- painting

    private int marginX() {
        return (width - pictureWidth) / 2;
    }

    private int marginY() {
        return (height - pictureHeight) / 2;
    }

    private void ageAll() {
        if (buffers != null) {
            buffers.age(0, 0, buffers.width(), buffers.height());
        }
        WindowBuffers.extend(changed, 0, 0, width, height);
    }

    /** Gives the compositor a frame if there is something new, it wants one, and a buffer is free; sends what waits. */
    private void paint() throws IOException {
        if (configured && frameDue && allSent && width > 0 && height > 0 && changed[0] < changed[2]) {
            WindowBuffers ready = buffers;
            if (ready == null || ready.width() != width || ready.height() != height) {
                if (ready != null) {
                    buffers = null;
                    ready.close();
                }
                ready = new WindowBuffers(objects, shm, width, height);
                buffers = ready;
            }
            int buffer = ready.free();
            if (buffer >= 0) {
                fill(ready.pixels(buffer), ready.old(buffer));
                commit(ready.take(buffer));
            }
        }
        flush();
    }

    /** Brings the rectangle of a buffer up to date. */
    private void fill(MemorySegment pixels, int[] rectangle) {
        long bytes = WindowBuffers.BYTES_PER_PIXEL;
        MemorySegment from = picture;
        int left = Math.clamp(marginX(), rectangle[0], rectangle[2]);
        int right = Math.clamp(marginX() + (from == null ? 0 : pictureWidth), left, rectangle[2]);
        for (int y = rectangle[1]; y < rectangle[3]; y++) {
            long row = (long) y * width * bytes;
            int pictureY = y - marginY();
            if (from == null || pictureY < 0 || pictureY >= pictureHeight || left >= right) {
                pixels.asSlice(row + rectangle[0] * bytes, (rectangle[2] - rectangle[0]) * bytes).fill((byte) 0);
                continue;
            }
            pixels.asSlice(row + rectangle[0] * bytes, (left - rectangle[0]) * bytes).fill((byte) 0);
            long source = ((long) pictureY * pictureWidth + left - marginX()) * bytes;
            MemorySegment.copy(from, source, pixels, row + left * bytes, (right - left) * bytes);
            pixels.asSlice(row + right * bytes, (rectangle[2] - right) * bytes).fill((byte) 0);
        }
    }

    private void commit(int buffer) {
        objects.request(surface, WlSurface.ATTACH).putInt(buffer).putInt(0).putInt(0).end();
        int right = Math.min(changed[2], width);
        int bottom = Math.min(changed[3], height);
        objects.request(surface, damageRequest)
                .putInt(changed[0])
                .putInt(changed[1])
                .putInt(right - changed[0])
                .putInt(bottom - changed[1])
                .end();
        Arrays.fill(changed, 0);
        frameDue = false;
        int callback = objects.newObject((_, _) -> frameDue = true);
        objects.request(surface, WlSurface.FRAME).putInt(callback).end();
        objects.request(surface, WlSurface.COMMIT).end();
    }

    /** Takes the window away. */
    @Override
    public void close() {
        if (buffers != null) {
            buffers.close();
        }
        objects.close();
    }
}
