package dev.wayferry.wire.wayland;

/** wl_data_device_manager: makes data sources and data devices (wayland.xml). */
public final class WlDataDeviceManager {
    public static final int CREATE_DATA_SOURCE = 0;
    public static final int GET_DATA_DEVICE = 1;

    public static final int DND_ACTION_NONE = 0;
    public static final int DND_ACTION_COPY = 1;
    public static final int DND_ACTION_MOVE = 2;
    public static final int DND_ACTION_ASK = 4;

    public static final WaylandInterface INTERFACE = WaylandInterface.of(
            "wl_data_device_manager",
            3,
            """
            create_data_source n:wl_data_source
            get_data_device n:wl_data_device o:wl_seat
            """,
            """
            """);

    private WlDataDeviceManager() {}
}
