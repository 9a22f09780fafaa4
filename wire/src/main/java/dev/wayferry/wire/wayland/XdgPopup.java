package dev.wayferry.wire.wayland;

/** xdg_popup: a menu or the like, placed beside its parent (xdg-shell.xml). */
public final class XdgPopup {
    public static final int DESTROY = 0;
    public static final int GRAB = 1;
    public static final int REPOSITION = 2;

    public static final int CONFIGURE_EVENT = 0;
    public static final int POPUP_DONE_EVENT = 1;
    public static final int REPOSITIONED_EVENT = 2;

    public static final int ERROR_INVALID_GRAB = 0;

    public static final WaylandInterface INTERFACE = WaylandInterface.of(
            "xdg_popup",
            5,
            """
            destroy!
            grab o:wl_seat u
            reposition@3 o:xdg_positioner u
            """,
            """
            configure i i i i
            popup_done
            repositioned@3 u
            """);

    private XdgPopup() {}
}
