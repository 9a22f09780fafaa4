package dev.wayferry.wire.wayland;

/** xdg_toplevel: a window (xdg-shell.xml). */
public final class XdgToplevel {
    public static final int DESTROY = 0;
    public static final int SET_PARENT = 1;
    public static final int SET_TITLE = 2;
    public static final int SET_APP_ID = 3;
    public static final int SHOW_WINDOW_MENU = 4;
    public static final int MOVE = 5;
    public static final int RESIZE = 6;
    public static final int SET_MAX_SIZE = 7;
    public static final int SET_MIN_SIZE = 8;
    public static final int SET_MAXIMIZED = 9;
    public static final int UNSET_MAXIMIZED = 10;
    public static final int SET_FULLSCREEN = 11;
    public static final int UNSET_FULLSCREEN = 12;
    public static final int SET_MINIMIZED = 13;

    public static final int CONFIGURE_EVENT = 0;
    public static final int CLOSE_EVENT = 1;
    public static final int CONFIGURE_BOUNDS_EVENT = 2;
    public static final int WM_CAPABILITIES_EVENT = 3;

    public static final int ERROR_INVALID_RESIZE_EDGE = 0;
    public static final int ERROR_INVALID_PARENT = 1;
    public static final int ERROR_INVALID_SIZE = 2;

    public static final int RESIZE_EDGE_NONE = 0;
    public static final int RESIZE_EDGE_TOP = 1;
    public static final int RESIZE_EDGE_BOTTOM = 2;
    public static final int RESIZE_EDGE_LEFT = 4;
    public static final int RESIZE_EDGE_TOP_LEFT = 5;
    public static final int RESIZE_EDGE_BOTTOM_LEFT = 6;
    public static final int RESIZE_EDGE_RIGHT = 8;
    public static final int RESIZE_EDGE_TOP_RIGHT = 9;
    public static final int RESIZE_EDGE_BOTTOM_RIGHT = 10;

    public static final int STATE_MAXIMIZED = 1;
    public static final int STATE_FULLSCREEN = 2;
    public static final int STATE_RESIZING = 3;
    public static final int STATE_ACTIVATED = 4;
    public static final int STATE_TILED_LEFT = 5;
    public static final int STATE_TILED_RIGHT = 6;
    public static final int STATE_TILED_TOP = 7;
    public static final int STATE_TILED_BOTTOM = 8;

    public static final WaylandInterface INTERFACE = WaylandInterface.of(
            "xdg_toplevel",
            5,
            """
            destroy!
            set_parent ?o:xdg_toplevel
            set_title s
            set_app_id s
            show_window_menu o:wl_seat u i i
            move o:wl_seat u
            resize o:wl_seat u u
            set_max_size i i
            set_min_size i i
            set_maximized
            unset_maximized
            set_fullscreen ?o:wl_output
            unset_fullscreen
            set_minimized
            """,
            """
            configure i i a
            close
            configure_bounds@4 i i
            wm_capabilities@5 a
            """);

    private XdgToplevel() {}
}
