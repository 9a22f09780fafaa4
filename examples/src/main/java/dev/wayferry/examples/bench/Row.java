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
        List<Round> rounds,
        @Nullable String note) {
    /** A point of the latencies' curve, of all rounds together. */
    public record Point(double percentile, double us) {}

    /** What one round brought, to be compared with the same round of others. */
    public record Round(double p50Us, double p99Us, double opsPerS, double cpuUsPerOp) {}

    /** Of what was not measured in rounds. */
    public Row(
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
        this(
                workload, backend, p50Us, p90Us, p99Us, p999Us, maxUs, opsPerS, cpuUsPerOp, syscallsPerOp, bytesCopiedPerOp,
                allocBytesPerOp, lateFrames, rssKb, curve, List.of(), note);
    }

    /** Of a workload that can't be done with a back-end. */
    static Row missing(String workload, String backend, String why) {
        return new Row(
                workload, backend, null, null, null, null, null, null, null, null, null, null, null, null, List.of(), why);
    }

    Row withLateFrames(long late) {
        return new Row(
                workload, backend, p50Us, p90Us, p99Us, p999Us, maxUs, opsPerS, cpuUsPerOp, syscallsPerOp,
                bytesCopiedPerOp, allocBytesPerOp, late, rssKb, curve, rounds, note);
    }
}
