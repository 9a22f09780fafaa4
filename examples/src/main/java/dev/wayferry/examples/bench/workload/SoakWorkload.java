package dev.wayferry.examples.bench.workload;

import java.io.IOException;
import org.HdrHistogram.Histogram;

/**
 * {@code wl_display.sync} at a steady rate for a long time, for the largest latency of all: from when each was due, so that
 * those that had to wait for a late one count with their wait (the coordinated omission).
 */
final class SoakWorkload implements Workload {
    private static final int PER_SECOND = 1_000;

    @Override
    public String name() {
        return Workloads.SOAK;
    }

    @Override
    public double operationsPerMilli() {
        return PER_SECOND / 1e3;
    }

    @Override
    public boolean isOneMeasurement() {
        return true;
    }

    @Override
    public Session open(Subject subject) throws IOException {
        return new SteadySyncs(subject);
    }

    private static final class SteadySyncs extends GuestSession {
        private final Pace pace = Pace.of(PER_SECOND);
        private long nanos;

        SteadySyncs(Subject subject) throws IOException {
            super(subject, 1);
            putSync(connection);
        }

        @Override
        public long run(int operations, Histogram latencies) throws IOException {
            long start = pace.start();
            for (int i = 0; i < operations; i++) {
                pace.awaitDue(guest, start, i);
                long due = pace.due(start, i, start);
                roundTrip(connection, SYNC_LENGTH, SYNC_ANSWER_LENGTH);
                Latencies.record(latencies, System.nanoTime() - due);
            }
            long took = System.nanoTime() - start;
            nanos += took;
            return took;
        }

        @Override
        public String note() {
            return PER_SECOND + " a second for " + nanos / 1_000_000_000 + " s; figures of all of it, not of rounds";
        }
    }
}
