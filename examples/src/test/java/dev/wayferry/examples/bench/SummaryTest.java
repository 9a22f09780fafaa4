package dev.wayferry.examples.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wayferry.examples.bench.workload.Latencies;
import java.util.List;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class SummaryTest {
    private static final double THREE_DIGITS = 0.001;

    @Test
    void theMedianIsTheMiddleOne() {
        assertEquals(3, Summary.median(new double[] {100, 1, 3}));
        assertEquals(2.5, Summary.median(new double[] {4, 1, 2, 3}));
        assertEquals(7, Summary.median(new double[] {7}));
        assertThrows(IllegalArgumentException.class, () -> Summary.median(new double[0]));
    }

    @Test
    void eachFigureIsTheMedianOfTheRoundsByItselfButTheLongestIsOfAll() {
        Row row = Summary.row(
                "queue",
                "floor",
                List.of(round(1_000, 30_000, 2_000_000), round(2_000, 10_000, 1_000_000), round(3_000, 20_000, 9_000_000)),
                2.0,
                4_096L,
                "a note");
        assertMicros(2, row.p50Us());
        assertMicros(30, row.maxUs());
        assertEquals(100 * 1e9 / 2_000_000, row.opsPerS());
        assertEquals(2.0, row.syscallsPerOp());
        assertEquals(4_096L, row.rssKb());
        assertEquals("a note", row.note());
    }

    @Test
    void processorTimeIsSharedByAllOperationsThatWereDoneMeanwhile() {
        RoundFigures round = new RoundFigures(Latencies.histogram(), 100, 400, 1_000_000, 800_000, null, null);
        assertEquals(2, round.cpuMicrosPerOperation());
        assertEquals(100 * 1e9 / 1_000_000, round.operationsPerSecond());
    }

    @Test
    void roundsThatAreOneMeasurementHaveTheLargestOfAll() {
        RoundFigures whole = RoundFigures.together(
                List.of(round(1_000, 30_000, 2_000_000), round(2_000, 10_000, 1_000_000), round(3_000, 20_000, 9_000_000)));
        assertMicros(30, whole.maxMicros());
        assertEquals(300, whole.operations());
        assertEquals(300 * 1e9 / 12_000_000, whole.operationsPerSecond());
    }

    @Test
    void theCurveIsOfAllRoundsAndRises() {
        Row row = Summary.row("queue", "floor", List.of(round(1_000, 5_000, 1), round(2_000, 8_000, 1)), null, null, null);
        List<Row.Point> curve = row.curve();
        assertMicros(8, curve.getLast().us());
        assertEquals(100, curve.getLast().percentile());
        for (int i = 1; i < curve.size(); i++) {
            assertTrue(curve.get(i).us() >= curve.get(i - 1).us(), curve::toString);
            assertTrue(curve.get(i).percentile() >= curve.get(i - 1).percentile(), curve::toString);
        }
    }

    @Test
    void aFloorThatIsSlowerThanAFifthAboveAPingPongIsNone() {
        assertTrue(new FloorCheck(6, 5, 1).holds());
        assertFalse(new FloorCheck(6.1, 5, 1).holds());
        assertTrue(new FloorCheck(6.1, 5, 1).describe().contains("1.22"));
    }

    private static RoundFigures round(long usual, long worst, long nanos) {
        Histogram latencies = Latencies.histogram();
        latencies.recordValueWithCount(usual, 99);
        latencies.recordValue(worst);
        return new RoundFigures(latencies, 100, 100, nanos, 0, null, null);
    }

    private static void assertMicros(double expected, @Nullable Double actual) {
        assertNotNull(actual);
        assertEquals(expected, actual, expected * THREE_DIGITS);
    }
}
