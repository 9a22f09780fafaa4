package dev.wayferry.examples.guestproxy;

import java.util.HashMap;
import java.util.Map;

/** The {@code delete_id} events still to come for objects that the proxy destroyed and made again by itself. */
final class HiddenDeletions {
    private final Map<Integer, Integer> counts = new HashMap<>();

    /** One more is to come for this number, before any that the program is to see. */
    void add(int id) {
        counts.merge(id, 1, Integer::sum);
    }

    /** Whether the one that came is to be hidden. */
    boolean take(int id) {
        Integer count = counts.get(id);
        if (count == null) {
            return false;
        }
        if (count == 1) {
            counts.remove(id);
        } else {
            counts.put(id, count - 1);
        }
        return true;
    }
}
