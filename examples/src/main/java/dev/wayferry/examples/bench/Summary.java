package dev.wayferry.examples.bench;

import dev.wayferry.examples.bench.workload.Latencies;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.HistogramIterationValue;
import org.jspecify.annotations.Nullable;

/**
 * Makes the line of one back-end: each figure is the median of the rounds', but the longest is that of all of them, what was
 * copied and allocated is all that was, and the curve is of all together.
 */
public final class Summary {
    private static final int TICKS_PER_HALF_DISTANCE = 5;

    /** How the note of a row begins that has nothing but its reason. */
    private static final String FAILED = "failed: ";

    private Summary() {}

    static boolean isFailure(Row row) {
        String note = row.note();
        return note != null && note.startsWith(FAILED);
    }

    static Row row(
            String workload,
            String backEnd,
            List<RoundFigures> rounds,
            @Nullable Double syscallsPerOperation,
            @Nullable Long rssKb,
            @Nullable String note) {
        return new Row(
                workload,
                backEnd,
                median(rounds, round -> round.micros(50)),
                median(rounds, round -> round.micros(90)),
                median(rounds, round -> round.micros(99)),
                median(rounds, round -> round.micros(99.9)),
                rounds.stream().mapToDouble(RoundFigures::maxMicros).max().orElseThrow(),
                median(rounds, RoundFigures::operationsPerSecond),
                median(rounds, RoundFigures::cpuMicrosPerOperation),
                syscallsPerOperation,
                perOperation(rounds, RoundFigures::bytesCopied),
                perOperation(rounds, RoundFigures::allocatedBytes),
                null,
                rssKb,
                curve(rounds),
                rounds.stream().map(RoundFigures::round).toList(),
                note);
    }

    /** The line of a back-end that failed, with nothing but the reason. */
    static Row failed(String workload, String backEnd, String why) {
        return new Row(
                workload, backEnd, null, null, null, null, null, null, null, null, null, null, null, null, List.of(),
                FAILED + why);
    }

    static double median(List<RoundFigures> rounds, ToDoubleFunction<RoundFigures> figure) {
        return median(rounds.stream().mapToDouble(figure).toArray());
    }

    /** Of all rounds together, so that none hides what another shows; null if that is not known of one. */
    private static @Nullable Double perOperation(List<RoundFigures> rounds, Function<RoundFigures, @Nullable Long> figure) {
        List<Long> values = rounds.stream().map(figure).filter(Objects::nonNull).toList();
        return values.size() == rounds.size()
                ? (double) values.stream().mapToLong(Long::longValue).sum()
                        / rounds.stream().mapToLong(RoundFigures::allOperations).sum()
                : null;
    }

    /** The middle one, or the mean of both where their number is even. */
    public static double median(double[] values) {
        if (values.length == 0) {
            throw new IllegalArgumentException("no values");
        }
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    private static List<Row.Point> curve(List<RoundFigures> rounds) {
        Histogram all = Latencies.histogram();
        rounds.forEach(round -> all.add(round.latencies()));
        List<Row.Point> points = new ArrayList<>();
        for (HistogramIterationValue value : all.percentiles(TICKS_PER_HALF_DISTANCE)) {
            points.add(new Row.Point(value.getPercentileLevelIteratedTo(), value.getValueIteratedTo() / 1e3));
        }
        return points;
    }
}
