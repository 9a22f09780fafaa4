package dev.wayferry.wire.wayland;

/** wl_compositor: makes surfaces and regions (wayland.xml). */
public final class WlCompositor {
    public static final int CREATE_SURFACE = 0;
    public static final int CREATE_REGION = 1;

    public static final WaylandInterface INTERFACE = WaylandInterface.of(
            "wl_compositor",
            6,
            """
            create_surface n:wl_surface
            create_region n:wl_region
            """,
            """
            """);

    private WlCompositor() {}
}
