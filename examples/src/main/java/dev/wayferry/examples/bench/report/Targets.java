package dev.wayferry.examples.bench.report;

import dev.wayferry.examples.bench.Row;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** The host process's targets, held against what was measured. They judge nothing: a run that misses them has not failed. */
public final class Targets {
    private static final String OURS = "wayferry";
    private static final double MEMORY_MB = 80;

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
        most("queue-only round trip, p50", 1.15, "queue", Row::p50Us);
        most("queue-only round trip, p99", 1.5, "queue", Row::p99Us);
        most("sync round trip, p50", 1.2, "sync", Row::p50Us);
        most("sync round trip, p99", 1.5, "sync", Row::p99Us);
        most("one busy context beside 99 at 60/s, p99", 1.5, "contexts-99", Row::p99Us);
        Row thousand = results.row("contexts-999", OURS).orElse(null);
        add("contexts open at once in one VM", "1 000", thousand == null ? null : 1_000.0, true, 1_000, "contexts-999");
        Row pipe = results.row("pipe", OURS).orElse(null);
        add("clipboard pipe, bytes a second", "≥ 0.8 of the floor", ratio(pipe, Row::opsPerS), true, 0.8, "pipe");
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
        absolute("system calls a message at saturation", 1.3, "stream-to-host-max", Row::syscallsPerOp);
        worst("bytes allocated a message on the loop thread", "0", Targets::passesThrough, Row::allocBytesPerOp, 0);
        worst("payload bytes copied by the host", "0", Targets::passesThrough, Row::bytesCopiedPerOp, 0);
        Double ours = payloadCost(OURS);
        Double floors = payloadCost(Results.FLOOR);
        Double ratio = floors == null || floors <= 0 || ours == null ? null : ours / floors;
        String what = "copies seen from outside: CPU of 3,744 bytes less that of 64";
        add(what, "≤ 1.1 of the floor", ratio, false, 1.1, "sync-3744");
    }

    /** Processor time an operation that more payload costs. */
    private @Nullable Double payloadCost(String backend) {
        Row large = results.row("sync-3744", backend).orElse(null);
        Row small = results.row("sync-64", backend).orElse(null);
        Double most = large == null ? null : large.cpuUsPerOp();
        Double least = small == null ? null : small.cpuUsPerOp();
        return most == null || least == null ? null : most - least;
    }

    private void frames() {
        // Where the floor itself is late, the machine does not hold that size and rate.
        worst("late frames caused by the host", "0", this::floorHoldsFrames, row -> number(row.lateFrames()), 0);
        String limit = "≤ 1.3 of the floor";
        worst("commit to compositor, p99", limit, this::floorHoldsFrames, row -> ratio(row, Row::p99Us), 1.3);
    }

    private void process() {
        absolute("idle: wake-ups of loop and control threads", 0, "idle-threads", Row::opsPerS);
        Row idle = results.row("idle", OURS).orElse(null);
        add("idle: wake-ups of the whole process", "≤ 1.2 of an empty JVM", ratio(idle, Row::opsPerS), false, 1.2, "idle");
        Double cpu = ratio(idle, Targets::processorTimeASecond);
        add("idle: processor time of the whole process", "≤ 1.2 of an empty JVM", cpu, false, 1.2, "idle");
        Row start = results.row("start", OURS).orElse(null);
        add("start to socket ready", "≤ 2.5 of an empty main", ratio(start, Row::p50Us), false, 2.5, "start");
        Double memory = idle == null ? null : Figures.megabytes(idle.rssKb());
        add("resident memory idle, MB", "≤ 80", memory, false, MEMORY_MB, "idle");
        add("ring hand-off, ns", "≤ 100", null, false, 100, "by the micro-benchmarks");
        add("POLL while data waits", "same turn, one recvmsg", null, false, 0, "by the tests");
    }

    private void most(String what, double bound, String workload, Function<Row, @Nullable Double> figure) {
        Row row = results.row(workload, OURS).orElse(null);
        add(what, "≤ " + Figures.of(bound) + " of the floor", ratio(row, figure), false, bound, workload);
    }

    private void absolute(String what, double bound, String workload, Function<Row, @Nullable Double> figure) {
        Row row = results.row(workload, OURS).orElse(null);
        String limit = bound == 0 ? "0" : "≤ " + Figures.of(bound);
        add(what, limit, row == null ? null : figure.apply(row), false, bound, workload);
    }

    /** The largest figure of all rows that it applies to. */
    private void worst(
            String what, String limit, Predicate<Row> which, Function<Row, @Nullable Double> figure, double bound) {
        Double most = null;
        String where = "";
        for (Row row : results.rows()) {
            Double value = row.backend().equals(OURS) && which.test(row) ? figure.apply(row) : null;
            if (value != null && (most == null || value > most)) {
                most = value;
                where = row.workload();
            }
        }
        add(what, limit, most, false, bound, where);
    }

    private void add(String what, String limit, @Nullable Double figure, boolean least, double bound, String detail) {
        targets.add(new Target(what, limit, figure, least, bound, detail));
    }

    private @Nullable Double ratio(@Nullable Row row, Function<Row, @Nullable Double> figure) {
        Row reference = row == null ? null : results.reference(row);
        return row == null || reference == null ? null : Results.ratio(figure.apply(row), figure.apply(reference));
    }

    private static boolean passesThrough(Row row) {
        String workload = row.workload();
        return workload.equals("queue")
                || workload.startsWith("sync") && !workload.equals("sync-proxy")
                || workload.startsWith("stream-");
    }

    private boolean floorHoldsFrames(Row row) {
        Row reference = results.reference(row);
        return row.workload().startsWith("frames-") && reference != null && Objects.equals(reference.lateFrames(), 0L);
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
