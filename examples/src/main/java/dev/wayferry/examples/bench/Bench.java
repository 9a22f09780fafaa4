package dev.wayferry.examples.bench;

import dev.wayferry.examples.bench.backend.BackEnd;
import dev.wayferry.examples.bench.backend.FloorBackEnd;
import dev.wayferry.examples.bench.backend.ServerProcess;
import dev.wayferry.examples.bench.compositor.Arrivals;
import dev.wayferry.examples.bench.compositor.EchoCompositor;
import dev.wayferry.examples.bench.workload.Latencies;
import dev.wayferry.examples.bench.workload.Subject;
import dev.wayferry.examples.bench.workload.Workload;
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
                BackEnd.Running process = opened(backEnd.start(folder, backEnd.name(), wayland));
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

    /** A back-end's share of a workload and what came of it. */
    private record Turn(
            Subject subject, Workload.Session session, ProcessFigures process, List<RoundFigures> rounds) {}

    /** Measures one workload with all back-ends that it suits. */
    public List<Row> measure(Workload workload) throws IOException {
        List<Turn> turns = new ArrayList<>();
        try {
            for (Subject subject : subjects) {
                if (workload.suits(subject)) {
                    Workload.Session session = workload.open(subject);
                    turns.add(new Turn(subject, session, ProcessFigures.of(session.pid()), new ArrayList<>()));
                }
            }
            for (Turn turn : turns) {
                RoundFigures unused = run(workload, turn, operations(workload, effort.warmUpMillis()));
            }
            for (int round = 1; round <= effort.rounds(); round++) {
                progress.accept(workload.name() + ", round " + round + " of " + effort.rounds());
                for (Turn turn : turns) {
                    turn.rounds().add(run(workload, turn, operations(workload, effort.roundMillis())));
                }
                // The other way round next time, so that nobody always follows the same one.
                Collections.reverse(turns);
            }
            List<Row> rows = new ArrayList<>();
            for (Turn turn : turns) {
                long rss = turn.process().rssKb();
                rows.add(Summary.row(
                        workload.name(), turn.subject().name(), turn.rounds(), syscalls(workload, turn), rss, null));
            }
            return rows;
        } finally {
            for (Turn turn : turns) {
                turn.session().close();
            }
        }
    }

    private static int operations(Workload workload, int millis) {
        return Math.max(1, (int) (workload.operationsPerMilli() * millis));
    }

    private RoundFigures run(Workload workload, Turn turn, int operations) throws IOException {
        Histogram latencies = Latencies.histogram();
        long cpuBefore = turn.process().cpuNanos();
        long nanos = watchdog.within(
                turn.session(),
                workload.name() + " of " + turn.subject().name(),
                () -> turn.session().run(operations, latencies));
        long cpu = turn.process().cpuNanos() - cpuBefore;
        return new RoundFigures(latencies, operations, nanos, cpu);
    }

    private @Nullable Double syscalls(Workload workload, Turn turn) throws IOException {
        SyscallCounter counter = SyscallCounter.attach(turn.session().pid());
        if (counter == null) {
            return null;
        }
        int operations = operations(workload, effort.countMillis());
        try (counter) {
            RoundFigures unused = run(workload, turn, operations);
            return (double) counter.stop() / operations;
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
