package dev.wayferry.examples.bench.workload;

import java.io.IOException;
import org.HdrHistogram.Histogram;

/** {@code wl_display.sync} and its answer, one at a time. */
final class SyncWorkload implements Workload {
    @Override
    public String name() {
        return "sync";
    }

    @Override
    public double operationsPerMilli() {
        return 12;
    }

    @Override
    public Session open(Subject subject) throws IOException {
        return new Syncs(subject);
    }

    private static final class Syncs extends GuestSession {
        Syncs(Subject subject) throws IOException {
            super(subject, 1);
            putSync(connection);
        }

        @Override
        public long run(int operations, Histogram latencies) throws IOException {
            return roundTrips(operations, SYNC_LENGTH, SYNC_ANSWER_LENGTH, latencies);
        }
    }
}
