package dev.wayferry.examples.bench;

import java.util.Locale;

/**
 * Whether the floor is one: its queue's round trip beside that of a bare ping-pong over two eventfds, both measured in the
 * same rounds.
 *
 * @param floorMicros p50 of the floor's {@code queue}
 * @param pingPongMicros p50 of the ping-pong
 * @param attempt how many comparisons it took, from 1
 */
public record FloorCheck(double floorMicros, double pingPongMicros, int attempt) {
    private static final double LIMIT = 1.2;

    double ratio() {
        return floorMicros / pingPongMicros;
    }

    public boolean holds() {
        return ratio() <= LIMIT;
    }

    /** The figures, in one line. */
    public String describe() {
        return String.format(
                Locale.ROOT,
                "p50 %.1f us is %.2f of a bare eventfd ping-pong's %.1f us, at most %.1f is allowed%s",
                floorMicros,
                ratio(),
                pingPongMicros,
                LIMIT,
                attempt == 1 ? "" : "; by comparison " + attempt);
    }
}
