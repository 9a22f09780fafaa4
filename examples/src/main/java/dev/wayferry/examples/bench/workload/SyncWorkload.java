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
            long start = System.nanoTime();
            long before = start;
            for (int i = 0; i < operations; i++) {
                roundTrip(connection, SYNC_LENGTH, SYNC_ANSWER_LENGTH);
                long after = System.nanoTime();
                Latencies.record(latencies, after - before);
                before = after;
            }
            return before - start;
        }
    }
}
