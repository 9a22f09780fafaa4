package dev.wayferry.wire.wayland;

/** wl_buffer: the content of a surface (wayland.xml). */
public final class WlBuffer {
    public static final int DESTROY = 0;

    public static final int RELEASE_EVENT = 0;

    public static final WaylandInterface INTERFACE = WaylandInterface.of(
            "wl_buffer",
            1,
            """
            destroy!
            """,
            """
            release
            """);

    private WlBuffer() {}
}
