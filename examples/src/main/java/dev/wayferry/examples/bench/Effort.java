package dev.wayferry.examples.bench;

/**
 * How much is measured. Work is fixed, in operations; these milliseconds are what it takes on the machine that the numbers
 * of operations were found on, and more or less on others.
 *
 * @param rounds how often each back-end has its turn
 * @param warmUpMillis before the first round
 * @param roundMillis of each round
 * @param countMillis of the pass in which system calls are counted
 */
public record Effort(int rounds, int warmUpMillis, int roundMillis, int countMillis) {
    public static final Effort FULL = new Effort(9, 1000, 700, 50);
    public static final Effort QUICK = new Effort(7, 300, 120, 30);

    /** Many short rounds, to see how two compare that are disturbed at any time. */
    public Effort brief() {
        return new Effort(3 * rounds, warmUpMillis, roundMillis / 12 + 1, 0);
    }

    /** The same with other rounds. */
    public Effort rounds(int number) {
        return new Effort(number, warmUpMillis, roundMillis, countMillis);
    }
}
