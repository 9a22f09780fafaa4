package dev.wayferry.examples.guestproxy;

import dev.wayferry.wire.wayland.WlBuffer;

/** A program's {@code wl_buffer} in memory that the host has too: nothing of it is copied. */
final class SharedBuffer extends WaylandObject {
    private final SharedPool pool;

    /** A buffer that takes a hold of its own on {@code pool}, until its number is free again. */
    SharedBuffer(int id, SharedPool pool) {
        super(id, WlBuffer.INTERFACE.name());
        this.pool = pool;
        pool.hold();
    }

    @Override
    void discard() {
        pool.drop();
    }
}
