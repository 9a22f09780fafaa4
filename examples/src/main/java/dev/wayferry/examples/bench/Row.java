package dev.wayferry.examples.bench;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** One line of the result: one workload of one back-end. Null where a figure does not apply or can't be seen. */
public record Row(
        String workload,
        String backend,
        @Nullable Double p50Us,
        @Nullable Double p90Us,
        @Nullable Double p99Us,
        @Nullable Double p999Us,
        @Nullable Double maxUs,
        @Nullable Double opsPerS,
        @Nullable Double cpuUsPerOp,
        @Nullable Double syscallsPerOp,
        @Nullable Double bytesCopiedPerOp,
        @Nullable Double allocBytesPerOp,
        @Nullable Long lateFrames,
        @Nullable Long rssKb,
        List<Point> curve,
        @Nullable String note) {
    /** A point of the latencies' curve, of all rounds together. */
    public record Point(double percentile, double us) {}
}
