package dev.wayferry.examples.compositor;

import dev.wayferry.wire.wayland.MalformedMessageException;
import dev.wayferry.wire.wayland.WaylandReader;
import dev.wayferry.wire.wayland.WlSubcompositor;
import org.jspecify.annotations.Nullable;

final class SubcompositorResource extends Resource {
    SubcompositorResource(Client client, int id, int version) {
        super(client, id, WlSubcompositor.INTERFACE, version);
    }

    @Override
    void request(int opcode, WaylandReader args) throws ProtocolException, MalformedMessageException {
        switch (opcode) {
            case WlSubcompositor.DESTROY -> destroy();
            case WlSubcompositor.GET_SUBSURFACE -> {
                int id = client().newId(args);
                Surface surface = client().object(args, Surface.class);
                Surface parent = client().object(args, Surface.class);
                for (Surface each = parent; each != null; each = parentOf(each)) {
                    if (each == surface) {
                        throw error(WlSubcompositor.ERROR_BAD_SURFACE, surface + " would be part of itself");
                    }
                }
                var subsurface = new Subsurface(this, id, surface, parent);
                if (!surface.setRole(subsurface)) {
                    throw error(WlSubcompositor.ERROR_BAD_SURFACE, surface + " has another role");
                }
                client().add(subsurface);
                parent.pendingStack().add(surface);
            }
            default -> throw unhandled(opcode);
        }
    }

    private static @Nullable Surface parentOf(Surface surface) {
        return surface.role() instanceof Subsurface part ? part.parent() : null;
    }
}
