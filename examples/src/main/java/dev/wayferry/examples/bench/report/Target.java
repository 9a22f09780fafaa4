package dev.wayferry.examples.bench.report;

import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One target and how near the figures come to it.
 *
 * @param what is to be small or large
 * @param limit what it is to be, in words
 * @param figure what it is; null if not measured
 * @param least whether the limit is the least that it may be, rather than the most
 * @param bound the limit itself, or {@link #NO_BOUND}
 * @param detail where the figure is from, or why there is none
 */
public record Target(String what, String limit, @Nullable Double figure, boolean least, double bound, String detail) {
    /** Of what is told beside the targets, and is none. */
    static final double NO_BOUND = Double.NaN;

    /** Whether figures reach it. */
    public enum Verdict {
        MET,
        MISSED,
        NOT_MEASURED,
        NO_TARGET
    }

    public Verdict verdict() {
        Double value = figure;
        if (value == null) {
            return Verdict.NOT_MEASURED;
        }
        if (Double.isNaN(bound)) {
            return Verdict.NO_TARGET;
        }
        return (least ? value >= bound : value <= bound) ? Verdict.MET : Verdict.MISSED;
    }

    /** In words, with by how much it is missed. */
    public String describe() {
        return switch (verdict()) {
            case NOT_MEASURED -> "not measured";
            case NO_TARGET -> "";
            case MET -> "met";
            case MISSED -> {
                double by = Math.abs(Objects.requireNonNull(figure) - bound);
                yield "missed by " + (bound == 0 ? Figures.of(by) : String.format(Locale.ROOT, "%.1f %%", 100 * by / bound));
            }
        };
    }
}
