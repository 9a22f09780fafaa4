package dev.wayferry.examples.bench;

import dev.wayferry.examples.bench.workload.Workload;
import java.time.Duration;

/**
 * How much is measured. Work is fixed, in operations; these milliseconds are what it takes on the machine that the numbers
 * of operations were found on, and more or less on others.
 *
 * <p>What does many operations in a short time has shorter rounds and more of them: those to be compared then follow each
 * other within the time that disturbances last, and the fewer of the rounds are disturbed.
 *
 * @param rounds how often each back-end has its turn, at least
 * @param warmUpMillis before the first round
 * @param roundMillis of each round, at most
 * @param countMillis of the pass in which system calls are counted
 * @param starts how often {@code serve} is started to see how long that takes
 * @param idle how long all are looked at while nothing is asked of them
 * @param dividedMillis of all rounds together of what has shorter rounds, which are more for it; 0 if none has
 */
public record Effort(
        int rounds, int warmUpMillis, int roundMillis, int countMillis, int starts, Duration idle, int dividedMillis) {
    public static final Effort FULL = new Effort(16, 1000, 700, 50, 20, Duration.ofSeconds(10), 5600);

    /** What all run before anything is measured: by then the JVM's best compiler has had the path. */
    static final Effort WARM_UP = new Effort(0, 1500, 0, 0, 0, Duration.ZERO);

    public static final Effort QUICK = new Effort(7, 200, 100, 30, 4, Duration.ofSeconds(10), 600);

    /** With fewer operations of a round their 99th percentile is the chance of a few. */
    private static final int OPERATIONS_OF_A_ROUND = 1000;

    private static final int SOAK_ROUND_MILLIS = 10_000;

    /** Rounds are as they are said to be. */
    public Effort(int rounds, int warmUpMillis, int roundMillis, int countMillis, int starts, Duration idle) {
        this(rounds, warmUpMillis, roundMillis, countMillis, starts, idle, 0);
    }

    /** So many minutes of each, in turns that are long enough for a collection or the like to come in some of them. */
    static Effort soak(int minutes) {
        return new Effort(
                minutes * 60_000 / SOAK_ROUND_MILLIS, FULL.warmUpMillis, SOAK_ROUND_MILLIS, FULL.countMillis, 0, Duration.ZERO);
    }

    /** Many short rounds, to see how two compare that are disturbed at any time. */
    Effort brief() {
        return new Effort(3 * rounds, warmUpMillis, roundMillis / 12 + 1, 0, 0, Duration.ZERO);
    }

    /** The same with exactly so many rounds. */
    Effort rounds(int number) {
        return new Effort(number, warmUpMillis, roundMillis, countMillis, starts, idle);
    }

    /** Of each round of {@code workload}. */
    int roundMillis(Workload workload) {
        double wanted = Math.max(workload.shortestRoundMillis(), OPERATIONS_OF_A_ROUND / workload.operationsPerMilli());
        return dividedMillis == 0 ? roundMillis : (int) Math.min(roundMillis, wanted);
    }

    /** How many of them there are. */
    int rounds(Workload workload) {
        return Math.max(rounds, dividedMillis / roundMillis(workload));
    }
}
