package dev.wayferry.wire.wayland;

/** wl_subcompositor: makes a surface the part of another (wayland.xml). */
public final class WlSubcompositor {
    public static final int DESTROY = 0;
    public static final int GET_SUBSURFACE = 1;

    public static final int ERROR_BAD_SURFACE = 0;

    public static final WaylandInterface INTERFACE = WaylandInterface.of(
            "wl_subcompositor",
            1,
            """
            destroy!
            get_subsurface n:wl_subsurface o:wl_surface o:wl_surface
            """,
            """
            """);

    private WlSubcompositor() {}
}
