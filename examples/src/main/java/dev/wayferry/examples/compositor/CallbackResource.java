package dev.wayferry.examples.compositor;

import dev.wayferry.wire.wayland.WaylandReader;
import dev.wayferry.wire.wayland.WlCallback;

final class CallbackResource extends Resource {
    CallbackResource(Resource parent, int id) {
        super(parent, id, WlCallback.INTERFACE);
    }

    @Override
    void request(int opcode, WaylandReader args) {
        throw unhandled(opcode);
    }

    /** Sends the one event, which ends the object. */
    void done(int data) {
        event(WlCallback.DONE_EVENT).putInt(data).end();
        destroy();
    }
}
