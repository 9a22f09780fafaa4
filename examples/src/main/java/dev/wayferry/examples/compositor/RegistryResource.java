package dev.wayferry.examples.compositor;

import dev.wayferry.wire.wayland.MalformedMessageException;
import dev.wayferry.wire.wayland.WaylandReader;
import dev.wayferry.wire.wayland.WlDisplay;
import dev.wayferry.wire.wayland.WlRegistry;

final class RegistryResource extends Resource {
    RegistryResource(Resource parent, int id) {
        super(parent, id, WlRegistry.INTERFACE);
    }

    void announceAll() {
        for (Global global : display().globals()) {
            event(WlRegistry.GLOBAL_EVENT)
                    .putInt(global.name())
                    .putString(global.type().name())
                    .putInt(global.version())
                    .end();
        }
    }

    @Override
    void request(int opcode, WaylandReader args) throws ProtocolException, MalformedMessageException {
        int name = args.readInt();
        String type = args.readString();
        int version = args.readInt();
        int id = client().newId(args);
        for (Global global : display().globals()) {
            if (global.name() == name) {
                if (!global.type().name().equals(type) || version < 1 || version > global.version()) {
                    throw error(
                            WlDisplay.ERROR_INVALID_OBJECT,
                            "global " + name + " is " + global.type().name() + " version " + global.version() + ", not "
                                    + type + " version " + version);
                }
                client().add(global.binder().bind(client(), id, version));
                return;
            }
        }
        throw error(WlDisplay.ERROR_INVALID_OBJECT, "there is no global " + name);
    }
}
