package dev.wayferry.examples.bench.workload;

import dev.wayferry.examples.bench.guest.Finished;
import java.io.IOException;
import org.HdrHistogram.Histogram;

/** A round trip of the queue alone, which the compositor has no part in: an image query. */
final class QueueWorkload implements Workload {
    @Override
    public String name() {
        return Workloads.QUEUE;
    }

    @Override
    public double operationsPerMilli() {
        return 25;
    }

    @Override
    public Session open(Subject subject) throws IOException {
        return new Queries(subject);
    }

    private static final class Queries extends GuestSession {
        Queries(Subject subject) throws IOException {
            super(subject, 1);
        }

        @Override
        public long run(int operations, Histogram latencies) throws IOException {
            long start = System.nanoTime();
            long before = start;
            for (int i = 0; i < operations; i++) {
                guest.query(connection);
                guest.kick();
                while (guest.next() == Finished.NOTHING) {
                    guest.await();
                }
                long after = System.nanoTime();
                Latencies.record(latencies, after - before);
                before = after;
            }
            return before - start;
        }
    }
}
