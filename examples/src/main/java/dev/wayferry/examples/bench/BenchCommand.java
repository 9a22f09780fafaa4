package dev.wayferry.examples.bench;

import dev.wayferry.examples.bench.backend.BackEnd;
import dev.wayferry.examples.bench.backend.CommandBackEnd;
import dev.wayferry.examples.bench.backend.FloorBackEnd;
import dev.wayferry.examples.bench.backend.WayferryBackEnd;
import dev.wayferry.examples.bench.workload.Workload;
import dev.wayferry.examples.bench.workload.Workloads;
import java.io.IOException;
import java.nio.file.Files;
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
            if (rounds != null) {
                effort = effort.rounds(rounds);
            }
            Path folder = Files.createTempDirectory("bench");
            List<Row> rows = new ArrayList<>();
            FloorCheck floorCheck;
            try (Bench bench = new Bench(chosenBackEnds(), effort, folder, BenchCommand::progress)) {
                for (Workload workload : chosenWorkloads()) {
                    rows.addAll(bench.measure(workload));
                }
                floorCheck = bench.floorCheck();
            }
            for (Row row : rows) {
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

    private List<Workload> chosenWorkloads() {
        List<Workload> all = Workloads.all();
        if (workloads.isEmpty()) {
            return all;
        }
        List<Workload> chosen = new ArrayList<>();
        for (String name : workloads) {
            chosen.add(all.stream()
                    .filter(workload -> workload.name().equals(name))
                    .findAny()
                    .orElseThrow(() -> new IllegalArgumentException("no workload is called " + name)));
        }
        return chosen;
    }
}
