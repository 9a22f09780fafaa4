package dev.wayferry.bridge.mirror;

import dev.wayferry.wire.wayland.WaylandInterface;

/** An object of the connection of which something has to be known. */
class Tracked {
    private final WaylandInterface type;

    Tracked(WaylandInterface type) {
        this.type = type;
    }

    WaylandInterface type() {
        return type;
    }

    /** Its number stands for something else from now on, or for nothing. */
    void drop() {
        // Most hold nothing.
    }
}
