package dev.wayferry.examples.compositor;

/** A rectangle of whole numbers; never of negative size. */
record Rectangle(int x, int y, int width, int height) {
    /** The part of a rectangle given by unbounded numbers that lies in {@code 0,0 width x height}. */
    static Rectangle clipped(long x, long y, long w, long h, int width, int height) {
        long left = Math.clamp(x, 0, width);
        long top = Math.clamp(y, 0, height);
        long right = Math.clamp(x + Math.max(0, w), left, width);
        long bottom = Math.clamp(y + Math.max(0, h), top, height);
        return new Rectangle((int) left, (int) top, (int) (right - left), (int) (bottom - top));
    }

    boolean isEmpty() {
        return width == 0 || height == 0;
    }

    boolean intersects(Rectangle other) {
        return x < other.x + other.width && other.x < x + width && y < other.y + other.height && other.y < y + height;
    }

    Rectangle union(Rectangle other) {
        if (isEmpty()) {
            return other;
        }
        if (other.isEmpty()) {
            return this;
        }
        int left = Math.min(x, other.x);
        int top = Math.min(y, other.y);
        int right = Math.max(x + width, other.x + other.width);
        int bottom = Math.max(y + height, other.y + other.height);
        return new Rectangle(left, top, right - left, bottom - top);
    }
}
