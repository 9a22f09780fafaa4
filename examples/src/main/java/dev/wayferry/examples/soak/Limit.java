package dev.wayferry.examples.soak;

/** How long something may take: far longer than on a busy machine, so what takes longer hangs. */
final class Limit {
    private static final long SECONDS = 60;

    private final long start = System.nanoTime();

    /** Fails if the time is over. */
    void check(String what) throws HangException {
        if (isOver()) {
            throw new HangException(what + " within " + SECONDS + " s");
        }
    }

    boolean isOver() {
        return System.nanoTime() - start > SECONDS * 1_000_000_000L;
    }

    long elapsedMillis() {
        return (System.nanoTime() - start) / 1_000_000;
    }
}
