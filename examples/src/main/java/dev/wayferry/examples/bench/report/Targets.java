package dev.wayferry.examples.bench.report;

import dev.wayferry.examples.bench.Row;
import dev.wayferry.examples.bench.Summary;
import dev.wayferry.examples.bench.workload.Workloads;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** The host process's targets, held against what was measured. They judge nothing: a run that misses them has not failed. */
public final class Targets {
    private static final String OURS = "wayferry";
    private static final String NO_LIMIT = "none, for comparison";
    private static final double MEMORY_MB = 80;
    private static final String SATURATED = "stream-to-host-max";
    private static final String STRACE = "strace";

    private final Results results;
    private final List<Target> targets = new ArrayList<>();

    private Targets(Results results) {
        this.results = results;
    }

    /** All of them, in the order of importance. */
    public static List<Target> of(Results results) {
        var targets = new Targets(results);
        targets.latencies();
        targets.costs();
        targets.frames();
        targets.process();
        return targets.targets;
    }

    private void latencies() {
        most("queue-only round trip, p50", 1.15, Workloads.QUEUE, Figure.P50);
        most("queue-only round trip, p99", 1.5, Workloads.QUEUE, Figure.P99);
        most("sync round trip, p50", 1.2, "sync", Figure.P50);
        most("sync round trip, p99", 1.5, "sync", Figure.P99);
        most("one busy context beside 99 at 60/s, p99", 1.5, "contexts-99", Figure.P99);
        worst(
                "beside a context that misbehaves, p99",
                "≤ 1.5 of undisturbed",
                row -> row.workload().startsWith(Workloads.BESIDE) && !row.workload().equals(Workloads.BESIDE_NOBODY),
                row -> ratio(row, Figure.P99),
                1.5);
        Row thousand = results.row("contexts-999", OURS).orElse(null);
        Double open = thousand == null || thousand.p50Us() == null ? null : (Double) 1_000.0;
        add("contexts open at once in one VM", "1 000", open, true, 1_000, "contexts-999");
        least("clipboard pipe to the guest, bytes a second", 0.8, "pipe");
        least("clipboard pipe from the guest, bytes a second", 0.8, "pipe-to-host");
        Row first = results.row("first-message", OURS).orElse(null);
        Row steady = results.row("sync", OURS).orElse(null);
        add(
                "first message of a guest, a second after start",
                "≤ 5 of the steady p50",
                first == null || steady == null ? null : Results.ratio(first.p50Us(), steady.p50Us()),
                false,
                5,
                "first-message beside sync");
    }

    private void costs() {
        absolute("system calls a sync", 6.2, "sync", Row::syscallsPerOp);
        Row saturated = results.row(SATURATED, OURS).orElse(null);
        boolean slowed = STRACE.equals(results.machine().systemCallsBy());
        add(
                "system calls a message at saturation",
                "≤ 1.3",
                saturated == null ? null : saturated.syscallsPerOp(),
                false,
                1.3,
                SATURATED + (slowed ? "; by strace, which slows the process, so it is too low" : ""));
        worst("bytes allocated a message on the loop thread", "0", Targets::passesThrough, Row::allocBytesPerOp, 0);
        worst("payload bytes copied by the host", "0", Targets::passesThrough, Row::bytesCopiedPerOp, 0);
        Double ours = payloadCost(OURS);
        Double floors = payloadCost(Results.FLOOR);
        Double ratio = floors == null || floors <= 0 || ours == null ? null : ours / floors;
        String what = "copies seen from outside: CPU of 3,744 bytes less that of 64";
        add(what, "≤ 1.1 of the floor", ratio, false, 1.1, "sync-3744");
    }

    /** Processor time an operation that more payload costs: the median of the rounds' differences. */
    private @Nullable Double payloadCost(String backend) {
        Row large = results.row(Workloads.LARGE_SYNC, backend).orElse(null);
        Row small = results.row(Workloads.SMALL_SYNC, backend).orElse(null);
        if (large == null || small == null || large.cpuUsPerOp() == null || small.cpuUsPerOp() == null) {
            return null;
        }
        double[] differences = IntStream.range(0, Math.min(large.rounds().size(), small.rounds().size()))
                .mapToDouble(i -> large.rounds().get(i).cpuUsPerOp() - small.rounds().get(i).cpuUsPerOp())
                .toArray();
        return differences.length > 0 ? (Double) Summary.median(differences) : large.cpuUsPerOp() - small.cpuUsPerOp();
    }

    private void frames() {
        String limit = "≤ 1.3 of the floor";
        Predicate<Row> passedOn = row -> floorHoldsFrames(row) && !isCopied(row);
        worst("late frames caused by the host", "0", passedOn, this::lateFrames, 0, notHeld());
        worst("commit to compositor, p99", limit, passedOn, row -> ratio(row, Figure.P99), 1.3, notHeld());
        Predicate<Row> copied = row -> floorHoldsFrames(row) && isCopied(row);
        if (results.rows().stream().anyMatch(row -> row.backend().equals(OURS) && copied.test(row))) {
            String where = " where guest memory has to be copied";
            worst("late frames" + where, NO_LIMIT, copied, this::lateFrames, Target.NO_BOUND);
            worst("commit to compositor, p99," + where, NO_LIMIT, copied, row -> ratio(row, Figure.P99), Target.NO_BOUND);
        }
    }

    /** The rows that don't count as the floor was late too, with how often both were; empty where there are none. */
    private String notHeld() {
        String told = results.rows().stream()
                .filter(row -> row.backend().equals(OURS) && row.workload().startsWith("frames-"))
                .filter(row -> !isCopied(row) && !floorHoldsFrames(row))
                .map(row -> row.workload() + " " + row.lateFrames() + " and "
                        + results.row(row.workload(), Results.FLOOR).map(Row::lateFrames).orElse(null))
                .collect(Collectors.joining(", "));
        return told.isEmpty() ? "" : "; the floor was late too: " + told;
    }

    /** Unknown where it is not known either whether the machine can do better. */
    private @Nullable Double lateFrames(Row row) {
        Row floor = results.row(row.workload(), Results.FLOOR).orElse(null);
        return floor == null || floor.lateFrames() == null ? null : number(row.lateFrames());
    }

    /** Guest memory that was copied for the compositor, as where the host has no {@code /dev/udmabuf}. */
    private static boolean isCopied(Row row) {
        Double copied = row.bytesCopiedPerOp();
        return row.workload().endsWith("-guest") && (copied == null || copied > 0);
    }

    private void process() {
        absolute("idle: wake-ups of loop and control threads", 0, "idle-threads", Row::opsPerS);
        Row idle = results.row("idle", OURS).orElse(null);
        Double wakeUps = ratio(idle, Figure.RATE);
        add("idle: wake-ups of the whole process", "≤ 1.2 of an empty JVM", wakeUps, false, 1.2, "idle");
        Row empty = idle == null ? null : results.reference(idle);
        Double cpu = idle == null || empty == null
                ? null
                : Results.ratio(processorTimeASecond(idle), processorTimeASecond(empty));
        add("idle: processor time of the whole process", "≤ 1.2 of an empty JVM", cpu, false, 1.2, "idle");
        Row start = results.row("start", OURS).orElse(null);
        add("start to socket ready", "≤ 2.5 of an empty main", ratio(start, Figure.P50), false, 2.5, "start");
        Double memory = idle == null ? null : Figures.megabytes(idle.rssKb());
        add("resident memory idle, MB", "≤ 80", memory, false, MEMORY_MB, "idle");
        add("ring hand-off, ns", "≤ 100", null, false, 100, "by the micro-benchmarks");
        add("POLL while data waits", "same turn, one recvmsg", null, false, 0, "by the tests");
    }

    private void most(String what, double bound, String workload, Figure figure) {
        Row row = results.row(workload, OURS).orElse(null);
        add(what, "≤ " + Figures.of(bound) + " of the floor", ratio(row, figure), false, bound, workload);
    }

    private void least(String what, double bound, String workload) {
        Row row = results.row(workload, OURS).orElse(null);
        add(what, "≥ " + Figures.of(bound) + " of the floor", ratio(row, Figure.RATE), true, bound, workload);
    }

    private void absolute(String what, double bound, String workload, Function<Row, @Nullable Double> figure) {
        Row row = results.row(workload, OURS).orElse(null);
        String limit = bound == 0 ? "0" : "≤ " + Figures.of(bound);
        add(what, limit, row == null ? null : figure.apply(row), false, bound, workload);
    }

    /** The largest figure of all rows that it applies to, of which those without one are named. */
    private void worst(
            String what, String limit, Predicate<Row> which, Function<Row, @Nullable Double> figure, double bound) {
        worst(what, limit, which, figure, bound, "");
    }

    /** The same, with more to be said beside it. */
    private void worst(
            String what,
            String limit,
            Predicate<Row> which,
            Function<Row, @Nullable Double> figure,
            double bound,
            String more) {
        Double most = null;
        String where = "";
        int measured = 0;
        List<String> missing = new ArrayList<>();
        for (Row row : results.rows()) {
            if (!row.backend().equals(OURS) || !which.test(row)) {
                continue;
            }
            Double value = figure.apply(row);
            if (value == null) {
                missing.add(row.workload());
                continue;
            }
            measured++;
            if (most == null || value > most) {
                most = value;
                where = row.workload();
            }
        }
        String detail = measured > 1 ? where + ", the worst of " + measured : where;
        if (!missing.isEmpty()) {
            detail += (detail.isEmpty() ? "" : "; ") + "without " + String.join(", ", missing);
        }
        add(what, limit, most, false, bound, detail + more);
    }

    private void add(String what, String limit, @Nullable Double figure, boolean least, double bound, String detail) {
        targets.add(new Target(what, limit, figure, least, bound, detail));
    }

    private @Nullable Double ratio(@Nullable Row row, Figure figure) {
        return row == null ? null : figure.ratio(row, results.reference(row));
    }

    private static boolean passesThrough(Row row) {
        String workload = row.workload();
        return workload.equals("queue")
                || workload.startsWith("sync") && !workload.equals("sync-proxy")
                || workload.startsWith("stream-");
    }

    /** Where the floor itself is late, the machine does not hold that size and rate. */
    private boolean floorHoldsFrames(Row row) {
        Row floor = results.row(row.workload(), Results.FLOOR).orElse(null);
        return row.workload().startsWith("frames-")
                && (floor == null || floor.lateFrames() == null || floor.lateFrames() == 0);
    }

    private static @Nullable Double processorTimeASecond(Row row) {
        Double rate = row.opsPerS();
        Double each = row.cpuUsPerOp();
        return rate == null || each == null ? null : rate * each;
    }

    private static @Nullable Double number(@Nullable Long figure) {
        return figure == null ? null : figure.doubleValue();
    }
}
