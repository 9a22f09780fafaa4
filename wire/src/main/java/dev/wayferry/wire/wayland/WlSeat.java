package dev.wayferry.wire.wayland;

/** wl_seat: a user's set of input devices (wayland.xml). */
public final class WlSeat {
    public static final int GET_POINTER = 0;
    public static final int GET_KEYBOARD = 1;
    public static final int GET_TOUCH = 2;
    public static final int RELEASE = 3;

    public static final int CAPABILITIES_EVENT = 0;
    public static final int NAME_EVENT = 1;

    public static final int CAPABILITY_POINTER = 1;
    public static final int CAPABILITY_KEYBOARD = 2;
    public static final int CAPABILITY_TOUCH = 4;

    public static final int ERROR_MISSING_CAPABILITY = 0;

    public static final WaylandInterface INTERFACE = WaylandInterface.of(
            "wl_seat",
            10,
            """
            get_pointer n:wl_pointer
            get_keyboard n:wl_keyboard
            get_touch n:wl_touch
            release@5!
            """,
            """
            capabilities u
            name@2 s
            """);

    private WlSeat() {}
}
