package dev.wayferry.examples.bench;

import dev.wayferry.examples.bench.backend.BackEnd;
import dev.wayferry.examples.bench.backend.FloorBackEnd;
import dev.wayferry.examples.bench.backend.ServerProcess;
import dev.wayferry.examples.bench.backend.WayferryBackEnd;
import dev.wayferry.examples.bench.compositor.Arrivals;
import dev.wayferry.examples.bench.compositor.EchoCompositor;
import dev.wayferry.examples.bench.guest.UnsuitableException;
import dev.wayferry.examples.bench.workload.Subject;
import dev.wayferry.examples.bench.workload.Workload;
import dev.wayferry.examples.bench.workload.Workloads;
import dev.wayferry.posix.CompilerThreads;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Measures back-ends beside each other: all run at once, each with a guest of its own and one compositor for all, and have
 * their turns round by round, so that what disturbs the machine disturbs all of them.
 */
public final class Bench implements AutoCloseable {
    private static final int JUDGEMENTS = 3;
    private static final int ROUND_TO_BE_TOLD_OF_MILLIS = 2000;

    private final Effort effort;
    private final Path folder;
    private final Consumer<String> progress;
    private final Path wayland;
    private final Arrivals arrivals;
    private final OpenResources open = new OpenResources();
    private final List<Lane> lanes = new ArrayList<>();
    private final Watchdog watchdog;
    private final ServerProcess compositor;
    private @Nullable FloorCheck floorCheck;

    /**
     * Starts everything.
     *
     * @param folder for sockets and logs
     * @param progress is told what is being done
     */
    public Bench(List<BackEnd> backEnds, Effort effort, Path folder, Consumer<String> progress) throws IOException {
        this.effort = effort;
        this.folder = folder;
        this.progress = progress;
        TimerSlack.reduce();
        CompilerThreads.giveWay();
        try {
            watchdog = open.add(new Watchdog());
            wayland = folder.resolve("wayland");
            arrivals = open.add(Arrivals.create());
            compositor = open.add(ServerProcess.start(wayland, EchoCompositor.class, arrivals.path()));
            for (BackEnd backEnd : backEnds) {
                progress.accept("starting " + backEnd.name());
                start(add(backEnd, Set.of()));
            }
        } catch (IOException | RuntimeException e) {
            close();
            throw e;
        }
    }

    /** Has another back-end take part, in some workloads only. */
    public void addFor(Set<String> workloads, BackEnd backEnd) {
        Lane unused = add(backEnd, workloads);
    }

    private Lane add(BackEnd backEnd, Set<String> workloads) {
        Lane lane = open.add(new Lane(backEnd, workloads, folder, wayland, arrivals));
        lanes.add(lane);
        return lane;
    }

    /** Not before it is needed it turns out whether one runs on this machine that was not asked for by its name. */
    private static void start(Lane lane) throws IOException {
        try {
            Subject unused = lane.subject();
        } catch (UnsuitableException toldInEachRow) {
            // Others can be measured.
        } catch (IOException e) {
            throw new IOException(lane.name() + " can't be started: " + e.getMessage(), e);
        }
    }

    /** What takes starts of its own, of the same back-ends. */
    public FirstFigures firsts() {
        List<BackEnd> backEnds = lanes.stream()
                .filter(lane -> lane.takesPartIn(FirstFigures.MESSAGE) && !lane.isRefused())
                .map(Lane::backEnd)
                .toList();
        return new FirstFigures(backEnds, folder, wayland, arrivals, progress);
    }

    /** Has all back-ends do these for a while, so that what is measured first is not measured cold. */
    public void warmUp(List<Workload> workloads) {
        for (Workload workload : workloads) {
            progress.accept("warming up with " + workload.name());
            for (Lane lane : lanes) {
                if (lane.takesPartIn(workload.name()) && workload.suits(lane.backEnd())) {
                    Turn turn = begin(workload, lane, Effort.WARM_UP, List.of());
                    try {
                        turn.warmUp();
                    } finally {
                        turn.close();
                    }
                }
            }
        }
    }

    /**
     * Measures workloads with all back-ends that they suit; their rounds alternate, so that they can be compared with each
     * other too. A back-end that fails has a row that says so, and a new process for what comes next.
     */
    public List<Row> measure(List<Workload> workloads) throws IOException {
        return measure(workloads, effort);
    }

    /** The same with another effort. */
    public List<Row> measure(List<Workload> workloads, Effort effort) throws IOException {
        List<Turn> turns = new ArrayList<>();
        try {
            for (Workload workload : workloads) {
                for (Lane lane : lanes) {
                    if (lane.takesPartIn(workload.name()) && workload.suits(lane.backEnd())) {
                        turns.add(begin(workload, lane, effort, turns));
                    }
                }
            }
            try (Placement unused = place(turns)) {
                takeTurns(String.join(", ", workloads.stream().map(Workload::name).toList()), turns, effort);
                turns.forEach(Turn::countSystemCalls);
            }
            Turn floor = find(turns, Workloads.QUEUE, FloorBackEnd.NAME);
            if (floor != null && floor.isSound()) {
                floorCheck = judge(floor);
            }
            return turns.stream().map(turn -> turn.row(note(turn, turns))).toList();
        } finally {
            turns.forEach(Turn::close);
        }
    }

    private Placement place(List<Turn> turns) throws IOException {
        Placement placement = new Placement();
        try {
            placement.placeGuest(ProcessHandle.current().pid());
            placement.placeGuest(compositor.pid());
            for (Turn turn : turns) {
                turn.place(placement);
            }
            return placement;
        } catch (IOException e) {
            placement.close();
            throw e;
        }
    }

    private Turn begin(Workload workload, Lane lane, Effort effort, List<Turn> before) {
        Turn turn = new Turn(workload, lane.name(), effort, watchdog, lane::drop);
        List<Turn> others = before.stream().filter(each -> each.workload() == workload).toList();
        if (lane.name().equals(FloorBackEnd.NAME)
                && !others.isEmpty()
                && others.stream().allMatch(Turn::isUnsuitable)) {
            turn.unsuitable("nothing to be compared with");
            return turn;
        }
        turn.open(() -> {
            Subject subject = lane.subject();
            return watchdog.within(
                    subject.guest()::fail,
                    "the beginning of " + workload.name() + " of " + lane.name(),
                    () -> workload.open(subject));
        });
        return turn;
    }

    private void takeTurns(String what, List<Turn> turns, Effort effort) {
        if (turns.stream().noneMatch(Turn::isSound)) {
            return;
        }
        List<Turn> order = new ArrayList<>(turns);
        progress.accept(what);
        order.forEach(Turn::warmUp);
        // Those that are done together do about the same in a millisecond.
        int rounds = effort.rounds(turns.getFirst().workload());
        for (int round = 1; round <= rounds; round++) {
            if (effort.roundMillis() >= ROUND_TO_BE_TOLD_OF_MILLIS) {
                progress.accept(what + ", round " + round + " of " + rounds);
            }
            order.forEach(Turn::measure);
            // Everybody has each place in turn, so that nobody always follows the same rest.
            Collections.rotate(order, 1);
        }
    }

    // ---- What several turns tell together.

    private static @Nullable Turn find(List<Turn> turns, String workload, String name) {
        return turns.stream()
                .filter(turn -> turn.workload().name().equals(workload) && turn.name().equals(name))
                .findAny()
                .orElse(null);
    }

    /**
     * Lets the floor and a ping-pong alternate. Of a machine that has other things to do one comparison says little: a floor
     * that is slow is so each time.
     */
    private @Nullable FloorCheck judge(Turn floor) throws IOException {
        FloorCheck check = null;
        for (int attempt = 1; attempt <= JUDGEMENTS && (check == null || !check.holds()); attempt++) {
            Turn pingPong = new Turn(floor.workload(), PingPongBaseline.NAME, effort.brief(), watchdog, () -> {});
            Turn brief = floor.again(effort.brief());
            pingPong.open(() -> new PingPongBaseline(folder));
            try (Placement unused = place(List.of(brief, pingPong))) {
                takeTurns("the floor beside an eventfd ping-pong", List.of(brief, pingPong), effort.brief());
            } finally {
                pingPong.close();
            }
            if (!brief.isSound() || !pingPong.isSound()) {
                floor.fail(new IOException("it could not be compared with an eventfd ping-pong"));
                return null;
            }
            check = new FloorCheck(p50(brief), p50(pingPong), attempt);
        }
        return check;
    }

    private static double p50(Turn turn) {
        return Summary.median(turn.rounds(), round -> round.micros(50));
    }

    private @Nullable String note(Turn turn, List<Turn> turns) {
        FloorCheck check = floorCheck;
        if (check != null && turn == find(turns, Workloads.QUEUE, FloorBackEnd.NAME)) {
            return check.describe();
        }
        if (turn.workload().name().equals(Workloads.LARGE_SYNC)) {
            Double micros = costOfBytes(turns, turn.name());
            return micros == null
                    ? null
                    : CopyCheck.describe(Workloads.SMALL_SYNC, micros, costOfBytes(turns, FloorBackEnd.NAME));
        }
        return null;
    }

    private static @Nullable Double costOfBytes(List<Turn> turns, String name) {
        Turn small = find(turns, Workloads.SMALL_SYNC, name);
        Turn large = find(turns, Workloads.LARGE_SYNC, name);
        return small == null || large == null || !small.isSound() || !large.isSound()
                ? null
                : CopyCheck.micros(small.rounds(), large.rounds());
    }

    /** Measures what all do while nothing is asked of them, at once, and beside an empty JVM with the host process's options. */
    public List<Row> idle(Duration duration) throws IOException {
        progress.accept(Workloads.IDLE);
        List<Lane> looked = lanes.stream()
                .filter(lane -> lane.takesPartIn(Workloads.IDLE) && !lane.isRefused())
                .toList();
        if (looked.isEmpty()) {
            return List.of();
        }
        List<String> options = ServerProcess.JVM_OPTIONS;
        for (Lane lane : looked) {
            if (lane.name().equals(WayferryBackEnd.NAME)) {
                options = EmptyJvm.optionsOf(lane.subject().process().pid());
            }
        }
        List<Row> rows = new ArrayList<>();
        try (ExecutorService lookers = Executors.newCachedThreadPool();
                EmptyJvm empty = EmptyJvm.start(options, folder)) {
            Map<String, Future<IdleFigures>> figures = new LinkedHashMap<>();
            for (Lane lane : looked) {
                long pid = lane.subject().process().pid();
                figures.put(lane.name(), lookers.submit(() -> IdleFigures.measure(pid, duration)));
            }
            figures.put(EmptyJvm.NAME, lookers.submit(() -> IdleFigures.measure(empty.pid(), duration)));
            for (Map.Entry<String, Future<IdleFigures>> each : figures.entrySet()) {
                IdleFigures idle = each.getValue().get();
                rows.add(idle.row(each.getKey()));
                if (each.getKey().equals(WayferryBackEnd.NAME)) {
                    rows.add(idle.threadsRow(each.getKey()));
                }
            }
            return rows;
        } catch (ExecutionException e) {
            throw new IOException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while all are idle", e);
        }
    }

    /** How the floor compares to a ping-pong, once {@code queue} was measured with it. */
    public @Nullable FloorCheck floorCheck() {
        return floorCheck;
    }

    @Override
    public void close() throws IOException {
        open.close();
    }
}
