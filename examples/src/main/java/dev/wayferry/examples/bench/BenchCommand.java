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
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code bench}: measures. */
@Command(
        name = "bench",
        description = "Measures a vhost-user GPU back-end's way of Wayland beside the least that this machine could do.",
        mixinStandardHelpOptions = true)
public final class BenchCommand implements Callable<Integer> {
    private static final long NOTHING_IS_DRAWN_AT_RANDOM = 0;
    private static final int SOAK_MINUTES = 10;

    /** In which the host process's modes take part without being asked for. */
    private static final Set<String> WORKLOADS_OF_MODES = Set.of(Workloads.QUEUE, "sync", Workloads.SOAK);

    @Option(names = "--quick", description = "In under 150 seconds, with coarser figures.")
    private boolean quick;

    @Option(names = "--out", paramLabel = "DIR", description = "Where the results go.")
    private @Nullable Path out;

    @Option(
            names = "--backend",
            paramLabel = "wayferry[-MODE]|NAME=COMMAND",
            description = "What to measure, any number of them. In a command, {socket} stands for where to listen and"
                    + " {wayland} for the compositor's socket. MODE is busy-poll, busy-poll-forced or realtime. Default:"
                    + " wayferry, and in some workloads its modes.")
    private List<String> backEnds = List.of();

    @Option(names = "--no-floor", negatable = true, description = "Without the machine's own limit beside it.")
    private boolean floor = true;

    @Option(names = "--rounds", description = "How often each has its turn.")
    private @Nullable Integer rounds;

    @Option(names = "--workload", paramLabel = "NAME", description = "Only these. Default: all but soak.")
    private List<String> workloads = List.of();

    @Option(
            names = "--soak",
            arity = "0..1",
            fallbackValue = "10",
            paramLabel = "MINUTES",
            description = "The workload soak, for so many minutes of each back-end, and others only if they are named.")
    private @Nullable Integer soakMinutes;

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Override
    public Integer call() {
        check();
        // However it ends, nothing that it has started goes on.
        Runtime.getRuntime().addShutdownHook(new Thread(
                () -> ProcessHandle.current().descendants().forEach(ProcessHandle::destroyForcibly), "last of all"));
        Effort effort = quick ? Effort.QUICK : Effort.FULL;
        try {
            List<Row> rows = new ArrayList<>();
            FloorCheck floorCheck = measure(rounds == null ? effort : effort.rounds(rounds), rows);
            if (rows.isEmpty()) {
                System.err.println("bench: nothing of that is measured with these back-ends: " + Workloads.START
                        + " is wayferry's only");
                return 1;
            }
            Machine machine = Machine.here(
                    new Placement().describe(),
                    spec.commandLine().getParseResult().originalArgs(),
                    SyscallCounter.last(),
                    NOTHING_IS_DRAWN_AT_RANDOM);
            Results results = new Results(machine, rows);
            System.out.print(TextTable.of(results));
            if (out != null) {
                results.write(out);
            }
            return judge(rows, floorCheck);
        } catch (IOException | IllegalStateException e) {
            System.err.println("bench: " + e.getMessage());
            return 1;
        }
    }

    /** Finds wrong usage before anything is started. */
    private void check() {
        try {
            List<String> names = new ArrayList<>();
            for (BackEnd backEnd : chosenBackEnds()) {
                if (names.contains(backEnd.name())) {
                    throw new IllegalArgumentException("two back-ends are called " + backEnd.name());
                }
                names.add(backEnd.name());
            }
            if (names.isEmpty()) {
                throw new IllegalArgumentException("nothing is to be measured");
            }
            List<String> unknown = new ArrayList<>(workloads);
            unknown.removeAll(Workloads.names());
            unknown.removeAll(List.of(FirstFigures.FRAME, FirstFigures.MESSAGE));
            if (!unknown.isEmpty()) {
                throw new IllegalArgumentException("no workload is called " + String.join(" or ", unknown) + "; there are "
                        + String.join(", ", Workloads.names()) + ", " + FirstFigures.FRAME + ", " + FirstFigures.MESSAGE);
            }
            if (rounds != null && rounds < 1 || soakMinutes != null && soakMinutes < 1) {
                throw new IllegalArgumentException("rounds and minutes are 1 at least");
            }
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), "bench: " + e.getMessage(), e);
        }
    }

    private @Nullable FloorCheck measure(Effort effort, List<Row> rows) throws IOException {
        try (RunFolder folder = new RunFolder();
                Progress progress = Progress.onStandardError()) {
            FloorCheck floorCheck;
            try (Bench bench = new Bench(chosenBackEnds(), effort, folder.path(), progress)) {
                if (backEnds.isEmpty()) {
                    WayferryBackEnd.modes().forEach(mode -> bench.addFor(WORKLOADS_OF_MODES, mode));
                }
                bench.warmUp(Workloads.coldest().stream().filter(each -> isChosen(each.name())).toList());
                for (List<Workload> group : Workloads.groups()) {
                    List<Workload> chosen = group.stream()
                            .filter(workload -> isChosen(workload.name()))
                            .toList();
                    if (!chosen.isEmpty()) {
                        rows.addAll(bench.measure(chosen));
                    }
                }
                if (soakMinutes != null || workloads.contains(Workloads.SOAK)) {
                    int minutes = soakMinutes == null ? SOAK_MINUTES : soakMinutes;
                    rows.addAll(bench.measure(List.of(Workloads.soak()), Effort.soak(minutes)));
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
            if (isChosen(Workloads.START) && (backEnds.isEmpty() || backEnds.contains(WayferryBackEnd.NAME))) {
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
        return workloads.isEmpty() ? soakMinutes == null : workloads.contains(workload);
    }

    private List<BackEnd> chosenBackEnds() {
        List<BackEnd> chosen = new ArrayList<>();
        for (String each : backEnds.isEmpty() ? List.of(WayferryBackEnd.NAME) : backEnds) {
            WayferryBackEnd ours = WayferryBackEnd.named(each);
            chosen.add(ours == null ? CommandBackEnd.parse(each) : ours);
        }
        if (floor) {
            chosen.add(new FloorBackEnd());
        }
        return chosen;
    }
}
