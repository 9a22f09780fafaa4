package dev.wayferry.wire.wayland;

/** wl_display: the connection itself, always object 1 (wayland.xml). */
public final class WlDisplay {
    public static final int SYNC = 0;
    public static final int GET_REGISTRY = 1;

    public static final int ERROR_EVENT = 0;
    public static final int DELETE_ID_EVENT = 1;

    public static final int ERROR_INVALID_OBJECT = 0;
    public static final int ERROR_INVALID_METHOD = 1;
    public static final int ERROR_NO_MEMORY = 2;
    public static final int ERROR_IMPLEMENTATION = 3;

    public static final WaylandInterface INTERFACE = WaylandInterface.of(
            "wl_display",
            1,
            """
            sync n:wl_callback
            get_registry n:wl_registry
            """,
            """
            error o u s
            delete_id u
            """);

    private WlDisplay() {}
}
