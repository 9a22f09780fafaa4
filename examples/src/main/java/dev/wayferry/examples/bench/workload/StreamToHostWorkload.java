package dev.wayferry.examples.bench.workload;

import dev.wayferry.examples.bench.compositor.Arrivals;
import dev.wayferry.examples.bench.compositor.BenchProtocol;
import dev.wayferry.examples.bench.guest.Finished;
import dev.wayferry.examples.bench.guest.Guest;
import java.io.IOException;
import org.HdrHistogram.Histogram;

/**
 * Messages of 64 bytes to the compositor at a steady pace, or as fast as they go. A message's latency is from when it was
 * due to its arrival at the compositor, so that one that had to wait for those before it counts with the wait: since it is
 * known when each was due, nothing has to be estimated for those that could not be sent in time (the coordinated omission).
 * Without a pace a message is due when there is room for it in the queue.
 */
final class StreamToHostWorkload implements Workload {
    private static final int SIZE = 64;
    private static final double FASTEST_PER_MILLI = 250;

    private final String name;
    private final int perSecond;

    /** {@code perSecond} 0 for as fast as it goes. */
    StreamToHostWorkload(String name, int perSecond) {
        this.name = name;
        this.perSecond = perSecond;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public double operationsPerMilli() {
        return perSecond == 0 ? FASTEST_PER_MILLI : perSecond / 1e3;
    }

    @Override
    public Session open(Subject subject) throws IOException {
        return new Sending(subject, Pace.of(perSecond));
    }

    private static final class Sending extends GuestSession {
        private static final int SLOTS = Guest.MAX_SEND_SLOTS;
        private static final int PATIENCE_MILLIS = 1;

        private final Pace pace;
        private final Arrivals arrivals;
        private final int[] freeSlots = new int[SLOTS];
        private int freeCount;
        private long[] due = {};

        Sending(Subject subject, Pace pace) throws IOException {
            super(subject, SLOTS);
            this.pace = pace;
            this.arrivals = subject.arrivals();
            for (int slot = 0; slot < SLOTS; slot++) {
                putHeader(connection, slot, BenchProtocol.OBJECT, BenchProtocol.ARRIVE, SIZE);
                freeSlots[freeCount++] = slot;
            }
        }

        @Override
        public long run(int operations, Histogram latencies) throws IOException {
            arrivals.clear(operations);
            due = new long[operations];
            long start = pace.start();
            int sent = 0;
            int finished = 0;
            while (finished < operations) {
                sent = sendWhatIsDue(start, sent, operations);
                int before = finished;
                for (int next = guest.next(); next != Finished.NOTHING; next = guest.next()) {
                    freeSlots[freeCount++] = Finished.slot(next);
                    finished++;
                }
                if (finished > before) {
                    continue;
                }
                if (sent == operations || freeCount == 0) {
                    guest.await();
                } else {
                    pace.await(guest, start, sent);
                }
            }
            return awaitArrivals(operations, latencies) - start;
        }

        private int sendWhatIsDue(long start, int from, int operations) throws IOException {
            int sent = from;
            long now = System.nanoTime();
            while (sent < operations && freeCount > 0 && pace.due(start, sent, now) - now <= 0) {
                int slot = freeSlots[--freeCount];
                guest.memory().set(LE_INT, guest.payload(connection, slot) + BenchProtocol.SEQUENCE_OFFSET, sent);
                guest.send(connection, slot, SIZE);
                due[sent] = pace.due(start, sent, now);
                sent++;
            }
            if (sent > from) {
                guest.kick();
            }
            return sent;
        }

        /** The time of the last arrival. */
        private long awaitArrivals(int operations, Histogram latencies) throws IOException {
            while (arrivals.get(operations - 1) == 0) {
                // The back-end has done its part; this is the compositor's, in a moment.
                guest.await(PATIENCE_MILLIS * 1_000_000L);
            }
            for (int i = 0; i < operations; i++) {
                Latencies.record(latencies, arrivals.get(i) - due[i]);
            }
            return arrivals.get(operations - 1);
        }
    }
}
