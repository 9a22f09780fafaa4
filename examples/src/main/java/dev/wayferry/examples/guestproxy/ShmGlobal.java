package dev.wayferry.examples.guestproxy;

import dev.wayferry.wire.wayland.WlShm;

/** A {@code wl_shm}. The host keeps it until its last pool is gone: see {@link ShmPool} on who creates pools when. */
final class ShmGlobal extends WaylandObject {
    private int pools;
    private boolean released;

    ShmGlobal(int id) {
        super(id, WlShm.INTERFACE.name());
    }

    void addPool() {
        pools++;
    }

    void removePool() {
        pools--;
    }

    void release() {
        released = true;
    }

    /** Whether the host may be told of the release now. */
    boolean isFinished() {
        return released && pools == 0;
    }
}
