package dev.wayferry.wire.wayland;

/** wl_registry: the list of globals (wayland.xml). */
public final class WlRegistry {
    public static final int BIND = 0;

    public static final int GLOBAL_EVENT = 0;
    public static final int GLOBAL_REMOVE_EVENT = 1;

    public static final WaylandInterface INTERFACE = WaylandInterface.of(
            "wl_registry",
            1,
            """
            bind u s u n
            """,
            """
            global u s u
            global_remove u
            """);

    private WlRegistry() {}
}
