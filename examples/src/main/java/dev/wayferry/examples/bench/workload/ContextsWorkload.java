package dev.wayferry.examples.bench.workload;

import dev.wayferry.examples.bench.guest.Finished;
import java.io.IOException;
import org.HdrHistogram.Histogram;

/**
 * One busy connection, one sync after the other, beside others that each send a sync at a steady pace. The latencies are
 * the busy one's.
 */
final class ContextsWorkload implements Workload {
    private final int others;
    private final int perSecond;

    /** {@code others} at {@code perSecond} each. */
    ContextsWorkload(int others, int perSecond) {
        this.others = others;
        this.perSecond = perSecond;
    }

    @Override
    public String name() {
        return "contexts-" + others;
    }

    @Override
    public double operationsPerMilli() {
        return 10;
    }

    @Override
    public Session open(Subject subject) throws IOException {
        return new Contexts(subject, others, Pace.of(others * perSecond));
    }

    private static final class Contexts extends GuestSession {
        /** One that is due, and the busy one's next. */
        private static final int ROOM_FOR_TWO_SYNCS = 4;

        private final int[] others;
        private final Pace pace;
        /** By connection: what of its sync is not finished. */
        private final int[] pending;
        private int sentByOthers;
        /** Whose turn it is first in this run: rounds may be too short for everybody. */
        private int first;

        Contexts(Subject subject, int count, Pace pace) throws IOException {
            super(subject, 1);
            this.pace = pace;
            this.others = new int[count];
            putSync(connection);
            int last = connection;
            for (int i = 0; i < count; i++) {
                others[i] = guest.open(1);
                last = Math.max(last, others[i]);
                putSync(others[i]);
                roundTrip(others[i], SYNC_LENGTH, SYNC_ANSWER_LENGTH);
            }
            pending = new int[last + 1];
        }

        @Override
        public long run(int operations, Histogram latencies) throws IOException {
            long start = System.nanoTime();
            long sentAt = start;
            int done = 0;
            sentByOthers = 0;
            sync(connection);
            guest.kick();
            while (done < operations) {
                int finished = guest.next();
                if (finished != Finished.NOTHING) {
                    take(finished);
                    if (Finished.connection(finished) == connection && pending[connection] == 0) {
                        long now = System.nanoTime();
                        Latencies.record(latencies, now - sentAt);
                        sentAt = now;
                        done++;
                        if (done < operations) {
                            sync(connection);
                            guest.kick();
                        }
                    }
                    continue;
                }
                sentByOthers = sendWhatIsDue(start, sentByOthers);
                if (others.length == 0 || isLate(sentByOthers) || !guest.hasRoom(ROOM_FOR_TWO_SYNCS)) {
                    guest.await();
                } else {
                    pace.await(guest, start, sentByOthers);
                }
            }
            long end = System.nanoTime();
            awaitOthers();
            first = others.length == 0 ? 0 : (first + sentByOthers) % others.length;
            return end - start;
        }

        private void sync(int which) throws IOException {
            guest.poll(which);
            guest.send(which, 0, SYNC_LENGTH);
            pending[which] = 2;
        }

        private void take(int finished) throws IOException {
            int which = Finished.connection(finished);
            if (Finished.kind(finished) == Finished.POLL && received(which) != SYNC_ANSWER_LENGTH) {
                throw new IOException(received(which) + " bytes in answer to a sync");
            }
            pending[which]--;
        }

        /** The others have their turn one after the other. */
        private int sendWhatIsDue(long start, int from) throws IOException {
            if (others.length == 0) {
                return from;
            }
            int sent = from;
            long now = System.nanoTime();
            // Where each command takes several entries, the queue has not room for a sync of everybody at once.
            while (pace.due(start, sent, now) - now <= 0 && !isLate(sent) && guest.hasRoom(ROOM_FOR_TWO_SYNCS)) {
                sync(other(sent));
                sent++;
            }
            if (sent > from) {
                guest.kick();
            }
            return sent;
        }

        private int other(int sent) {
            return others[(first + sent) % others.length];
        }

        /** Whether whose turn it is has no answer yet to its last sync. */
        private boolean isLate(int sent) {
            return pending[other(sent)] > 0;
        }

        private void awaitOthers() throws IOException {
            for (int other : others) {
                while (pending[other] > 0) {
                    int finished = guest.next();
                    if (finished == Finished.NOTHING) {
                        guest.await();
                    } else {
                        take(finished);
                    }
                }
            }
        }

        @Override
        public long operationsBeside() {
            return sentByOthers;
        }

        @Override
        public void close() throws IOException {
            for (int other : others) {
                guest.close(other);
            }
            super.close();
        }
    }
}
