package dev.wayferry.wire.wayland;

/** wl_data_offer: another program's data, offered by clipboard or drag (wayland.xml). */
public final class WlDataOffer {
    public static final int ACCEPT = 0;
    public static final int RECEIVE = 1;
    public static final int DESTROY = 2;
    public static final int FINISH = 3;
    public static final int SET_ACTIONS = 4;

    public static final int OFFER_EVENT = 0;
    public static final int SOURCE_ACTIONS_EVENT = 1;
    public static final int ACTION_EVENT = 2;

    public static final int ERROR_INVALID_FINISH = 0;
    public static final int ERROR_INVALID_ACTION_MASK = 1;
    public static final int ERROR_INVALID_ACTION = 2;
    public static final int ERROR_INVALID_OFFER = 3;

    public static final WaylandInterface INTERFACE = WaylandInterface.of(
            "wl_data_offer",
            3,
            """
            accept u ?s
            receive s h
            destroy!
            finish@3
            set_actions@3 u u
            """,
            """
            offer s
            source_actions@3 u
            action@3 u
            """);

    private WlDataOffer() {}
}
