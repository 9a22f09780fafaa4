package dev.wayferry.examples.compositor;

import dev.wayferry.wire.wayland.MalformedMessageException;
import dev.wayferry.wire.wayland.WaylandReader;
import dev.wayferry.wire.wayland.XdgWmBase;

final class WmBase extends Resource {
    private int surfaces;
    private int pingSerial;
    private boolean answered = true;

    WmBase(Client client, int id, int version) {
        super(client, id, XdgWmBase.INTERFACE, version);
    }

    /** Asks the client for a sign of life, unless it owes one. */
    void ping() {
        if (answered) {
            answered = false;
            pingSerial = display().nextSerial();
            event(XdgWmBase.PING_EVENT).putInt(pingSerial).end();
        }
    }

    /** Whether no ping waits for its pong. */
    boolean hasAnswered() {
        return answered;
    }

    void surfaceDestroyed() {
        surfaces--;
    }

    @Override
    void request(int opcode, WaylandReader args) throws ProtocolException, MalformedMessageException {
        switch (opcode) {
            case XdgWmBase.DESTROY -> {
                if (surfaces > 0) {
                    throw error(XdgWmBase.ERROR_DEFUNCT_SURFACES, surfaces + " surfaces are left");
                }
                destroy();
            }
            case XdgWmBase.CREATE_POSITIONER -> client().add(new Positioner(this, client().newId(args)));
            case XdgWmBase.GET_XDG_SURFACE -> {
                int id = client().newId(args);
                Surface surface = client().object(args, Surface.class);
                if (surface.role() != null) {
                    throw error(XdgWmBase.ERROR_ROLE, surface + " has a role");
                }
                if (surface.hasBuffer()) {
                    throw error(XdgWmBase.ERROR_INVALID_SURFACE_STATE, surface + " has a buffer already");
                }
                client().add(new ShellSurface(this, id, surface));
                surfaces++;
            }
            case XdgWmBase.PONG -> {
                if (args.readInt() == pingSerial) {
                    answered = true;
                }
            }
            default -> throw unhandled(opcode);
        }
    }
}
