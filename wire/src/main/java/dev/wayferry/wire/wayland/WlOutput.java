package dev.wayferry.wire.wayland;

/** wl_output: a monitor (wayland.xml). */
public final class WlOutput {
    public static final int RELEASE = 0;

    public static final int GEOMETRY_EVENT = 0;
    public static final int MODE_EVENT = 1;
    public static final int DONE_EVENT = 2;
    public static final int SCALE_EVENT = 3;
    public static final int NAME_EVENT = 4;
    public static final int DESCRIPTION_EVENT = 5;

    public static final int SUBPIXEL_UNKNOWN = 0;
    public static final int SUBPIXEL_NONE = 1;
    public static final int SUBPIXEL_HORIZONTAL_RGB = 2;
    public static final int SUBPIXEL_HORIZONTAL_BGR = 3;
    public static final int SUBPIXEL_VERTICAL_RGB = 4;
    public static final int SUBPIXEL_VERTICAL_BGR = 5;

    public static final int TRANSFORM_NORMAL = 0;
    public static final int TRANSFORM_90 = 1;
    public static final int TRANSFORM_180 = 2;
    public static final int TRANSFORM_270 = 3;
    public static final int TRANSFORM_FLIPPED = 4;
    public static final int TRANSFORM_FLIPPED_90 = 5;
    public static final int TRANSFORM_FLIPPED_180 = 6;
    public static final int TRANSFORM_FLIPPED_270 = 7;

    public static final int MODE_CURRENT = 0x1;
    public static final int MODE_PREFERRED = 0x2;

    public static final WaylandInterface INTERFACE = WaylandInterface.of(
            "wl_output",
            4,
            """
            release@3!
            """,
            """
            geometry i i i i i s s i
            mode u i i i
            done@2
            scale@2 i
            name@4 s
            description@4 s
            """);

    private WlOutput() {}
}
