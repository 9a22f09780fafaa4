package dev.wayferry.examples.compositor;

import dev.wayferry.wire.wayland.MalformedMessageException;
import dev.wayferry.wire.wayland.WaylandReader;
import dev.wayferry.wire.wayland.WlPointer;
import org.jspecify.annotations.Nullable;

final class PointerResource extends Resource {
    private static final int FRAME_SINCE = 5;

    PointerResource(Resource parent, int id) {
        super(parent, id, WlPointer.INTERFACE);
    }

    void enter(int serial, Surface surface, double x, double y) {
        event(WlPointer.ENTER_EVENT)
                .putInt(serial)
                .putInt(surface.id())
                .putFixed(x)
                .putFixed(y)
                .end();
        frame();
    }

    void leave(int serial, Surface surface) {
        event(WlPointer.LEAVE_EVENT).putInt(serial).putInt(surface.id()).end();
        frame();
    }

    void motion(int time, double x, double y) {
        event(WlPointer.MOTION_EVENT).putInt(time).putFixed(x).putFixed(y).end();
        frame();
    }

    void button(int serial, int time, int button, boolean pressed) {
        event(WlPointer.BUTTON_EVENT)
                .putInt(serial)
                .putInt(time)
                .putInt(button)
                .putInt(pressed ? WlPointer.BUTTON_STATE_PRESSED : WlPointer.BUTTON_STATE_RELEASED)
                .end();
        frame();
    }

    /** One turn of the wheel by {@code steps} notches. */
    void axis(int time, int axis, int steps, double distance) {
        if (version() >= FRAME_SINCE) {
            event(WlPointer.AXIS_SOURCE_EVENT).putInt(WlPointer.AXIS_SOURCE_WHEEL).end();
            event(WlPointer.AXIS_DISCRETE_EVENT).putInt(axis).putInt(steps).end();
        }
        event(WlPointer.AXIS_EVENT).putInt(time).putInt(axis).putFixed(distance).end();
        frame();
    }

    private void frame() {
        if (version() >= FRAME_SINCE) {
            event(WlPointer.FRAME_EVENT).end();
        }
    }

    @Override
    void request(int opcode, WaylandReader args) throws ProtocolException, MalformedMessageException {
        switch (opcode) {
            case WlPointer.SET_CURSOR -> {
                args.readInt();
                setCursor(client().nullableObject(args, Surface.class));
            }
            case WlPointer.RELEASE -> destroy();
            default -> throw unhandled(opcode);
        }
    }

    /** The cursor is not painted; its surface gets its role and its frame callbacks. */
    private void setCursor(@Nullable Surface surface) throws ProtocolException {
        if (surface == null || surface.role() instanceof Cursor) {
            return;
        }
        if (!surface.setRole(new Cursor())) {
            throw error(WlPointer.ERROR_ROLE, surface + " has another role");
        }
    }

    private static final class Cursor implements Role {
        @Override
        public String roleName() {
            return "wl_pointer-cursor";
        }
    }

    @Override
    void destroyed() {
        display().seat().removePointer(this);
    }
}
