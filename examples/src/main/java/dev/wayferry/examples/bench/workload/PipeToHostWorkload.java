package dev.wayferry.examples.bench.workload;

import dev.wayferry.examples.bench.compositor.BenchProtocol;
import dev.wayferry.examples.bench.compositor.PipePattern;
import dev.wayferry.examples.bench.guest.Finished;
import dev.wayferry.examples.bench.guest.Pipes;
import java.io.IOException;
import java.lang.foreign.Arena;
import org.HdrHistogram.Histogram;

/**
 * A clipboard's way from the guest: the compositor hands out a pipe, and the guest fills it by WRITEs, of which so many are
 * under way as fill a pipe. Otherwise as {@link PipeToGuestWorkload}.
 */
final class PipeToHostWorkload implements Workload {
    private static final double MIB_PER_MILLI = 0.3;

    @Override
    public String name() {
        return "pipe-to-host";
    }

    @Override
    public double operationsPerMilli() {
        return MIB_PER_MILLI;
    }

    @Override
    public Session open(Subject subject) throws IOException {
        return new Copying(subject);
    }

    private static final class Copying extends GuestSession {
        private static final int SLOTS = 16;

        private final Arena arena = Arena.ofConfined();
        private final PipePattern pattern = new PipePattern(arena);
        private final Pipes pipes;
        private final int[] freeSlots = new int[SLOTS];
        private int freeCount;

        Copying(Subject subject) throws IOException {
            super(subject, 1 + SLOTS);
            pipes = guest.pipes();
        }

        @Override
        public long run(int operations, Histogram latencies) throws IOException {
            long count = (long) operations * PipeToGuestWorkload.MIB;
            putHeader(connection, 0, BenchProtocol.OBJECT, BenchProtocol.COPY, BenchProtocol.COPY_LENGTH);
            roundTrip(connection, BenchProtocol.COPY_LENGTH, BenchProtocol.PIPE_LENGTH);
            pipes.openForWriting(connection, SLOTS);
            for (freeCount = 0; freeCount < SLOTS; freeCount++) {
                freeSlots[freeCount] = freeCount + 1;
            }
            long start = System.nanoTime();
            MibTimer timer = new MibTimer(latencies, start);
            long written = 0;
            long taken = 0;
            while (taken < count) {
                written = fill(written, count);
                int finished = guest.next();
                if (finished == Finished.NOTHING) {
                    guest.await();
                    continue;
                }
                for (; finished != Finished.NOTHING; finished = guest.next()) {
                    freeSlots[freeCount++] = Finished.slot(finished);
                }
                taken = written - (SLOTS - freeCount) * (long) Pipes.MAX_WRITE;
                if (freeCount == SLOTS) {
                    taken = written;
                }
                timer.reached(taken);
            }
            pipes.hangUp(connection);
            checkCopied(count);
            return System.nanoTime() - start;
        }

        /** Writes as much as there are slots for; what is written then. */
        private long fill(long from, long count) throws IOException {
            long written = from;
            while (freeCount > 0 && written < count) {
                int slot = freeSlots[--freeCount];
                int length = (int) Math.min(Pipes.MAX_WRITE, count - written);
                pattern.copyTo(guest.memory(), pipes.payload(connection, slot), written, length);
                pipes.write(connection, slot, length);
                written += length;
            }
            if (written > from) {
                guest.kick();
            }
            return written;
        }

        private void checkCopied(long count) throws IOException {
            guest.poll(connection);
            guest.kick();
            while (guest.next() == Finished.NOTHING) {
                guest.await();
            }
            int length = received(connection);
            long copied = guest.memory().get(LE_LONG, guest.received(connection) + BenchProtocol.COPIED_COUNT_OFFSET);
            if (length != BenchProtocol.COPIED_LENGTH || copied != count) {
                throw new IOException(copied == BenchProtocol.WRONG
                        ? "the compositor got wrong bytes"
                        : "the compositor got " + copied + " of " + count + " bytes");
            }
        }

        @Override
        public String note() {
            return "an operation is a MiB, in messages of " + Pipes.MAX_WRITE + " bytes";
        }

        @Override
        public void close() throws IOException {
            super.close();
            arena.close();
        }
    }
}
