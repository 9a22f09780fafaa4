package dev.wayferry.proxy.limit;

import java.util.EnumMap;
import java.util.Map;

/** The limits of one VM. */
public final class Limits {
    /** Those that hold if nobody says otherwise. */
    public static final Limits USUAL = new Limits(Map.of());

    private final EnumMap<Limit, Long> values = new EnumMap<>(Limit.class);

    /** @param given those that are not as usual, each from 1 to {@link Limit#largest} */
    public Limits(Map<Limit, Long> given) {
        for (Limit limit : Limit.values()) {
            long value = given.getOrDefault(limit, limit.usual());
            if (value < 1 || value > limit.largest()) {
                throw new IllegalArgumentException(limit + ": " + value + " is not from 1 to " + limit.largest());
            }
            values.put(limit, value);
        }
    }

    /** For users of one value, who keep it: nothing is looked up for a message. */
    public long of(Limit limit) {
        return values.getOrDefault(limit, limit.usual());
    }

    /** One that is a number, not bytes. */
    public int number(Limit limit) {
        return Math.toIntExact(of(limit));
    }
}
