package dev.wayferry.examples.compositor;

import dev.wayferry.wire.wayland.WaylandReader;
import dev.wayferry.wire.wayland.WlBuffer;
import dev.wayferry.wire.wayland.WlShm;

/** A picture of 32 bits a pixel in a pool. */
final class ShmBuffer extends Resource {
    private final ShmPool pool;
    private final int offset;
    private final int width;
    private final int height;
    private final int stride;
    private final int format;

    /** The values have been checked against the pool, which counts one user more. */
    ShmBuffer(ShmPool pool, int id, int offset, int width, int height, int stride, int format) {
        super(pool, id, WlBuffer.INTERFACE);
        this.pool = pool;
        this.offset = offset;
        this.width = width;
        this.height = height;
        this.stride = stride;
        this.format = format;
    }

    ShmPool pool() {
        return pool;
    }

    int offset() {
        return offset;
    }

    int width() {
        return width;
    }

    int height() {
        return height;
    }

    /** Bytes from one row to the next. */
    int stride() {
        return stride;
    }

    boolean isOpaque() {
        return format == WlShm.FORMAT_XRGB8888;
    }

    /** Tells the client that it may draw into it again. */
    void release() {
        if (isAlive()) {
            event(WlBuffer.RELEASE_EVENT).end();
        }
    }

    @Override
    void request(int opcode, WaylandReader args) {
        destroy();
    }

    @Override
    void destroyed() {
        pool.release();
    }
}
