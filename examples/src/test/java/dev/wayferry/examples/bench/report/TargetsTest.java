package dev.wayferry.examples.bench.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static java.util.Objects.requireNonNull;

import dev.wayferry.examples.bench.Row;
import dev.wayferry.examples.bench.Summary;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class TargetsTest {
    private static Target target(Results results, String what) {
        return Targets.of(results).stream()
                .filter(target -> target.what().equals(what))
                .findFirst()
                .orElseThrow();
    }

    private static Row frames(String backend, @Nullable Long late, double p99) {
        return new Row(
                "frames-1080p60-shm", backend, 1.0, 1.0, p99, p99, p99, 60.0, null, null, null, null, late, null, List.of(),
                null);
    }

    private static Row rate(String workload, String backend, double rate) {
        return new Row(
                workload, backend, null, null, null, null, null, rate, null, null, null, null, null, 70_000L, List.of(),
                null);
    }

    @Test
    void whatIsWithinItsLimitIsMet() {
        Results results = SampleResults.of(
                SampleResults.latency("queue", "wayferry", 11), SampleResults.latency("queue", "floor", 10));
        Target target = target(results, "queue-only round trip, p50");
        assertEquals(1.1, requireNonNull(target.figure()), 1e-9);
        assertEquals("met", target.describe());
    }

    @Test
    void whatIsBeyondItIsMissedBySoMuch() {
        Results results = SampleResults.of(
                SampleResults.latency("sync", "wayferry", 15), SampleResults.latency("sync", "floor", 10));
        Target target = target(results, "sync round trip, p50");
        assertEquals(Target.Verdict.MISSED, target.verdict());
        assertEquals("missed by 25.0 %", target.describe());
    }

    @Test
    void whatHasNothingToBeComparedWithIsNotMeasured() {
        Results alone = SampleResults.of(SampleResults.latency("sync", "wayferry", 15));
        assertEquals("not measured", target(alone, "sync round trip, p50").describe());
        Results others = SampleResults.of(
                SampleResults.latency("sync", "another", 15), SampleResults.latency("sync", "floor", 10));
        assertEquals("not measured", target(others, "sync round trip, p50").describe());
    }

    @Test
    void ofAllWorkloadsTheWorstCounts() {
        Results results = SampleResults.of(
                SampleResults.costs("sync", "wayferry", 6, 0, 0),
                SampleResults.costs("stream-to-host-max", "wayferry", 1, 0, 64));
        Target target = target(results, "bytes allocated a message on the loop thread");
        assertEquals("missed by 64", target.describe());
        assertEquals("stream-to-host-max, the worst of 2", target.detail());
        assertEquals("met", target(results, "payload bytes copied by the host").describe());
    }

    @Test
    void framesThatTheFloorIsLateWithDoNotCount() {
        String what = "late frames caused by the host";
        Results held = SampleResults.of(frames("wayferry", 3L, 9), frames("floor", 0L, 9));
        assertEquals("missed by 3", target(held, what).describe());
        Results notHeld = SampleResults.of(frames("wayferry", 3L, 9), frames("floor", 1L, 9));
        assertEquals("not measured", target(notHeld, what).describe());
        assertEquals("; the floor was late too: frames-1080p60-shm 3 and 1", target(notHeld, what).detail());
    }

    private static Row copied(String backend, double bytes, @Nullable Long late) {
        return new Row(
                "frames-1080p60-guest", backend, 1.0, 1.0, 9.0, 9.0, 9.0, 60.0, null, null, bytes, null, late, null,
                List.of(), null);
    }

    @Test
    void framesThatHaveToBeCopiedAreShownBesideTheTarget() {
        Results results = SampleResults.of(
                frames("wayferry", 0L, 9), frames("floor", 0L, 9),
                copied("wayferry", 8_294_400, 5L), copied("floor", 0, 0L));
        assertEquals("met", target(results, "late frames caused by the host").describe());
        Target shown = target(results, "late frames where guest memory has to be copied");
        assertEquals(5, requireNonNull(shown.figure()));
        assertEquals(Target.Verdict.NO_TARGET, shown.verdict());
        assertEquals("", shown.describe());
    }

    @Test
    void framesOfGuestMemoryThatIsSharedAreHeldToTheTarget() {
        Results results = SampleResults.of(copied("wayferry", 0, 5L), copied("floor", 0, 0L));
        assertEquals("missed by 5", target(results, "late frames caused by the host").describe());
    }

    @Test
    void whatHasNoFigureIsNamedAndDoesNotPass() {
        Row refused = new Row(
                "frames-4k60-dmabuf", "wayferry", null, null, null, null, null, null, null, null, null, null, null, null,
                List.of(), "no dma-bufs");
        Results results = SampleResults.of(frames("wayferry", 0L, 9), frames("floor", 0L, 9), refused);
        Target target = target(results, "late frames caused by the host");
        assertEquals("frames-1080p60-shm; without frames-4k60-dmabuf", target.detail());
        Results alone = SampleResults.of(refused);
        assertEquals("not measured", target(alone, "late frames caused by the host").describe());
    }

    @Test
    void aThousandContextsThatFailedAreNotAThousand() {
        Row failed = new Row(
                "contexts-999", "wayferry", null, null, null, null, null, null, null, null, null, null, null, null,
                List.of(), "failed: the queue of 4096 is full");
        assertEquals("not measured", target(SampleResults.of(failed), "contexts open at once in one VM").describe());
    }

    @Test
    void othersAreHeldToWhatTheyDoWhileNobodyMisbehaves() {
        Results results = SampleResults.of(
                SampleResults.latency("beside-nobody", "wayferry", 10),
                SampleResults.latency("beside-no-poll", "wayferry", 12),
                SampleResults.latency("beside-stuck-pipe", "wayferry", 18));
        Target target = target(results, "beside a context that misbehaves, p99");
        assertEquals(1.8, requireNonNull(target.figure()), 1e-9);
        assertEquals("beside-stuck-pipe, the worst of 2", target.detail());
        assertEquals("missed by 20.0 %", target.describe());
    }

    private static Row inRounds(String backend, double... p50) {
        List<Row.Round> rounds = Arrays.stream(p50)
                .mapToObj(micros -> new Row.Round(micros, 2 * micros, 1e6 / micros, micros))
                .toList();
        double median = Summary.median(p50);
        return new Row(
                "sync", backend, median, null, null, null, null, null, null, null, null, null, null, null, List.of(), rounds,
                null);
    }

    @Test
    void aRatioIsTheMedianOfTheRoundsAndNotOfTheirFiguresByThemselves() {
        Results results = SampleResults.of(inRounds("wayferry", 11, 110, 22), inRounds("floor", 10, 100, 10));
        assertEquals(1.1, requireNonNull(target(results, "sync round trip, p50").figure()), 1e-9);
        assertEquals(2.2, requireNonNull(Results.ratio(22.0, 10.0)), 1e-9);
    }

    @Test
    void moreBytesASecondAreBetter() {
        Results results = SampleResults.of(rate("pipe", "wayferry", 90), rate("pipe", "floor", 100));
        assertEquals("met", target(results, "clipboard pipe to the guest, bytes a second").describe());
        results = SampleResults.of(rate("pipe", "wayferry", 60), rate("pipe", "floor", 100));
        assertEquals("missed by 25.0 %", target(results, "clipboard pipe to the guest, bytes a second").describe());
    }

    @Test
    void anIdleProcessIsComparedWithAnEmptyOne() {
        Results results = SampleResults.of(
                rate("idle", "wayferry", 26), rate("idle", "floor", 40), rate("idle", "empty-jvm", 20),
                rate("idle-threads", "wayferry", 0));
        assertEquals("missed by 8.3 %", target(results, "idle: wake-ups of the whole process").describe());
        assertEquals("met", target(results, "idle: wake-ups of loop and control threads").describe());
        assertEquals("met", target(results, "resident memory idle, MB").describe());
    }

    @Test
    void anIdleProcessIsHeldToAnEmptyOnesProcessorTimeToo() {
        Target target = target(SampleResults.whole(), "idle: processor time of the whole process");
        assertEquals(2.5 * 40 / (2.4 * 40), requireNonNull(target.figure()), 1e-9);
        assertEquals("met", target.describe());
    }

    @Test
    void copiesAreSeenFromOutside() {
        Results results = SampleResults.of(
                SampleResults.latency("sync-64", "wayferry", 30), SampleResults.latency("sync-3744", "wayferry", 36),
                SampleResults.latency("sync-64", "floor", 24), SampleResults.latency("sync-3744", "floor", 27));
        Target target = target(results, "copies seen from outside: CPU of 3,744 bytes less that of 64");
        assertEquals(2, requireNonNull(target.figure()), 1e-9);
    }

    @Test
    void theTableHasEachRowWithItsRatiosInAlignedColumns() {
        Results results = SampleResults.whole();
        String text = TextTable.of(results);
        List<String> lines = text.lines().toList();
        assertTrue(lines.getFirst().startsWith("workload"), text);
        int column = lines.getFirst().indexOf("back-end");
        for (int i = 0; i < results.rows().size(); i++) {
            assertTrue(lines.get(i + 1).startsWith(results.rows().get(i).backend(), column), text);
        }
        assertTrue(lines.get(1).contains("×1.12"), lines.get(1));
        assertTrue(text.contains("sync round trip, p50"), text);
        assertTrue(lines.stream().noneMatch(line -> line.endsWith(" ")), text);
    }
}
