package dev.wayferry.examples.bench.report;

import dev.wayferry.examples.bench.Row;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.DoubleStream;

/** Results as a run could have them. */
final class SampleResults {
    private SampleResults() {}

    static Machine machine() {
        return new Machine(
                "A Processor", 2, "one CPU for all", 4096, "Linux 6.12", true, null, "Some JDK 25", "-Xmx512m", "0123456789ab",
                "2026-01-01T00:00:00Z", "--quick", "perf", 7);
    }

    /** A row in which only times are told. */
    static Row latency(String workload, String backend, double p50) {
        List<Row.Point> curve = DoubleStream.of(0, 50, 75, 87.5, 93.75, 99, 99.9, 99.99, 100)
                .mapToObj(percentile -> new Row.Point(percentile, p50 * (0.5 + percentile * percentile / 8_000)))
                .toList();
        return new Row(
                workload, backend, p50, p50 * 1.2, p50 * 2, p50 * 4, p50 * 10, 1e6 / p50, p50 / 3, null, null, null, null,
                null, curve, null);
    }

    /** A row of costs. */
    static Row costs(String workload, String backend, double calls, double copied, double allocated) {
        return new Row(
                workload, backend, 10.0, 12.0, 20.0, 40.0, 100.0, 1e5, 3.25, calls, copied, allocated, null, 50_000L,
                List.of(), null);
    }

    static Results of(Row... rows) {
        return new Results(machine(), List.of(rows));
    }

    /** Many of them. */
    static Results whole() {
        List<Row> rows = new ArrayList<>();
        for (String workload : List.of(
                "queue", "sync", "contexts-0", "contexts-9", "contexts-99", "contexts-999", "stream-to-host-1k",
                "stream-to-host-10k", "stream-to-host-50k")) {
            int of = workload.length();
            rows.add(latency(workload, "wayferry", 11.2 * of));
            rows.add(latency(workload, "another <one>", 31.7 * of));
            rows.add(latency(workload, "floor", 10.0 * of));
        }
        rows.add(costs("stream-to-host-max", "wayferry", 1.2, 0, 0));
        rows.add(new Row(
                "idle", "wayferry", null, null, null, null, null, 2.5, 40.0, null, null, null, null, 60_000L, List.of(),
                "woken in 10 s: VM Periodic Tas 25"));
        rows.add(new Row(
                "idle", "empty-jvm", null, null, null, null, null, 2.4, 40.0, null, null, null, null, 30_000L, List.of(),
                null));
        return new Results(machine(), rows);
    }
}
