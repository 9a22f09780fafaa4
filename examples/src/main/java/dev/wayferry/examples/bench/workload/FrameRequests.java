package dev.wayferry.examples.bench.workload;

import dev.wayferry.examples.bench.guest.Guest;
import dev.wayferry.examples.bench.guest.Picture;
import dev.wayferry.wire.wayland.WaylandWriter;
import dev.wayferry.wire.wayland.WlCompositor;
import dev.wayferry.wire.wayland.WlDisplay;
import dev.wayferry.wire.wayland.WlRegistry;
import dev.wayferry.wire.wayland.WlShm;
import dev.wayferry.wire.wayland.WlShmPool;
import dev.wayferry.wire.wayland.WlSurface;

/** The requests of a program that shows frames, put into payloads of SENDs; each gives the number of bytes. */
final class FrameRequests {
    private static final int DISPLAY = 1;
    private static final int REGISTRY = 2;
    private static final int COMPOSITOR = 3;
    private static final int MEMORY_GLOBAL = 4;
    private static final int SURFACE = 5;
    /** From here on a pool and a buffer for each picture. */
    private static final int FIRST_POOL = 6;

    private static final int FIRST_BUFFER = 10;
    private static final int COMPOSITOR_VERSION = 4;
    private static final int DMABUF_VERSION = 3;

    // zwp_linux_dmabuf_v1 and zwp_linux_buffer_params_v1, of linux-dmabuf-v1.xml.
    private static final int CREATE_PARAMS = 1;
    private static final int ADD = 1;
    private static final int CREATE_IMMED = 3;
    private static final int XRGB8888 = 0x34325258;

    private final Guest guest;
    private final int connection;
    private final WaylandWriter writer = new WaylandWriter();
    private long start;

    FrameRequests(Guest guest, int connection) {
        this.guest = guest;
        this.connection = connection;
    }

    private WaylandWriter begin(int slot, int object, int opcode) {
        start = guest.payload(connection, slot);
        return writer.wrap(guest.memory(), start).begin(object, opcode);
    }

    private int length() {
        return (int) (writer.position() - start);
    }

    /** Makes the surface. The names of globals are as good as any: this compositor has told of none. */
    int bind(boolean dmaBuf) {
        begin(0, DISPLAY, WlDisplay.GET_REGISTRY).putInt(REGISTRY).end();
        writer.begin(REGISTRY, WlRegistry.BIND)
                .putInt(1)
                .putString("wl_compositor")
                .putInt(COMPOSITOR_VERSION)
                .putInt(COMPOSITOR)
                .end();
        writer.begin(REGISTRY, WlRegistry.BIND)
                .putInt(2)
                .putString(dmaBuf ? "zwp_linux_dmabuf_v1" : "wl_shm")
                .putInt(dmaBuf ? DMABUF_VERSION : 1)
                .putInt(MEMORY_GLOBAL)
                .end();
        writer.begin(COMPOSITOR, WlCompositor.CREATE_SURFACE).putInt(SURFACE).end();
        return length();
    }

    /** Makes a buffer of the picture, whose file goes along, by wl_shm. */
    int pool(int index, Picture picture, int width, int height) {
        begin(0, MEMORY_GLOBAL, WlShm.CREATE_POOL)
                .putInt(FIRST_POOL + index)
                .putInt(picture.fileSize())
                .end();
        writer.begin(FIRST_POOL + index, WlShmPool.CREATE_BUFFER)
                .putInt(FIRST_BUFFER + index)
                .putInt(picture.fileOffset())
                .putInt(width)
                .putInt(height)
                .putInt(picture.stride())
                .putInt(WlShm.FORMAT_XRGB8888)
                .end();
        return length();
    }

    /** The same by zwp_linux_dmabuf. */
    int dmaBuf(int index, Picture picture, int width, int height) {
        begin(0, MEMORY_GLOBAL, CREATE_PARAMS).putInt(FIRST_POOL + index).end();
        writer.begin(FIRST_POOL + index, ADD)
                .putInt(0)
                .putInt(picture.fileOffset())
                .putInt(picture.stride())
                .putInt((int) (picture.modifier() >>> Integer.SIZE))
                .putInt((int) picture.modifier())
                .end();
        writer.begin(FIRST_POOL + index, CREATE_IMMED)
                .putInt(FIRST_BUFFER + index)
                .putInt(width)
                .putInt(height)
                .putInt(XRGB8888)
                .putInt(0)
                .end();
        return length();
    }

    /** Shows the buffer: all of it has changed. */
    int frame(int slot, int index, int width, int height) {
        begin(slot, SURFACE, WlSurface.ATTACH)
                .putInt(FIRST_BUFFER + index)
                .putInt(0)
                .putInt(0)
                .end();
        writer.begin(SURFACE, WlSurface.DAMAGE_BUFFER)
                .putInt(0)
                .putInt(0)
                .putInt(width)
                .putInt(height)
                .end();
        writer.begin(SURFACE, WlSurface.COMMIT).end();
        return length();
    }
}
