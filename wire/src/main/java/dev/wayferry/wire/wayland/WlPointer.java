package dev.wayferry.wire.wayland;

/** wl_pointer: a mouse (wayland.xml). */
public final class WlPointer {
    public static final int SET_CURSOR = 0;
    public static final int RELEASE = 1;

    public static final int ENTER_EVENT = 0;
    public static final int LEAVE_EVENT = 1;
    public static final int MOTION_EVENT = 2;
    public static final int BUTTON_EVENT = 3;
    public static final int AXIS_EVENT = 4;
    public static final int FRAME_EVENT = 5;
    public static final int AXIS_SOURCE_EVENT = 6;
    public static final int AXIS_STOP_EVENT = 7;
    public static final int AXIS_DISCRETE_EVENT = 8;
    public static final int AXIS_VALUE120_EVENT = 9;
    public static final int AXIS_RELATIVE_DIRECTION_EVENT = 10;

    public static final int ERROR_ROLE = 0;

    public static final int BUTTON_STATE_RELEASED = 0;
    public static final int BUTTON_STATE_PRESSED = 1;

    public static final int AXIS_VERTICAL_SCROLL = 0;
    public static final int AXIS_HORIZONTAL_SCROLL = 1;

    public static final int AXIS_SOURCE_WHEEL = 0;
    public static final int AXIS_SOURCE_FINGER = 1;
    public static final int AXIS_SOURCE_CONTINUOUS = 2;
    public static final int AXIS_SOURCE_WHEEL_TILT = 3;

    public static final WaylandInterface INTERFACE = WaylandInterface.of(
            "wl_pointer",
            10,
            """
            set_cursor u ?o:wl_surface i i
            release@3!
            """,
            """
            enter u o:wl_surface f f
            leave u o:wl_surface
            motion u f f
            button u u u u
            axis u u f
            frame@5
            axis_source@5 u
            axis_stop@5 u u
            axis_discrete@5 u i
            axis_value120@8 u i
            axis_relative_direction@9 u u
            """);

    private WlPointer() {}
}
