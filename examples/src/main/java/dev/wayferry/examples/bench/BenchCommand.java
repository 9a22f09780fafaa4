package dev.wayferry.examples.bench;

import dev.wayferry.examples.bench.backend.BackEnd;
import dev.wayferry.examples.bench.backend.CommandBackEnd;
import dev.wayferry.examples.bench.backend.FloorBackEnd;
import dev.wayferry.examples.bench.backend.WayferryBackEnd;
import dev.wayferry.examples.bench.report.Machine;
import dev.wayferry.examples.bench.report.Progress;
import dev.wayferry.examples.bench.report.Results;
import dev.wayferry.examples.bench.report.TextTable;
import dev.wayferry.examples.bench.workload.Workload;
import dev.wayferry.examples.bench.workload.Workloads;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code bench}: measures. */
@Command(
        name = "bench",
        description = "Measures a vhost-user GPU back-end's way of Wayland beside the least that this machine could do.",
        mixinStandardHelpOptions = true)
public final class BenchCommand implements Callable<Integer> {
    private static final long NOTHING_IS_DRAWN_AT_RANDOM = 0;

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

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Override
    public Integer call() {
        Effort effort = quick ? Effort.QUICK : Effort.FULL;
        try {
            List<Row> rows = new ArrayList<>();
            FloorCheck floorCheck = measure(rounds == null ? effort : effort.rounds(rounds), rows);
            Machine machine =
                    Machine.here(spec.commandLine().getParseResult().originalArgs(), NOTHING_IS_DRAWN_AT_RANDOM);
            Results results = new Results(machine, rows);
            System.out.print(TextTable.of(results));
            if (out != null) {
                results.write(out);
            }
            return judge(rows, floorCheck);
        } catch (IOException | IllegalArgumentException | IllegalStateException e) {
            System.err.println("bench: " + e.getMessage());
            return 1;
        }
    }

    private @Nullable FloorCheck measure(Effort effort, List<Row> rows) throws IOException {
        List<List<Workload>> chosen = chosenWorkloads();
        try (RunFolder folder = new RunFolder();
                Progress progress = Progress.onStandardError()) {
            FloorCheck floorCheck;
            try (Bench bench = new Bench(chosenBackEnds(), effort, folder.path(), progress)) {
                for (List<Workload> group : chosen) {
                    rows.addAll(bench.measure(group));
                }
                if (isChosen(FirstFigures.FRAME)) {
                    rows.addAll(bench.firsts().frame(effort.starts()));
                }
                if (isChosen(FirstFigures.MESSAGE)) {
                    rows.addAll(bench.firsts().message(effort.starts(), FirstFigures.steady(rows)));
                }
                if (isChosen(Workloads.IDLE)) {
                    rows.addAll(bench.idle(effort.idle()));
                }
                floorCheck = bench.floorCheck();
            }
            if (isChosen(Workloads.START) && backEnds.contains(WayferryBackEnd.NAME)) {
                rows.addAll(StartFigures.measure(effort.starts(), folder.path(), progress));
            }
            if (rows.stream().noneMatch(Summary::isFailure)) {
                folder.discard();
            }
            return floorCheck;
        }
    }

    private static int judge(List<Row> rows, @Nullable FloorCheck floorCheck) {
        if (rows.stream().anyMatch(Summary::isFailure)) {
            System.err.println("bench: not everything could be measured, see the notes");
            return 1;
        }
        if (floorCheck != null && !floorCheck.holds()) {
            System.err.println("bench: the floor is no floor, so nothing here can be compared with it: "
                    + floorCheck.describe());
            return 1;
        }
        return 0;
    }

    private boolean isChosen(String workload) {
        return workloads.isEmpty() || workloads.contains(workload);
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
        unknown.removeAll(List.of(Workloads.IDLE, Workloads.START, FirstFigures.FRAME, FirstFigures.MESSAGE));
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
