package dev.wayferry.examples.guestproxy;

import dev.wayferry.wire.wayland.WaylandInterface;
import org.jspecify.annotations.Nullable;

/** An object of the connection, of which nothing but its interface matters; the classes below it know more. */
class WaylandObject {
    private final int id;
    private final String interfaceName;
    private final @Nullable WaylandInterface type;

    WaylandObject(int id, String interfaceName) {
        this.id = id;
        this.interfaceName = interfaceName;
        this.type = ProtocolTables.named(interfaceName);
    }

    final int id() {
        return id;
    }

    final String interfaceName() {
        return interfaceName;
    }

    /** The signatures, or null when the proxy has no table for the interface. */
    final @Nullable WaylandInterface type() {
        return type;
    }

    /** Lets go of what it holds: it is gone, or another has its number. */
    void discard() {}

    @Override
    public String toString() {
        return interfaceName + "@" + Integer.toUnsignedString(id);
    }
}
