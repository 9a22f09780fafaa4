package dev.wayferry.examples.compositor;

import dev.wayferry.wire.wayland.MalformedMessageException;
import dev.wayferry.wire.wayland.WaylandReader;
import dev.wayferry.wire.wayland.WlDisplay;

final class DisplayResource extends Resource {
    DisplayResource(Client client, int id) {
        super(client, id, WlDisplay.INTERFACE, 1);
    }

    @Override
    void request(int opcode, WaylandReader args) throws ProtocolException, MalformedMessageException {
        int id = client().newId(args);
        switch (opcode) {
            case WlDisplay.SYNC -> client().add(new CallbackResource(this, id)).done(display().nextSerial());
            case WlDisplay.GET_REGISTRY -> client().add(new RegistryResource(this, id)).announceAll();
            default -> throw unhandled(opcode);
        }
    }
}
