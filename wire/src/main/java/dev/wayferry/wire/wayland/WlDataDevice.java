package dev.wayferry.wire.wayland;

/** wl_data_device: the clipboard and drags of a seat (wayland.xml). */
public final class WlDataDevice {
    public static final int START_DRAG = 0;
    public static final int SET_SELECTION = 1;
    public static final int RELEASE = 2;

    public static final int DATA_OFFER_EVENT = 0;
    public static final int ENTER_EVENT = 1;
    public static final int LEAVE_EVENT = 2;
    public static final int MOTION_EVENT = 3;
    public static final int DROP_EVENT = 4;
    public static final int SELECTION_EVENT = 5;

    public static final int ERROR_ROLE = 0;

    public static final WaylandInterface INTERFACE = WaylandInterface.of(
            "wl_data_device",
            3,
            """
            start_drag ?o:wl_data_source o:wl_surface ?o:wl_surface u
            set_selection ?o:wl_data_source u
            release@2!
            """,
            """
            data_offer n:wl_data_offer
            enter u o:wl_surface f f ?o:wl_data_offer
            leave
            motion u f f
            drop
            selection ?o:wl_data_offer
            """);

    private WlDataDevice() {}
}
