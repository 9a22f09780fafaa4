package dev.wayferry.proxy.screen;

/**
 * A rectangle of pixels, within some picture of at most {@link Screen#MAX_PICTURE_BYTES}.
 *
 * @param x of the leftmost column, not negative
 * @param y of the topmost row, not negative
 */
public record Area(int x, int y, int width, int height) {
    /** All of a picture. */
    public static Area of(int width, int height) {
        return new Area(0, 0, width, height);
    }

    /** Whether this rectangle, of a sender who may not be trusted, lies in a picture of that size. */
    public static boolean isWithin(int x, int y, int width, int height, int pictureWidth, int pictureHeight) {
        return Integer.toUnsignedLong(x) + Integer.toUnsignedLong(width) <= pictureWidth
                && Integer.toUnsignedLong(y) + Integer.toUnsignedLong(height) <= pictureHeight;
    }

    public boolean isEmpty() {
        return width <= 0 || height <= 0;
    }

    /** The part that both have; empty if there is none. */
    public Area intersection(Area other) {
        int left = Math.max(x, other.x);
        int top = Math.max(y, other.y);
        int right = Math.min(x + width, other.x + other.width);
        int bottom = Math.min(y + height, other.y + other.height);
        return new Area(left, top, Math.max(0, right - left), Math.max(0, bottom - top));
    }

    /** The same rectangle as seen from the corner of {@code frame}, in which it lies. */
    public Area from(Area frame) {
        return new Area(x - frame.x, y - frame.y, width, height);
    }
}
