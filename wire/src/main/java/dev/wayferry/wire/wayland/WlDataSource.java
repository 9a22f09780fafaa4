package dev.wayferry.wire.wayland;

/** wl_data_source: data that a program has to give (wayland.xml). */
public final class WlDataSource {
    public static final int OFFER = 0;
    public static final int DESTROY = 1;
    public static final int SET_ACTIONS = 2;

    public static final int TARGET_EVENT = 0;
    public static final int SEND_EVENT = 1;
    public static final int CANCELLED_EVENT = 2;
    public static final int DND_DROP_PERFORMED_EVENT = 3;
    public static final int DND_FINISHED_EVENT = 4;
    public static final int ACTION_EVENT = 5;

    public static final int ERROR_INVALID_ACTION_MASK = 0;
    public static final int ERROR_INVALID_SOURCE = 1;

    public static final WaylandInterface INTERFACE = WaylandInterface.of(
            "wl_data_source",
            3,
            """
            offer s
            destroy!
            set_actions@3 u
            """,
            """
            target ?s
            send s h
            cancelled
            dnd_drop_performed@3
            dnd_finished@3
            action@3 u
            """);

    private WlDataSource() {}
}
