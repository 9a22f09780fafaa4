package dev.wayferry.examples.bench.report;

import dev.wayferry.examples.bench.Row;
import dev.wayferry.examples.bench.Summary;
import java.util.List;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A figure that is compared with another back-end's. How many times as much it is, is the median over rounds of what each
 * round says by itself, since what disturbs the machine for a while disturbs both sides of a round alike: the medians of
 * both, each of a round of its own, would say more about the machine.
 */
enum Figure {
    P50("p50_ratio", Row::p50Us, Row.Round::p50Us),
    P99("p99_ratio", Row::p99Us, Row.Round::p99Us),
    RATE("ops_ratio", Row::opsPerS, Row.Round::opsPerS);

    private final String ratioKey;
    private final Function<Row, @Nullable Double> figure;
    private final ToDoubleFunction<Row.Round> ofRound;

    Figure(String ratioKey, Function<Row, @Nullable Double> figure, ToDoubleFunction<Row.Round> ofRound) {
        this.ratioKey = ratioKey;
        this.figure = figure;
        this.ofRound = ofRound;
    }

    /** What its ratio is called in {@code bench.json}. */
    String ratioKey() {
        return ratioKey;
    }

    /** How many times as much as the reference's; null if there is nothing to compare, or to compare with. */
    @Nullable Double ratio(@Nullable Row row, @Nullable Row reference) {
        if (row == null || reference == null) {
            return null;
        }
        List<Row.Round> ours = row.rounds();
        List<Row.Round> theirs = reference.rounds();
        double[] ratios = ours.size() != theirs.size()
                ? new double[0]
                : IntStream.range(0, ours.size())
                        .filter(i -> ofRound.applyAsDouble(theirs.get(i)) > 0)
                        .mapToDouble(i -> ofRound.applyAsDouble(ours.get(i)) / ofRound.applyAsDouble(theirs.get(i)))
                        .toArray();
        return ratios.length > 0
                ? (Double) Summary.median(ratios)
                : Results.ratio(figure.apply(row), figure.apply(reference));
    }
}
