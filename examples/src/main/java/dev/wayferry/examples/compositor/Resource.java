package dev.wayferry.examples.compositor;

import dev.wayferry.wire.wayland.MalformedMessageException;
import dev.wayferry.wire.wayland.WaylandInterface;
import dev.wayferry.wire.wayland.WaylandReader;
import dev.wayferry.wire.wayland.WaylandWriter;

/** One protocol object of one client. */
abstract class Resource {
    private final Client client;
    private final int id;
    private final WaylandInterface type;
    private final int version;
    private boolean alive = true;

    Resource(Client client, int id, WaylandInterface type, int version) {
        this.client = client;
        this.id = id;
        this.type = type;
        this.version = version;
    }

    /** An object of its parent's version, as all but the globals are. */
    Resource(Resource parent, int id, WaylandInterface type) {
        this(parent.client, id, type, parent.version);
    }

    final Client client() {
        return client;
    }

    final Display display() {
        return client.display();
    }

    final int id() {
        return id;
    }

    final WaylandInterface type() {
        return type;
    }

    final int version() {
        return version;
    }

    final boolean isAlive() {
        return alive;
    }

    /** Carries out a request, whose opcode and version have been checked. */
    abstract void request(int opcode, WaylandReader args) throws ProtocolException, MalformedMessageException;

    /** Lets go of everything; once, by a destructor or at the client's end. */
    void destroyed() {}

    /** Ends the object and tells the client that its id is free. */
    final void destroy() {
        if (alive) {
            client.forget(this);
            end();
        }
    }

    /** Ends the object; the client's table is the caller's business. */
    final void end() {
        if (alive) {
            alive = false;
            destroyed();
        }
    }

    /** Starts an event of this object. */
    final WaylandWriter event(int opcode) {
        return client.event(id, opcode);
    }

    final ProtocolException error(int code, String message) {
        return new ProtocolException(id, code, type.name() + "#" + id + ": " + message);
    }

    /** For opcodes that {@link #request} does not know, which the table's check should have kept away. */
    final IllegalStateException unhandled(int opcode) {
        return new IllegalStateException(type.name() + " version " + version + " opcode " + opcode);
    }

    @Override
    public String toString() {
        return type.name() + "#" + Integer.toUnsignedString(id);
    }
}
