package dev.wayferry.wire.wayland;

/** wl_subsurface: a surface that is part of another (wayland.xml). */
public final class WlSubsurface {
    public static final int DESTROY = 0;
    public static final int SET_POSITION = 1;
    public static final int PLACE_ABOVE = 2;
    public static final int PLACE_BELOW = 3;
    public static final int SET_SYNC = 4;
    public static final int SET_DESYNC = 5;

    public static final int ERROR_BAD_SURFACE = 0;

    public static final WaylandInterface INTERFACE = WaylandInterface.of(
            "wl_subsurface",
            1,
            """
            destroy!
            set_position i i
            place_above o:wl_surface
            place_below o:wl_surface
            set_sync
            set_desync
            """,
            """
            """);

    private WlSubsurface() {}
}
