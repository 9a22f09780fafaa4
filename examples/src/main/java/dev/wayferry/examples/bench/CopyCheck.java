package dev.wayferry.examples.bench;

import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What the bytes of a message cost, seen from outside: the processor time of a large message and its answer above that of a
 * small one, round by round. A back-end that copies them needs more than the floor.
 */
final class CopyCheck {
    private CopyCheck() {}

    /** Microseconds an operation, the median of the rounds' differences. */
    static double micros(List<RoundFigures> small, List<RoundFigures> large) {
        double[] differences = new double[Math.min(small.size(), large.size())];
        for (int i = 0; i < differences.length; i++) {
            differences[i] = large.get(i).cpuMicrosPerOperation() - small.get(i).cpuMicrosPerOperation();
        }
        return Summary.median(differences);
    }

    /** One line about {@code micros}. */
    static String describe(String smallWorkload, double micros, @Nullable Double floorMicros) {
        String above = String.format(Locale.ROOT, "%.2f us of processor time above %s", micros, smallWorkload);
        return floorMicros == null
                ? above
                : above + String.format(Locale.ROOT, ", the floor %.2f us", floorMicros);
    }
}
