package dev.wayferry.examples.guestproxy;

/**
 * Rectangles of a buffer, in its pixels, that are not yet copied; or the whole buffer. Bounded: beyond
 * {@link #MAX_RECTANGLES} they become the one that holds them all.
 */
final class DamageRegion {
    static final int MAX_RECTANGLES = 32;

    private final int[] left = new int[MAX_RECTANGLES];
    private final int[] top = new int[MAX_RECTANGLES];
    private final int[] right = new int[MAX_RECTANGLES];
    private final int[] bottom = new int[MAX_RECTANGLES];
    private int count;
    private boolean whole;

    boolean isEmpty() {
        return count == 0 && !whole;
    }

    boolean isWhole() {
        return whole;
    }

    void clear() {
        count = 0;
        whole = false;
    }

    void addWhole() {
        count = 0;
        whole = true;
    }

    /** How many rectangles there are; none when the region is {@linkplain #isWhole whole}. */
    int count() {
        return count;
    }

    int left(int index) {
        return left[index];
    }

    int top(int index) {
        return top[index];
    }

    /** The first column right of the rectangle. */
    int right(int index) {
        return right[index];
    }

    /** The first row below the rectangle. */
    int bottom(int index) {
        return bottom[index];
    }

    /** Adds a rectangle; programs pass sizes up to 2^31 - 1 for "all of it". */
    void add(int x, int y, int width, int height) {
        if (width > 0 && height > 0 && !whole) {
            addEdges(x, y, saturate((long) x + width), saturate((long) y + height));
        }
    }

    /** Adds another region with all its edges times {@code scale}. */
    void addScaled(DamageRegion other, int scale) {
        if (other.whole) {
            addWhole();
        }
        for (int i = 0; i < other.count && !whole; i++) {
            addEdges(
                    saturate((long) other.left[i] * scale),
                    saturate((long) other.top[i] * scale),
                    saturate((long) other.right[i] * scale),
                    saturate((long) other.bottom[i] * scale));
        }
    }

    /** Adds all of another region. */
    void add(DamageRegion other) {
        addScaled(other, 1);
    }

    private void addEdges(int l, int t, int r, int b) {
        for (int i = 0; i < count; i++) {
            if (left[i] <= l && top[i] <= t && right[i] >= r && bottom[i] >= b) {
                return;
            }
            if (l <= left[i] && t <= top[i] && r >= right[i] && b >= bottom[i]) {
                removeAt(i--);
            }
        }
        if (count == MAX_RECTANGLES) {
            for (int i = 0; i < count; i++) {
                l = Math.min(l, left[i]);
                t = Math.min(t, top[i]);
                r = Math.max(r, right[i]);
                b = Math.max(b, bottom[i]);
            }
            count = 0;
        }
        left[count] = l;
        top[count] = t;
        right[count] = r;
        bottom[count] = b;
        count++;
    }

    private void removeAt(int index) {
        count--;
        left[index] = left[count];
        top[index] = top[count];
        right[index] = right[count];
        bottom[index] = bottom[count];
    }

    private static int saturate(long value) {
        return (int) Math.clamp(value, Integer.MIN_VALUE, Integer.MAX_VALUE);
    }
}
