package dev.wayferry.examples.bench;

import org.HdrHistogram.Histogram;

/**
 * What one round of one back-end brought.
 *
 * @param latencies in nanoseconds
 * @param operations whose latencies these are
 * @param allOperations these and those of others that were done meanwhile, for which the process worked as well
 * @param nanos how long all operations took
 * @param cpuNanos processor time of the back-end's process
 */
record RoundFigures(Histogram latencies, long operations, long allOperations, long nanos, long cpuNanos) {
    double micros(double percentile) {
        return latencies.getValueAtPercentile(percentile) / 1e3;
    }

    double maxMicros() {
        return latencies.getMaxValue() / 1e3;
    }

    double operationsPerSecond() {
        return operations * 1e9 / nanos;
    }

    double cpuMicrosPerOperation() {
        return cpuNanos / 1e3 / allOperations;
    }
}
