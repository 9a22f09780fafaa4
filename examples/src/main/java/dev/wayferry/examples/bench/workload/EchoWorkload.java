package dev.wayferry.examples.bench.workload;

import dev.wayferry.examples.bench.compositor.BenchProtocol;
import java.io.IOException;
import org.HdrHistogram.Histogram;

/**
 * A message of some size and its answer of the same size, one at a time. What more processor time the larger one takes is
 * what its bytes cost, which tells from outside whether they were copied.
 */
final class EchoWorkload implements Workload {
    private final String name;
    private final int size;

    EchoWorkload(String name, int size) {
        this.name = name;
        this.size = size;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public double operationsPerMilli() {
        return 12;
    }

    @Override
    public Session open(Subject subject) throws IOException {
        return new Echoes(subject, size);
    }

    private static final class Echoes extends GuestSession {
        private final int size;

        Echoes(Subject subject, int size) throws IOException {
            super(subject, 1);
            this.size = size;
            putHeader(connection, 0, BenchProtocol.OBJECT, BenchProtocol.ECHO, size);
        }

        @Override
        public long run(int operations, Histogram latencies) throws IOException {
            return roundTrips(operations, size, size, latencies);
        }
    }
}
