package dev.wayferry.wire.wayland;

/** wl_shm: buffers in shared memory (wayland.xml). */
public final class WlShm {
    public static final int CREATE_POOL = 0;
    public static final int RELEASE = 1;

    public static final int FORMAT_EVENT = 0;

    public static final int ERROR_INVALID_FORMAT = 0;
    public static final int ERROR_INVALID_STRIDE = 1;
    public static final int ERROR_INVALID_FD = 2;

    public static final int FORMAT_ARGB8888 = 0;
    public static final int FORMAT_XRGB8888 = 1;

    public static final WaylandInterface INTERFACE = WaylandInterface.of(
            "wl_shm",
            2,
            """
            create_pool n:wl_shm_pool h i
            release@2!
            """,
            """
            format u
            """);

    private WlShm() {}
}
