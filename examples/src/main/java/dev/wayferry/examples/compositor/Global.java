package dev.wayferry.examples.compositor;

import dev.wayferry.wire.wayland.WaylandInterface;

/**
 * Something that the registry offers.
 *
 * @param name its number in the registry
 * @param version the newest version offered
 */
record Global(int name, WaylandInterface type, int version, Binder binder) {
    /** Makes the object that a client binds. */
    interface Binder {
        Resource bind(Client client, int id, int version);
    }
}
