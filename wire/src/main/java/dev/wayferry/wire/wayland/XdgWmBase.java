package dev.wayferry.wire.wayland;

/** xdg_wm_base: windows for the desktop (xdg-shell.xml). */
public final class XdgWmBase {
    public static final int DESTROY = 0;
    public static final int CREATE_POSITIONER = 1;
    public static final int GET_XDG_SURFACE = 2;
    public static final int PONG = 3;

    public static final int PING_EVENT = 0;

    public static final int ERROR_ROLE = 0;
    public static final int ERROR_DEFUNCT_SURFACES = 1;
    public static final int ERROR_NOT_THE_TOPMOST_POPUP = 2;
    public static final int ERROR_INVALID_POPUP_PARENT = 3;
    public static final int ERROR_INVALID_SURFACE_STATE = 4;
    public static final int ERROR_INVALID_POSITIONER = 5;
    public static final int ERROR_UNRESPONSIVE = 6;

    public static final WaylandInterface INTERFACE = WaylandInterface.of(
            "xdg_wm_base",
            5,
            """
            destroy!
            create_positioner n:xdg_positioner
            get_xdg_surface n:xdg_surface o:wl_surface
            pong u
            """,
            """
            ping u
            """);

    private XdgWmBase() {}
}
