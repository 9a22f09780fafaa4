package dev.wayferry.examples.compositor;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** A set of rectangles, as a client built it: the last operation that covers a point decides. */
record Region(List<Operation> operations) {
    static final Region EMPTY = new Region(List.of());

    /** One {@code add} or {@code subtract}. */
    record Operation(boolean add, int x, int y, int width, int height) {
        boolean covers(double px, double py) {
            return px >= x && py >= y && px < (double) x + width && py < (double) y + height;
        }
    }

    boolean contains(double x, double y) {
        for (int i = operations.size() - 1; i >= 0; i--) {
            Operation operation = operations.get(i);
            if (operation.covers(x, y)) {
                return operation.add();
            }
        }
        return false;
    }

    /** A region of null is infinite. */
    static boolean contains(@Nullable Region region, double x, double y) {
        return region == null || region.contains(x, y);
    }
}
