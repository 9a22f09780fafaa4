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
final class StreamToHostWorkload extends StreamWorkload {
    private static final double FASTEST_PER_MILLI = 250;

    /**
     * How many messages may be under way to the compositor without a pace: what a socket takes of so small ones, so that
     * what is measured is the path and not what becomes of messages when the compositor falls behind.
     */
    private static final int FASTEST_WINDOW = 256;

    /** And with one, which a compositor may be late with: 512 KiB, less than what back-ends end a program for. */
    private static final int WINDOW = 8192;

    /** {@code perSecond} 0 for as fast as it goes. */
    StreamToHostWorkload(String name, int perSecond) {
        super(name, perSecond, FASTEST_PER_MILLI);
    }

    @Override
    public Session open(Subject subject) throws IOException {
        return new Sending(subject, pace(), isPaced() ? WINDOW : FASTEST_WINDOW);
    }

    private static final class Sending extends GuestSession {
        private static final int SLOTS = Guest.MAX_SEND_SLOTS;
        private static final long PATIENCE_NANOS = 1_000_000;

        /** How soon it is looked whether the compositor has gone on, which tells nobody. */
        private static final long WINDOW_PATIENCE_NANOS = 50_000;

        private final Pace pace;
        private final Arrivals arrivals;
        private final int[] freeSlots = new int[SLOTS];
        private int freeCount;
        private final int window;
        private long[] due = {};
        private int arrived;

        Sending(Subject subject, Pace pace, int window) throws IOException {
            super(subject, SLOTS);
            this.pace = pace;
            this.window = window;
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
            arrived = 0;
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
                } else if (!isOpen(sent)) {
                    guest.await(WINDOW_PATIENCE_NANOS);
                } else {
                    pace.await(guest, start, sent);
                }
            }
            return awaitArrivals(operations, latencies) - start;
        }

        /** Whether message {@code next} may go already. */
        private boolean isOpen(int next) {
            while (arrived < next && arrivals.get(arrived) != 0) {
                arrived++;
            }
            return next - arrived < window;
        }

        private int sendWhatIsDue(long start, int from, int operations) throws IOException {
            int sent = from;
            long now = System.nanoTime();
            while (sent < operations && freeCount > 0 && pace.due(start, sent, now) - now <= 0 && isOpen(sent)) {
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
                guest.await(PATIENCE_NANOS);
            }
            for (int i = 0; i < operations; i++) {
                Latencies.record(latencies, arrivals.get(i) - due[i]);
            }
            return arrivals.get(operations - 1);
        }
    }
}
