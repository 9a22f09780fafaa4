package dev.wayferry.examples.compositor;

import dev.wayferry.wire.wayland.XdgPositioner;
import org.jspecify.annotations.Nullable;

/**
 * Where a popup goes, by the rules of {@code xdg_positioner}.
 *
 * @param width of the popup's window geometry
 * @param anchorRectangle relative to the parent's window geometry
 * @param anchor the edges of that rectangle which the popup is held at ({@code xdg_positioner.anchor})
 * @param gravity the side of that point on which the popup lies ({@code xdg_positioner.gravity}, of the same values)
 * @param adjustment what may be done when it does not fit ({@code xdg_positioner.constraint_adjustment})
 */
record PopupPlacement(
        int width,
        int height,
        @Nullable Rectangle anchorRectangle,
        int anchor,
        int gravity,
        int adjustment,
        int offsetX,
        int offsetY) {
    static final PopupPlacement NONE = new PopupPlacement(0, 0, null, 0, 0, 0, 0, 0);

    PopupPlacement withSize(int newWidth, int newHeight) {
        return new PopupPlacement(newWidth, newHeight, anchorRectangle, anchor, gravity, adjustment, offsetX, offsetY);
    }

    PopupPlacement withAnchorRectangle(Rectangle rectangle) {
        return new PopupPlacement(width, height, rectangle, anchor, gravity, adjustment, offsetX, offsetY);
    }

    PopupPlacement withAnchor(int edges) {
        return new PopupPlacement(width, height, anchorRectangle, edges, gravity, adjustment, offsetX, offsetY);
    }

    PopupPlacement withGravity(int edges) {
        return new PopupPlacement(width, height, anchorRectangle, anchor, edges, adjustment, offsetX, offsetY);
    }

    PopupPlacement withAdjustment(int bits) {
        return new PopupPlacement(width, height, anchorRectangle, anchor, gravity, bits, offsetX, offsetY);
    }

    PopupPlacement withOffset(int x, int y) {
        return new PopupPlacement(width, height, anchorRectangle, anchor, gravity, adjustment, x, y);
    }

    /** The popup's rectangle, relative to the parent's window geometry, which lies at {@code parentX,parentY} on screen. */
    Rectangle resolve(int parentX, int parentY, int screenWidth, int screenHeight) {
        Rectangle rectangle = anchorRectangle == null ? new Rectangle(0, 0, 0, 0) : anchorRectangle;
        int x = along(
                rectangle.x(),
                rectangle.width(),
                width,
                offsetX,
                horizontal(anchor),
                horizontal(gravity),
                -parentX,
                screenWidth - parentX,
                (adjustment & XdgPositioner.CONSTRAINT_ADJUSTMENT_FLIP_X) != 0,
                (adjustment & XdgPositioner.CONSTRAINT_ADJUSTMENT_SLIDE_X) != 0);
        int y = along(
                rectangle.y(),
                rectangle.height(),
                height,
                offsetY,
                vertical(anchor),
                vertical(gravity),
                -parentY,
                screenHeight - parentY,
                (adjustment & XdgPositioner.CONSTRAINT_ADJUSTMENT_FLIP_Y) != 0,
                (adjustment & XdgPositioner.CONSTRAINT_ADJUSTMENT_SLIDE_Y) != 0);
        return new Rectangle(x, y, width, height);
    }

    /** One dimension; {@code side} and {@code pull} are -1, 0 or 1. */
    private static int along(
            int start, int length, int size, int offset, int side, int pull, int low, int high, boolean flip, boolean slide) {
        int place = place(start, length, size, offset, side, pull);
        if (place >= low && place + size <= high) {
            return place;
        }
        if (flip) {
            int flipped = place(start, length, size, -offset, -side, -pull);
            if (flipped >= low && flipped + size <= high) {
                return flipped;
            }
        }
        return slide ? Math.max(low, Math.min(place, high - size)) : place;
    }

    private static int place(int start, int length, int size, int offset, int side, int pull) {
        int point = start + (side + 1) * length / 2;
        return point + (pull - 1) * size / 2 + offset;
    }

    private static int horizontal(int edges) {
        return switch (edges) {
            case XdgPositioner.ANCHOR_LEFT, XdgPositioner.ANCHOR_TOP_LEFT, XdgPositioner.ANCHOR_BOTTOM_LEFT -> -1;
            case XdgPositioner.ANCHOR_RIGHT, XdgPositioner.ANCHOR_TOP_RIGHT, XdgPositioner.ANCHOR_BOTTOM_RIGHT -> 1;
            default -> 0;
        };
    }

    private static int vertical(int edges) {
        return switch (edges) {
            case XdgPositioner.ANCHOR_TOP, XdgPositioner.ANCHOR_TOP_LEFT, XdgPositioner.ANCHOR_TOP_RIGHT -> -1;
            case XdgPositioner.ANCHOR_BOTTOM, XdgPositioner.ANCHOR_BOTTOM_LEFT, XdgPositioner.ANCHOR_BOTTOM_RIGHT -> 1;
            default -> 0;
        };
    }
}
