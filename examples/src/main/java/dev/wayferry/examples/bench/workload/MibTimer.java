package dev.wayferry.examples.bench.workload;

import org.HdrHistogram.Histogram;

/** Notes how long each MiB of a stream of bytes took. */
final class MibTimer {
    private final Histogram latencies;
    private long before;
    private long next = PipeToGuestWorkload.MIB;

    MibTimer(Histogram latencies, long start) {
        this.latencies = latencies;
        this.before = start;
    }

    /** So many bytes are there. */
    void reached(long position) {
        while (position >= next) {
            long now = System.nanoTime();
            Latencies.record(latencies, now - before);
            before = now;
            next += PipeToGuestWorkload.MIB;
        }
    }
}
