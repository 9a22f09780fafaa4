package dev.wayferry.examples.bench;

import dev.wayferry.examples.bench.backend.OwnFigures;
import dev.wayferry.examples.bench.guest.UnsuitableException;
import dev.wayferry.examples.bench.workload.Latencies;
import dev.wayferry.examples.bench.workload.Workload;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/** One side's share of a workload, and what came of it. After a failure it does nothing any more. */
final class Turn {
    /** Makes a session. */
    @FunctionalInterface
    interface Opening {
        Workload.Session open() throws IOException;
    }

    @FunctionalInterface
    private interface Step {
        void run(Workload.Session session, ProcessFigures process) throws IOException;
    }

    /** Operations whose system calls are counted, at least: the counter's coming and going costs some, too. */
    private static final int FEWEST_COUNTED = 50;

    private final Workload workload;
    private final String name;
    private final Effort effort;
    private final Watchdog watchdog;
    private final Runnable whenFailed;
    private final List<RoundFigures> rounds = new ArrayList<>();
    private Workload.@Nullable Session session;
    private @Nullable ProcessFigures process;
    private @Nullable Double syscalls;
    private @Nullable Long rssKb;
    private @Nullable String failure;
    private @Nullable String unsuitable;
    private @Nullable String note;

    /**
     * A turn, not begun.
     *
     * @param name whose turn it is
     * @param whenFailed ends what a failure may have left in any state
     */
    Turn(Workload workload, String name, Effort effort, Watchdog watchdog, Runnable whenFailed) {
        this.workload = workload;
        this.name = name;
        this.effort = effort;
        this.watchdog = watchdog;
        this.whenFailed = whenFailed;
    }

    Workload workload() {
        return workload;
    }

    /** Another turn with the same session, which stays this one's. */
    Turn again(Effort effort) {
        Turn another = new Turn(workload, name, effort, watchdog, whenFailed);
        another.session = session;
        another.process = process;
        return another;
    }

    String name() {
        return name;
    }

    List<RoundFigures> rounds() {
        return rounds;
    }

    /** Whether all went well so far. */
    boolean isSound() {
        return failure == null && unsuitable == null;
    }

    void open(Opening opening) {
        try {
            Workload.Session opened = opening.open();
            session = opened;
            process = ProcessFigures.of(opened.process().pid());
        } catch (UnsuitableException e) {
            unsuitable(String.valueOf(e.getMessage()));
        } catch (IOException | IllegalStateException e) {
            fail(e);
        }
    }

    /** Puts what is measured where it belongs. */
    void place(Placement placement) {
        step((session, _) -> placement.placeBackEnd(session.process().pid()));
    }

    /** There is nothing to be measured, for a reason. */
    void unsuitable(String why) {
        unsuitable = why;
    }

    /** Whether there is nothing to be measured. */
    boolean isUnsuitable() {
        return unsuitable != null;
    }

    void warmUp() {
        step((session, process) -> {
            RoundFigures unused = run(session, process, effort.warmUpMillis());
        });
    }

    void measure() {
        step((session, process) -> rounds.add(run(session, process, effort.roundMillis(workload))));
    }

    /** The pass in which time does not matter, as counting may take some. */
    void countSystemCalls() {
        step((session, process) -> {
            rssKb = process.rssKb();
            note = session.note();
            SyscallCounter counter = SyscallCounter.attach(session.process().pid());
            if (counter != null) {
                try (counter) {
                    double enough = FEWEST_COUNTED / workload.operationsPerMilli();
                    int operations = operations((int) Math.max(effort.countMillis(), enough));
                    long unused = run(session, operations, Latencies.histogram());
                    syscalls = (double) counter.stop() / (operations + session.operationsBeside());
                }
            }
        });
    }

    private void step(Step step) {
        Workload.Session open = session;
        ProcessFigures figures = process;
        if (failure == null && open != null && figures != null) {
            try {
                step.run(open, figures);
            } catch (IOException | IllegalStateException e) {
                fail(e);
            }
        }
    }

    private RoundFigures run(Workload.Session session, ProcessFigures process, int millis) throws IOException {
        int operations = operations(millis);
        Histogram latencies = Latencies.histogram();
        OwnFigures before = session.process().ownFigures();
        long cpuBefore = process.cpuNanos();
        long nanos = run(session, operations, latencies);
        long cpu = process.cpuNanos() - cpuBefore;
        return new RoundFigures(
                latencies,
                operations,
                operations + session.operationsBeside(),
                nanos,
                cpu,
                before,
                session.process().ownFigures());
    }

    private int operations(int millis) {
        return Math.max(1, (int) (workload.operationsPerMilli() * millis));
    }

    private long run(Workload.Session session, int operations, Histogram latencies) throws IOException {
        return watchdog.within(
                session::fail, workload.name() + " of " + name, () -> session.run(operations, latencies));
    }

    void fail(Exception why) {
        failure = String.valueOf(why.getMessage());
        System.err.println("bench: " + workload.name() + " of " + name + " failed: " + failure);
        whenFailed.run();
    }

    Row row(@Nullable String told) {
        if (unsuitable != null) {
            return Row.missing(workload.name(), name, unsuitable);
        }
        if (failure != null) {
            return Summary.failed(workload.name(), name, failure);
        }
        List<RoundFigures> summed = workload.isOneMeasurement() ? List.of(RoundFigures.together(rounds)) : rounds;
        Row row = Summary.row(workload.name(), name, summed, syscalls, rssKb, told == null ? note : told);
        long late = workload.lateAfterNanos();
        return late == 0
                ? row
                : row.withLateFrames(
                        rounds.stream().mapToLong(round -> round.later(late)).sum());
    }

    void close() {
        Workload.Session open = session;
        session = null;
        if (open == null) {
            return;
        }
        try {
            boolean unused = watchdog.within(open::fail, "the end of " + workload.name() + " of " + name, () -> {
                open.close();
                return true;
            });
        } catch (IOException | IllegalStateException e) {
            if (failure == null) {
                fail(e);
            }
        }
    }
}
