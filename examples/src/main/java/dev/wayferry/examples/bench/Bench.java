package dev.wayferry.examples.bench;

import dev.wayferry.examples.bench.backend.BackEnd;
import dev.wayferry.examples.bench.backend.FloorBackEnd;
import dev.wayferry.examples.bench.backend.OwnFigures;
import dev.wayferry.examples.bench.backend.Running;
import dev.wayferry.examples.bench.backend.ServerProcess;
import dev.wayferry.examples.bench.compositor.Arrivals;
import dev.wayferry.examples.bench.compositor.EchoCompositor;
import dev.wayferry.examples.bench.workload.Latencies;
import dev.wayferry.examples.bench.workload.Subject;
import dev.wayferry.examples.bench.workload.Workload;
import dev.wayferry.examples.bench.workload.Workloads;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.function.Consumer;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * Measures back-ends beside each other: all run at once, each with a guest of its own and one compositor for all, and have
 * their turns round by round, so that what disturbs the machine disturbs all of them.
 */
public final class Bench implements AutoCloseable {
    private final Effort effort;
    private final Consumer<String> progress;
    private final Deque<AutoCloseable> open = new ArrayDeque<>();
    private final List<Subject> subjects = new ArrayList<>();
    private final @Nullable PingPongBaseline pingPong;
    private final Watchdog watchdog;
    private @Nullable FloorCheck floorCheck;

    /**
     * Starts everything.
     *
     * @param folder for sockets and logs
     * @param progress is told what is being done
     */
    public Bench(List<BackEnd> backEnds, Effort effort, Path folder, Consumer<String> progress) throws IOException {
        this.effort = effort;
        this.progress = progress;
        TimerSlack.reduce();
        try {
            watchdog = opened(new Watchdog());
            Arena arena = opened(Arena.ofShared());
            Path wayland = folder.resolve("wayland");
            Path arrivalsFile = folder.resolve("arrivals");
            Arrivals arrivals = Arrivals.open(arrivalsFile, arena);
            ServerProcess unused =
                    opened(ServerProcess.start(wayland, EchoCompositor.class, arrivalsFile.toString()));
            for (BackEnd backEnd : backEnds) {
                progress.accept("starting " + backEnd.name());
                Running process = opened(backEnd.start(folder, backEnd.name(), wayland));
                subjects.add(new Subject(
                        backEnd, process, opened(backEnd.connect(process.socket())), folder, wayland, arrivals));
            }
            pingPong = backEnds.stream().anyMatch(FloorBackEnd.class::isInstance)
                    ? opened(new PingPongBaseline(folder))
                    : null;
        } catch (IOException | RuntimeException e) {
            close();
            throw e;
        }
    }

    private <T extends AutoCloseable> T opened(T resource) {
        open.push(resource);
        return resource;
    }

    /** One side's share of a workload and what came of it. */
    private record Turn(
            String name, Workload.Session session, ProcessFigures process, List<RoundFigures> rounds) {
        static Turn of(String name, Workload.Session session) throws IOException {
            return new Turn(name, session, ProcessFigures.of(session.process().pid()), new ArrayList<>());
        }
    }

    /** Measures one workload with all back-ends that it suits. */
    public List<Row> measure(Workload workload) throws IOException {
        List<Turn> turns = new ArrayList<>();
        try {
            for (Subject subject : subjects) {
                if (workload.suits(subject)) {
                    turns.add(Turn.of(subject.name(), workload.open(subject)));
                }
            }
            rounds(workload, turns);
            List<Row> rows = new ArrayList<>();
            for (Turn turn : turns) {
                rows.add(row(workload, turn));
            }
            return rows;
        } finally {
            for (Turn turn : turns) {
                turn.session().close();
            }
        }
    }

    private void rounds(Workload workload, List<Turn> turns) throws IOException {
        List<Turn> order = new ArrayList<>(turns);
        Turn baseline = null;
        if (pingPong != null && workload.name().equals(Workloads.QUEUE)) {
            baseline = Turn.of(PingPongBaseline.NAME, pingPong);
            order.add(baseline);
        }
        for (Turn turn : order) {
            RoundFigures unused = run(workload, turn, operations(workload, effort.warmUpMillis()));
        }
        for (int round = 1; round <= effort.rounds(); round++) {
            progress.accept(workload.name() + ", round " + round + " of " + effort.rounds());
            for (Turn turn : order) {
                turn.rounds().add(run(workload, turn, operations(workload, effort.roundMillis())));
            }
            // The other way round next time, so that nobody always follows the same one.
            Collections.reverse(order);
        }
        if (baseline != null) {
            Turn floor = turns.stream()
                    .filter(turn -> turn.name().equals(FloorBackEnd.NAME))
                    .findAny()
                    .orElseThrow();
            floorCheck = new FloorCheck(p50(floor), p50(baseline));
        }
    }

    private static double p50(Turn turn) {
        return Summary.median(turn.rounds(), round -> round.micros(50));
    }

    private Row row(Workload workload, Turn turn) throws IOException {
        FloorCheck check = floorCheck;
        String note = check != null && workload.name().equals(Workloads.QUEUE) && turn.name().equals(FloorBackEnd.NAME)
                ? check.describe()
                : null;
        return Summary.row(
                workload.name(), turn.name(), turn.rounds(), syscalls(workload, turn), turn.process().rssKb(), note);
    }

    /** How the floor compares to a ping-pong, once {@code queue} was measured with it. */
    public @Nullable FloorCheck floorCheck() {
        return floorCheck;
    }

    private static int operations(Workload workload, int millis) {
        return Math.max(1, (int) (workload.operationsPerMilli() * millis));
    }

    private RoundFigures run(Workload workload, Turn turn, int operations) throws IOException {
        Histogram latencies = Latencies.histogram();
        OwnFigures before = turn.session().process().ownFigures();
        long cpuBefore = turn.process().cpuNanos();
        long nanos = watchdog.within(
                turn.session(),
                workload.name() + " of " + turn.name(),
                () -> turn.session().run(operations, latencies));
        long cpu = turn.process().cpuNanos() - cpuBefore;
        return new RoundFigures(
                latencies,
                operations,
                operations + turn.session().operationsBeside(),
                nanos,
                cpu,
                before,
                turn.session().process().ownFigures());
    }

    private @Nullable Double syscalls(Workload workload, Turn turn) throws IOException {
        SyscallCounter counter = SyscallCounter.attach(turn.session().process().pid());
        if (counter == null) {
            return null;
        }
        try (counter) {
            RoundFigures counted = run(workload, turn, operations(workload, effort.countMillis()));
            return (double) counter.stop() / counted.allOperations();
        }
    }

    @Override
    public void close() throws IOException {
        while (!open.isEmpty()) {
            try {
                open.pop().close();
            } catch (IOException | RuntimeException e) {
                throw e;
            } catch (Exception e) {
                throw new IOException(e);
            }
        }
    }
}
