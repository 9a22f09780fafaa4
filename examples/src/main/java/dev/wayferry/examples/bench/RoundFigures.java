package dev.wayferry.examples.bench;

import dev.wayferry.examples.bench.backend.OwnFigures;
import dev.wayferry.examples.bench.workload.Latencies;
import java.util.List;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * What one round of one back-end brought.
 *
 * @param latencies in nanoseconds
 * @param operations whose latencies these are
 * @param allOperations these and those of others that were done meanwhile, for which the process worked as well
 * @param nanos how long all operations took
 * @param cpuNanos processor time of the back-end's process
 * @param before what the process told of itself at the beginning, if it does so
 * @param after and at the end
 */
record RoundFigures(
        Histogram latencies,
        long operations,
        long allOperations,
        long nanos,
        long cpuNanos,
        @Nullable OwnFigures before,
        @Nullable OwnFigures after) {
    /** All rounds as if they were one. */
    static RoundFigures together(List<RoundFigures> rounds) {
        Histogram latencies = Latencies.histogram();
        rounds.forEach(round -> latencies.add(round.latencies));
        return new RoundFigures(
                latencies,
                rounds.stream().mapToLong(RoundFigures::operations).sum(),
                rounds.stream().mapToLong(RoundFigures::allOperations).sum(),
                rounds.stream().mapToLong(RoundFigures::nanos).sum(),
                rounds.stream().mapToLong(RoundFigures::cpuNanos).sum(),
                rounds.getFirst().before,
                rounds.getLast().after);
    }

    Row.Round round() {
        return new Row.Round(micros(50), micros(99), operationsPerSecond(), cpuMicrosPerOperation());
    }

    double micros(double percentile) {
        return latencies.getValueAtPercentile(percentile) / 1e3;
    }

    double maxMicros() {
        return latencies.getMaxValue() / 1e3;
    }

    /** How many operations took longer than {@code nanos}. */
    long later(long nanos) {
        return latencies.getTotalCount() - latencies.getCountBetweenValues(0, nanos);
    }

    double operationsPerSecond() {
        return operations * 1e9 / nanos;
    }

    double cpuMicrosPerOperation() {
        return cpuNanos / 1e3 / allOperations;
    }

    @Nullable Long bytesCopied() {
        return before == null || after == null ? null : (Long) (after.bytesCopied() - before.bytesCopied());
    }

    @Nullable Long allocatedBytes() {
        Long from = before == null ? null : before.allocatedBytes();
        Long to = after == null ? null : after.allocatedBytes();
        return from == null || to == null ? null : (Long) (to - from);
    }
}
