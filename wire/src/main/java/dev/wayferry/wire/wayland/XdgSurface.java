package dev.wayferry.wire.wayland;

/** xdg_surface: a surface that the desktop configures (xdg-shell.xml). */
public final class XdgSurface {
    public static final int DESTROY = 0;
    public static final int GET_TOPLEVEL = 1;
    public static final int GET_POPUP = 2;
    public static final int SET_WINDOW_GEOMETRY = 3;
    public static final int ACK_CONFIGURE = 4;

    public static final int CONFIGURE_EVENT = 0;

    public static final int ERROR_NOT_CONSTRUCTED = 1;
    public static final int ERROR_ALREADY_CONSTRUCTED = 2;
    public static final int ERROR_UNCONFIGURED_BUFFER = 3;
    public static final int ERROR_INVALID_SERIAL = 4;
    public static final int ERROR_INVALID_SIZE = 5;
    public static final int ERROR_DEFUNCT_ROLE_OBJECT = 6;

    public static final WaylandInterface INTERFACE = WaylandInterface.of(
            "xdg_surface",
            5,
            """
            destroy!
            get_toplevel n:xdg_toplevel
            get_popup n:xdg_popup ?o:xdg_surface o:xdg_positioner
            set_window_geometry i i i i
            ack_configure u
            """,
            """
            configure u
            """);

    private XdgSurface() {}
}
