package dev.wayferry.wire.wayland;

/** wl_touch: a touch screen (wayland.xml). */
public final class WlTouch {
    public static final int RELEASE = 0;

    public static final int DOWN_EVENT = 0;
    public static final int UP_EVENT = 1;
    public static final int MOTION_EVENT = 2;
    public static final int FRAME_EVENT = 3;
    public static final int CANCEL_EVENT = 4;
    public static final int SHAPE_EVENT = 5;
    public static final int ORIENTATION_EVENT = 6;

    public static final WaylandInterface INTERFACE = WaylandInterface.of(
            "wl_touch",
            10,
            """
            release@3!
            """,
            """
            down u u o:wl_surface i f f
            up u u i
            motion u i f f
            frame
            cancel
            shape@6 i f f
            orientation@6 i f
            """);

    private WlTouch() {}
}
