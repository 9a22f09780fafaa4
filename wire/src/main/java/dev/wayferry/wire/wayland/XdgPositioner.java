package dev.wayferry.wire.wayland;

/** xdg_positioner: where a popup goes (xdg-shell.xml). */
public final class XdgPositioner {
    public static final int DESTROY = 0;
    public static final int SET_SIZE = 1;
    public static final int SET_ANCHOR_RECT = 2;
    public static final int SET_ANCHOR = 3;
    public static final int SET_GRAVITY = 4;
    public static final int SET_CONSTRAINT_ADJUSTMENT = 5;
    public static final int SET_OFFSET = 6;
    public static final int SET_REACTIVE = 7;
    public static final int SET_PARENT_SIZE = 8;
    public static final int SET_PARENT_CONFIGURE = 9;

    public static final int ERROR_INVALID_INPUT = 0;

    public static final int ANCHOR_NONE = 0;
    public static final int ANCHOR_TOP = 1;
    public static final int ANCHOR_BOTTOM = 2;
    public static final int ANCHOR_LEFT = 3;
    public static final int ANCHOR_RIGHT = 4;
    public static final int ANCHOR_TOP_LEFT = 5;
    public static final int ANCHOR_BOTTOM_LEFT = 6;
    public static final int ANCHOR_TOP_RIGHT = 7;
    public static final int ANCHOR_BOTTOM_RIGHT = 8;

    public static final int GRAVITY_NONE = 0;
    public static final int GRAVITY_TOP = 1;
    public static final int GRAVITY_BOTTOM = 2;
    public static final int GRAVITY_LEFT = 3;
    public static final int GRAVITY_RIGHT = 4;
    public static final int GRAVITY_TOP_LEFT = 5;
    public static final int GRAVITY_BOTTOM_LEFT = 6;
    public static final int GRAVITY_TOP_RIGHT = 7;
    public static final int GRAVITY_BOTTOM_RIGHT = 8;

    public static final int CONSTRAINT_ADJUSTMENT_NONE = 0;
    public static final int CONSTRAINT_ADJUSTMENT_SLIDE_X = 1;
    public static final int CONSTRAINT_ADJUSTMENT_SLIDE_Y = 2;
    public static final int CONSTRAINT_ADJUSTMENT_FLIP_X = 4;
    public static final int CONSTRAINT_ADJUSTMENT_FLIP_Y = 8;
    public static final int CONSTRAINT_ADJUSTMENT_RESIZE_X = 16;
    public static final int CONSTRAINT_ADJUSTMENT_RESIZE_Y = 32;

    public static final WaylandInterface INTERFACE = WaylandInterface.of(
            "xdg_positioner",
            5,
            """
            destroy!
            set_size i i
            set_anchor_rect i i i i
            set_anchor u
            set_gravity u
            set_constraint_adjustment u
            set_offset i i
            set_reactive@3
            set_parent_size@3 i i
            set_parent_configure@3 u
            """,
            """
            """);

    private XdgPositioner() {}
}
