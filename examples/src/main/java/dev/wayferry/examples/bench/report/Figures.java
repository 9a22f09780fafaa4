package dev.wayferry.examples.bench.report;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Numbers as people read them: three digits that count, and none more. */
final class Figures {
    /** Stands where there is no figure. */
    static final String NONE = "–";

    private Figures() {}

    static String of(@Nullable Number figure) {
        if (figure == null) {
            return NONE;
        }
        double value = figure.doubleValue();
        double size = Math.abs(value);
        if (value == Math.rint(value) && size < 1e15) {
            return String.format(Locale.ROOT, "%,d", (long) value).replace(',', ' ');
        }
        int decimals = size >= 100 ? 0 : size >= 10 ? 1 : size >= 0.01 ? 2 : 4;
        return String.format(Locale.ROOT, "%,." + decimals + "f", value).replace(',', ' ');
    }

    /** A ratio, with its sign. */
    static String times(@Nullable Double ratio) {
        return ratio == null ? "" : String.format(Locale.ROOT, ratio >= 10 ? "×%.1f" : "×%.2f", ratio);
    }

    /** KiB as MB of a million bytes. */
    static @Nullable Double megabytes(@Nullable Long kib) {
        return kib == null ? null : kib * 1024 / 1e6;
    }
}
