package dev.wayferry.examples.bench.workload;

import dev.wayferry.examples.bench.OpenResources;
import dev.wayferry.examples.bench.backend.BackEnd;
import dev.wayferry.examples.bench.backend.WayferryBackEnd;
import dev.wayferry.examples.bench.guest.Finished;
import dev.wayferry.examples.bench.guest.GpuGuest;
import java.io.IOException;
import java.util.List;
import java.util.function.Function;
import org.HdrHistogram.Histogram;

/**
 * {@code wl_display.sync} of one context, one after the other, while another of the same guest misbehaves, from before a
 * round's beginning to after its end. Each with a process of the back-end of its own, so that all are in the same state.
 * The floor, which is one queue for everybody, can do nothing of the kind.
 */
final class BesideWorkload implements Workload {
    /** Of CROSS_DOMAIN_CHANNEL_TYPE_*, one that nobody else has taken. */
    private static final int HANGING_CHANNEL = 31;

    private static final String HANGING_CONNECT = Workloads.BESIDE + "hanging-connect";

    private final String name;
    private final Function<GpuGuest, Nuisance> nuisance;

    private BesideWorkload(String name, Function<GpuGuest, Nuisance> nuisance) {
        this.name = name;
        this.nuisance = nuisance;
    }

    /** To be done together, the undisturbed one first. */
    static List<Workload> all() {
        return List.of(
                new BesideWorkload(Workloads.BESIDE_NOBODY, Nuisance::new),
                new BesideWorkload(Workloads.BESIDE + "stuck-reader", Nuisances.StuckReader::new),
                new BesideWorkload(Workloads.BESIDE + "no-poll", Nuisances.NoPoll::new),
                new BesideWorkload(Workloads.BESIDE + "stuck-pipe", Nuisances.StuckPipe::new),
                new BesideWorkload(
                        HANGING_CONNECT, guest -> new Nuisances.HangingConnect(guest, HANGING_CHANNEL)));
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public boolean suits(BackEnd backEnd) {
        // How others are told of a further socket is not known.
        return name.equals(HANGING_CONNECT) ? backEnd instanceof WayferryBackEnd : backEnd.isGpu();
    }

    @Override
    public double operationsPerMilli() {
        return 10;
    }

    @Override
    public int shortestRoundMillis() {
        return 350;
    }

    @Override
    public Session open(Subject subject) throws IOException {
        OpenResources needed = new OpenResources();
        List<String> options = List.of();
        if (name.equals(HANGING_CONNECT)) {
            HungSocket hung = needed.add(HungSocket.at(subject.folder().resolve(subject.name() + "-hung")));
            options = List.of("--channel=" + HANGING_CHANNEL + "=" + hung.path());
        }
        List<String> all = options;
        return Capability.open(
                subject, each -> OwnProcess.open(each, name, all, own -> new Beside(own, nuisance), needed));
    }

    private static final class Beside extends GuestSession {
        private final Nuisance nuisance;
        private final Pace pace = Pace.of(1_000);
        private long start;
        private int steps;

        Beside(Subject subject, Function<GpuGuest, Nuisance> nuisance) throws IOException {
            super(subject, 1);
            this.nuisance = nuisance.apply((GpuGuest) guest);
            putSync(connection);
            guest.finish(connection);
        }

        @Override
        public long run(int operations, Histogram latencies) throws IOException {
            nuisance.begin();
            start = System.nanoTime();
            steps = 0;
            long before = start;
            for (int i = 0; i < operations; i++) {
                sync();
                long after = System.nanoTime();
                Latencies.record(latencies, after - before);
                before = after;
            }
            nuisance.end();
            return before - start;
        }

        /** As {@link #roundTrip}, while the other one goes on. */
        private void sync() throws IOException {
            guest.poll(connection);
            guest.send(connection, 0, SYNC_LENGTH);
            guest.kick();
            int received = 0;
            boolean sent = false;
            while (received < SYNC_ANSWER_LENGTH || !sent) {
                int finished = guest.next();
                if (finished == Finished.NOTHING) {
                    letTheOtherGoOn();
                    pace.await(guest, start, steps);
                } else if (Finished.connection(finished) != connection) {
                    nuisance.finished(finished);
                } else if (Finished.kind(finished) == Finished.SEND) {
                    sent = true;
                } else {
                    received += received(connection);
                    if (received < SYNC_ANSWER_LENGTH) {
                        guest.poll(connection);
                        guest.kick();
                    }
                }
            }
        }

        private void letTheOtherGoOn() throws IOException {
            long now = System.nanoTime();
            if (pace.due(start, steps, now) - now <= 0) {
                nuisance.goOn();
                steps = (int) ((now - start) / pace.intervalNanos()) + 1;
            }
        }
    }
}
