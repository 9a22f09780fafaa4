package dev.wayferry.examples.bench.workload;

import org.HdrHistogram.Histogram;

/** Histograms of nanoseconds as all workloads use them. */
public final class Latencies {
    private static final long MAX_NANOS = 60_000_000_000L;
    private static final int DIGITS = 3;

    private Latencies() {}

    public static Histogram histogram() {
        return new Histogram(MAX_NANOS, DIGITS);
    }

    static void record(Histogram latencies, long nanos) {
        latencies.recordValue(Math.clamp(nanos, 0, MAX_NANOS));
    }
}
