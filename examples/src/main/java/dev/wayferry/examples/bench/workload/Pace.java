package dev.wayferry.examples.bench.workload;

import dev.wayferry.examples.bench.guest.Guest;
import java.io.IOException;

/** When the messages of a stream are due. */
final class Pace {
    private static final long NANOS_PER_SECOND = 1_000_000_000;

    private final long intervalNanos;

    private Pace(long intervalNanos) {
        this.intervalNanos = intervalNanos;
    }

    /** So many messages a second, 0 for as fast as they go. */
    static Pace of(int perSecond) {
        return new Pace(perSecond == 0 ? 0 : NANOS_PER_SECOND / perSecond);
    }

    long intervalNanos() {
        return intervalNanos;
    }

    /** When the first message is due. */
    long start() {
        return System.nanoTime();
    }

    /** When message {@code index} is due. */
    long due(long start, int index, long now) {
        return intervalNanos == 0 ? now : start + index * intervalNanos;
    }

    /** Lets {@code guest} wait, with nothing under way, until message {@code index} is due, however often it is woken. */
    void awaitDue(Guest guest, long start, int index) throws IOException {
        while (due(start, index, start) - System.nanoTime() > 0) {
            await(guest, start, index);
        }
    }

    /** Lets {@code guest} wait until message {@code index} is due, or something comes. */
    void await(Guest guest, long start, int index) throws IOException {
        long now = System.nanoTime();
        long nanos = due(start, index, now) - now;
        if (nanos > 0) {
            guest.await(nanos);
        }
    }
}
