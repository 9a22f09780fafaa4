package dev.wayferry.examples.compositor;

import dev.wayferry.wire.wayland.MalformedMessageException;
import dev.wayferry.wire.wayland.WaylandReader;
import dev.wayferry.wire.wayland.WlCompositor;

final class CompositorResource extends Resource {
    CompositorResource(Client client, int id, int version) {
        super(client, id, WlCompositor.INTERFACE, version);
    }

    @Override
    void request(int opcode, WaylandReader args) throws ProtocolException, MalformedMessageException {
        int id = client().newId(args);
        switch (opcode) {
            case WlCompositor.CREATE_SURFACE ->
                display().scene().addSurface(client().add(new Surface(this, id)));
            case WlCompositor.CREATE_REGION -> client().add(new RegionResource(this, id));
            default -> throw unhandled(opcode);
        }
    }
}
