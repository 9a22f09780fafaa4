package dev.wayferry.examples.client;

import java.io.IOException;
import org.HdrHistogram.Histogram;

/** Measures how long {@code wl_display.sync} takes to come back. */
public final class SyncLatency {
    /** The longest that can be told. */
    static final long MAX_NANOS = 60_000_000_000L;
    /** Of a figure, as many digits are right. */
    static final int DIGITS = 3;

    private static final double NANOS_PER_SECOND = 1e9;

    private SyncLatency() {}

    /** Makes {@code count} round trips, one after the other; the histogram is of nanoseconds. */
    public static Histogram measure(ClientConnection connection, int count) throws IOException {
        var histogram = new Histogram(MAX_NANOS, DIGITS);
        for (int i = 0; i < count; i++) {
            long start = System.nanoTime();
            connection.roundTrip();
            histogram.recordValue(Math.min(MAX_NANOS, System.nanoTime() - start));
        }
        return histogram;
    }

    /** One line: how many, and p50 and p99 in microseconds. */
    public static String describe(Histogram histogram) {
        return histogram.getTotalCount() + " round trips of wl_display.sync: p50 "
                + micros(histogram.getValueAtPercentile(50)) + " us, p99 " + micros(histogram.getValueAtPercentile(99))
                + " us";
    }

    /** One line of numbers: round trips a second, given how long all took, and p50, p90, p99 and maximum in microseconds. */
    static String figures(Histogram histogram, long elapsedNanos) {
        return Math.round(histogram.getTotalCount() * NANOS_PER_SECOND / elapsedNanos) + " "
                + micros(histogram.getValueAtPercentile(50)) + " " + micros(histogram.getValueAtPercentile(90)) + " "
                + micros(histogram.getValueAtPercentile(99)) + " " + micros(histogram.getMaxValue());
    }

    private static String micros(long nanos) {
        long tenths = (nanos + 50) / 100;
        return tenths / 10 + "." + tenths % 10;
    }
}
