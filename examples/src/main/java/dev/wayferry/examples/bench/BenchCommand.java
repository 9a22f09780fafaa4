package dev.wayferry.examples.bench;

import dev.wayferry.examples.bench.backend.BackEnd;
import dev.wayferry.examples.bench.backend.CommandBackEnd;
import dev.wayferry.examples.bench.backend.FloorBackEnd;
import dev.wayferry.examples.bench.backend.WayferryBackEnd;
import dev.wayferry.examples.bench.workload.Workload;
import dev.wayferry.examples.bench.workload.Workloads;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code bench}: measures. */
@Command(
        name = "bench",
        description = "Measures a vhost-user GPU back-end's way of Wayland beside the least that this machine could do.",
        mixinStandardHelpOptions = true)
public final class BenchCommand implements Callable<Integer> {
    @Option(names = "--quick", description = "In under 150 seconds, with coarser figures.")
    private boolean quick;

    @Option(names = "--out", paramLabel = "DIR", description = "Where the results go.")
    private @Nullable Path out;

    @Option(
            names = "--backend",
            paramLabel = "wayferry|NAME=COMMAND",
            description = "What to measure, any number of them. Default: wayferry. In a command, {socket} stands for where"
                    + " to listen and {wayland} for the compositor's socket.")
    private List<String> backEnds = List.of(WayferryBackEnd.NAME);

    @Option(names = "--no-floor", negatable = true, description = "Without the machine's own limit beside it.")
    private boolean floor = true;

    @Option(names = "--rounds", description = "How often each has its turn.")
    private @Nullable Integer rounds;

    @Option(names = "--workload", paramLabel = "NAME", description = "Only these. Default: all.")
    private List<String> workloads = List.of();

    @Override
    public Integer call() {
        try {
            Effort effort = quick ? Effort.QUICK : Effort.FULL;
            List<Row> rows = new ArrayList<>();
            FloorCheck floorCheck = measure(rounds == null ? effort : effort.rounds(rounds), rows);
            rows.forEach(BenchCommand::print);
            if (rows.stream().anyMatch(row -> row.p50Us() == null)) {
                System.err.println("bench: not everything could be measured, see the notes");
                return 1;
            }
            if (floorCheck != null && !floorCheck.holds()) {
                System.err.println("bench: the floor is no floor, so nothing here can be compared with it: "
                        + floorCheck.describe());
                return 1;
            }
            return 0;
        } catch (IOException | IllegalArgumentException | IllegalStateException e) {
            System.err.println("bench: " + e.getMessage());
            return 1;
        }
    }

    private @Nullable FloorCheck measure(Effort effort, List<Row> rows) throws IOException {
        List<List<Workload>> chosen = chosenWorkloads();
        try (RunFolder folder = new RunFolder()) {
            FloorCheck floorCheck;
            try (Bench bench = new Bench(chosenBackEnds(), effort, folder.path(), BenchCommand::progress)) {
                for (List<Workload> group : chosen) {
                    rows.addAll(bench.measure(group));
                }
                floorCheck = bench.floorCheck();
            }
            if (rows.stream().allMatch(row -> row.p50Us() != null)) {
                folder.discard();
            }
            return floorCheck;
        }
    }

    private static void print(Row row) {
        if (row.p50Us() == null) {
            System.out.println(row.workload() + " " + row.backend() + " " + row.note());
            return;
        }
        System.out.printf(
                Locale.ROOT,
                "%-20s %-10s p50 %8.1f p99 %8.1f max %9.1f us %9.0f/s, each: cpu %6.2f us, calls %s, copied %s,"
                        + " allocated %s%n",
                row.workload(),
                row.backend(),
                row.p50Us(),
                row.p99Us(),
                row.maxUs(),
                row.opsPerS(),
                row.cpuUsPerOp(),
                shown(row.syscallsPerOp()),
                shown(row.bytesCopiedPerOp()),
                shown(row.allocBytesPerOp()));
        if (row.note() != null) {
            System.out.println("    " + row.note());
        }
    }

    private static String shown(@Nullable Double figure) {
        return figure == null ? "-" : String.format(Locale.ROOT, "%.2f", figure);
    }

    private static void progress(String what) {
        System.err.println("bench: " + what);
    }

    private List<BackEnd> chosenBackEnds() {
        List<BackEnd> chosen = new ArrayList<>();
        for (String each : backEnds) {
            chosen.add(each.equals(WayferryBackEnd.NAME) ? new WayferryBackEnd() : CommandBackEnd.parse(each));
        }
        if (floor) {
            chosen.add(new FloorBackEnd());
        }
        return chosen;
    }

    private List<List<Workload>> chosenWorkloads() {
        List<List<Workload>> groups = Workloads.groups();
        if (workloads.isEmpty()) {
            return groups;
        }
        List<String> unknown = new ArrayList<>(workloads);
        List<List<Workload>> chosen = new ArrayList<>();
        for (List<Workload> group : groups) {
            List<Workload> wanted = group.stream()
                    .filter(workload -> workloads.contains(workload.name()))
                    .toList();
            wanted.forEach(workload -> unknown.remove(workload.name()));
            if (!wanted.isEmpty()) {
                chosen.add(wanted);
            }
        }
        if (!unknown.isEmpty()) {
            throw new IllegalArgumentException("no workload is called " + String.join(" or ", unknown));
        }
        return chosen;
    }
}
