package dev.wayferry.examples.bench;

import java.time.Duration;

/**
 * How much is measured. Work is fixed, in operations; these milliseconds are what it takes on the machine that the numbers
 * of operations were found on, and more or less on others.
 *
 * @param rounds how often each back-end has its turn
 * @param warmUpMillis before the first round
 * @param roundMillis of each round
 * @param countMillis of the pass in which system calls are counted
 * @param starts how often {@code serve} is started to see how long that takes
 * @param idle how long all are looked at while nothing is asked of them
 */
public record Effort(int rounds, int warmUpMillis, int roundMillis, int countMillis, int starts, Duration idle) {
    public static final Effort FULL = new Effort(9, 1000, 700, 50, 20, Duration.ofSeconds(10));
    private static final int SOAK_ROUND_MILLIS = 10_000;
    public static final Effort QUICK = new Effort(7, 300, 120, 30, 5, Duration.ofSeconds(10));

    /** So many minutes of each, in turns that are long enough for a collection or the like to come in some of them. */
    static Effort soak(int minutes) {
        return new Effort(
                minutes * 60_000 / SOAK_ROUND_MILLIS, FULL.warmUpMillis, SOAK_ROUND_MILLIS, FULL.countMillis, 0, Duration.ZERO);
    }

    /** Many short rounds, to see how two compare that are disturbed at any time. */
    public Effort brief() {
        return new Effort(3 * rounds, warmUpMillis, roundMillis / 12 + 1, 0, 0, Duration.ZERO);
    }

    /** The same with other rounds. */
    public Effort rounds(int number) {
        return new Effort(number, warmUpMillis, roundMillis, countMillis, starts, idle);
    }
}
