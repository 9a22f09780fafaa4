package dev.wayferry.examples.compositor;

import dev.wayferry.wire.wayland.WaylandReader;
import dev.wayferry.wire.wayland.WlOutput;

/** The one monitor. */
final class OutputResource extends Resource {
    private static final int DONE_SINCE = 2;
    private static final int REFRESH_MILLIHERTZ = 60_000;
    /** Of a screen with 96 dots an inch: 25.4 mm. */
    private static final int DOTS_PER_INCH = 96;

    OutputResource(Client client, int id, int version) {
        super(client, id, WlOutput.INTERFACE, version);
    }

    void announce() {
        Scene scene = display().scene();
        event(WlOutput.GEOMETRY_EVENT)
                .putInt(0)
                .putInt(0)
                .putInt(millimetres(scene.width()))
                .putInt(millimetres(scene.height()))
                .putInt(WlOutput.SUBPIXEL_UNKNOWN)
                .putString("Wayferry")
                .putString("embedded")
                .putInt(WlOutput.TRANSFORM_NORMAL)
                .end();
        event(WlOutput.MODE_EVENT)
                .putInt(WlOutput.MODE_CURRENT | WlOutput.MODE_PREFERRED)
                .putInt(scene.width())
                .putInt(scene.height())
                .putInt(REFRESH_MILLIHERTZ)
                .end();
        if (version() >= DONE_SINCE) {
            event(WlOutput.SCALE_EVENT).putInt(1).end();
            event(WlOutput.DONE_EVENT).end();
        }
    }

    private static int millimetres(int pixels) {
        return pixels * 254 / (DOTS_PER_INCH * 10);
    }

    @Override
    void request(int opcode, WaylandReader args) {
        destroy();
    }

    @Override
    void destroyed() {
        display().removeOutput(this);
    }
}
