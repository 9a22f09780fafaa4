package dev.wayferry.examples.compositor;

import dev.wayferry.wire.wayland.MalformedMessageException;
import dev.wayferry.wire.wayland.WaylandReader;
import dev.wayferry.wire.wayland.WlSeat;

final class SeatResource extends Resource {
    private static final int NAME_SINCE = 2;

    SeatResource(Client client, int id, int version) {
        super(client, id, WlSeat.INTERFACE, version);
    }

    void announce() {
        event(WlSeat.CAPABILITIES_EVENT)
                .putInt(WlSeat.CAPABILITY_POINTER | WlSeat.CAPABILITY_KEYBOARD)
                .end();
        if (version() >= NAME_SINCE) {
            event(WlSeat.NAME_EVENT).putString("seat0").end();
        }
    }

    @Override
    void request(int opcode, WaylandReader args) throws ProtocolException, MalformedMessageException {
        switch (opcode) {
            case WlSeat.GET_POINTER ->
                display().seat().addPointer(client().add(new PointerResource(this, client().newId(args))));
            case WlSeat.GET_KEYBOARD ->
                display().seat().addKeyboard(client().add(new KeyboardResource(this, client().newId(args))));
            case WlSeat.GET_TOUCH -> throw error(WlSeat.ERROR_MISSING_CAPABILITY, "there is no touch screen");
            case WlSeat.RELEASE -> destroy();
            default -> throw unhandled(opcode);
        }
    }
}
