package dev.wayferry.examples.bench;

import static java.util.Objects.requireNonNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** What figures have to be, however quick the machine is. */
final class RowChecks {
    private RowChecks() {}

    /** Times, processor time, calls and memory are there. */
    static void assertHasFigures(Row row) {
        assertRises(row.p50Us(), row.p90Us(), row.p99Us(), row.p999Us(), row.maxUs());
        assertTrue(requireNonNull(row.opsPerS()) > 0, row::toString);
        assertTrue(requireNonNull(row.cpuUsPerOp()) > 0, row::toString);
        assertTrue(requireNonNull(row.syscallsPerOp()) > 0, row::toString);
        assertTrue(requireNonNull(row.rssKb()) > 0, row::toString);
    }

    /** None is less than the one before. */
    static void assertRises(@Nullable Double... figures) {
        double last = Double.MIN_VALUE;
        for (Double figure : figures) {
            assertTrue(figure != null && figure >= last, () -> Arrays.toString(figures));
            last = requireNonNull(figure);
        }
    }
}
