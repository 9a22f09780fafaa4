package dev.wayferry.wire.wayland;

/** wl_keyboard: a keyboard (wayland.xml). */
public final class WlKeyboard {
    public static final int RELEASE = 0;

    public static final int KEYMAP_EVENT = 0;
    public static final int ENTER_EVENT = 1;
    public static final int LEAVE_EVENT = 2;
    public static final int KEY_EVENT = 3;
    public static final int MODIFIERS_EVENT = 4;
    public static final int REPEAT_INFO_EVENT = 5;

    public static final int KEYMAP_FORMAT_NO_KEYMAP = 0;
    public static final int KEYMAP_FORMAT_XKB_V1 = 1;

    public static final int KEY_STATE_RELEASED = 0;
    public static final int KEY_STATE_PRESSED = 1;

    public static final WaylandInterface INTERFACE = WaylandInterface.of(
            "wl_keyboard",
            10,
            """
            release@3!
            """,
            """
            keymap u h u
            enter u o:wl_surface a
            leave u o:wl_surface
            key u u u u
            modifiers u u u u u
            repeat_info@4 i i
            """);

    private WlKeyboard() {}
}
