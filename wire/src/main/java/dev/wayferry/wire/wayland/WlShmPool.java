package dev.wayferry.wire.wayland;

/** wl_shm_pool: a file of shared memory from which buffers are cut (wayland.xml). */
public final class WlShmPool {
    public static final int CREATE_BUFFER = 0;
    public static final int DESTROY = 1;
    public static final int RESIZE = 2;

    public static final WaylandInterface INTERFACE = WaylandInterface.of(
            "wl_shm_pool",
            1,
            """
            create_buffer n:wl_buffer i i i i u
            destroy!
            resize i
            """,
            """
            """);

    private WlShmPool() {}
}
