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
    public static final Effort QUICK = new Effort(7, 300, 120, 30, 5, Duration.ofSeconds(10));

    /** Many short rounds, to see how two compare that are disturbed at any time. */
    public Effort brief() {
        return new Effort(3 * rounds, warmUpMillis, roundMillis / 12 + 1, 0, 0, Duration.ZERO);
    }

    /** The same with other rounds. */
    public Effort rounds(int number) {
        return new Effort(number, warmUpMillis, roundMillis, countMillis, starts, idle);
    }
}
