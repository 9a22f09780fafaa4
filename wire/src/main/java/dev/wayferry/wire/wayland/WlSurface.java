package dev.wayferry.wire.wayland;

/** wl_surface: a rectangle of pixels with a role (wayland.xml). */
public final class WlSurface {
    public static final int DESTROY = 0;
    public static final int ATTACH = 1;
    public static final int DAMAGE = 2;
    public static final int FRAME = 3;
    public static final int SET_OPAQUE_REGION = 4;
    public static final int SET_INPUT_REGION = 5;
    public static final int COMMIT = 6;
    public static final int SET_BUFFER_TRANSFORM = 7;
    public static final int SET_BUFFER_SCALE = 8;
    public static final int DAMAGE_BUFFER = 9;
    public static final int OFFSET = 10;

    public static final int ENTER_EVENT = 0;
    public static final int LEAVE_EVENT = 1;
    public static final int PREFERRED_BUFFER_SCALE_EVENT = 2;
    public static final int PREFERRED_BUFFER_TRANSFORM_EVENT = 3;

    public static final int ERROR_INVALID_SCALE = 0;
    public static final int ERROR_INVALID_TRANSFORM = 1;
    public static final int ERROR_INVALID_SIZE = 2;
    public static final int ERROR_INVALID_OFFSET = 3;

    public static final WaylandInterface INTERFACE = WaylandInterface.of(
            "wl_surface",
            6,
            """
            destroy!
            attach ?o:wl_buffer i i
            damage i i i i
            frame n:wl_callback
            set_opaque_region ?o:wl_region
            set_input_region ?o:wl_region
            commit
            set_buffer_transform@2 i
            set_buffer_scale@3 i
            damage_buffer@4 i i i i
            offset@5 i i
            """,
            """
            enter o:wl_output
            leave o:wl_output
            preferred_buffer_scale@6 i
            preferred_buffer_transform@6 u
            """);

    private WlSurface() {}
}
