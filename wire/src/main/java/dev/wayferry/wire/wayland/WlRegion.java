package dev.wayferry.wire.wayland;

/** wl_region: a set of rectangles (wayland.xml). */
public final class WlRegion {
    public static final int DESTROY = 0;
    public static final int ADD = 1;
    public static final int SUBTRACT = 2;

    public static final WaylandInterface INTERFACE = WaylandInterface.of(
            "wl_region",
            1,
            """
            destroy!
            add i i i i
            subtract i i i i
            """,
            """
            """);

    private WlRegion() {}
}
