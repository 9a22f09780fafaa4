package dev.wayferry.examples.bench.workload;

import java.io.IOException;
import org.HdrHistogram.Histogram;

/** From the first command of a new connection to the compositor's first answer in it. Its end is not in the latency. */
final class ContextOpenWorkload implements Workload {
    @Override
    public String name() {
        return "context-open";
    }

    @Override
    public double operationsPerMilli() {
        return 1;
    }

    @Override
    public Session open(Subject subject) throws IOException {
        return new Opening(subject);
    }

    private static final class Opening extends GuestSession {
        Opening(Subject subject) throws IOException {
            super(subject, 1);
        }

        @Override
        public long run(int operations, Histogram latencies) throws IOException {
            long start = System.nanoTime();
            for (int i = 0; i < operations; i++) {
                long before = System.nanoTime();
                int opened = guest.open(1);
                putSync(opened);
                roundTrip(opened, SYNC_LENGTH, SYNC_ANSWER_LENGTH);
                Latencies.record(latencies, System.nanoTime() - before);
                guest.close(opened);
            }
            return System.nanoTime() - start;
        }
    }
}
