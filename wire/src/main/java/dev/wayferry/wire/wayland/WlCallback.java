package dev.wayferry.wire.wayland;

/** wl_callback: an event that comes once (wayland.xml). */
public final class WlCallback {
    public static final int DONE_EVENT = 0;

    public static final WaylandInterface INTERFACE = WaylandInterface.of(
            "wl_callback",
            1,
            """
            """,
            """
            done! u
            """);

    private WlCallback() {}
}
