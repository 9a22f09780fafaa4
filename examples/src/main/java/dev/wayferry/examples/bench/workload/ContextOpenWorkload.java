package dev.wayferry.examples.bench.workload;

import java.io.IOException;
import org.HdrHistogram.Histogram;

/**
 * From when a new connection was due to the compositor's first answer in it. Its end is not in the latency. At a steady
 * pace, since no guest makes more without being taken for one that does nothing else.
 */
final class ContextOpenWorkload implements Workload {
    private static final int PER_SECOND = 400;

    @Override
    public String name() {
        return "context-open";
    }

    @Override
    public double operationsPerMilli() {
        return PER_SECOND / 1e3;
    }

    @Override
    public Session open(Subject subject) throws IOException {
        return new Opening(subject);
    }

    private static final class Opening extends GuestSession {
        private final Pace pace = Pace.of(PER_SECOND);

        Opening(Subject subject) throws IOException {
            super(subject, 1);
        }

        @Override
        public long run(int operations, Histogram latencies) throws IOException {
            long start = System.nanoTime();
            for (int i = 0; i < operations; i++) {
                pace.awaitDue(guest, start, i);
                int opened = guest.open(1);
                putSync(opened);
                roundTrip(opened, SYNC_LENGTH, SYNC_ANSWER_LENGTH);
                Latencies.record(latencies, System.nanoTime() - pace.due(start, i, start));
                guest.close(opened);
            }
            return System.nanoTime() - start;
        }
    }
}
