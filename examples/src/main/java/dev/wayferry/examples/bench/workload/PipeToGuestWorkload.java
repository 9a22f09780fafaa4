package dev.wayferry.examples.bench.workload;

import dev.wayferry.examples.bench.compositor.BenchProtocol;
import dev.wayferry.examples.bench.compositor.PipePattern;
import dev.wayferry.examples.bench.guest.Finished;
import dev.wayferry.examples.bench.guest.Pipes;
import java.io.IOException;
import java.lang.foreign.Arena;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * A clipboard's way to the guest: the guest hands out a pipe, as with wl_data_offer.receive, the compositor writes as fast
 * as it goes, and the guest POLLs for one READ after the other. One operation is a MiB, whatever the messages; a round is
 * one paste, and all rounds together are 256 MiB and more, or 28 with --quick. Every byte is looked at.
 */
final class PipeToGuestWorkload implements Workload {
    static final int MIB = 1 << 20;
    private static final double MIB_PER_MILLI = 0.042;

    @Override
    public String name() {
        return "pipe";
    }

    @Override
    public double operationsPerMilli() {
        return MIB_PER_MILLI;
    }

    @Override
    public Session open(Subject subject) throws IOException {
        return new Pasting(subject);
    }

    private static final class Pasting extends GuestSession {
        private final Arena arena = Arena.ofConfined();
        private final PipePattern pattern = new PipePattern(arena);
        private final Pipes pipes;
        private long bytes;
        private long messages;

        Pasting(Subject subject) throws IOException {
            super(subject, 1);
            pipes = guest.pipes();
        }

        @Override
        public long run(int operations, Histogram latencies) throws IOException {
            long count = (long) operations * MIB;
            putHeader(connection, 0, BenchProtocol.OBJECT, BenchProtocol.PASTE, BenchProtocol.PASTE_LENGTH);
            guest.memory().set(LE_LONG, guest.payload(connection, 0) + BenchProtocol.PASTE_COUNT_OFFSET, count);
            long start = System.nanoTime();
            MibTimer timer = new MibTimer(latencies, start);
            pipes.openForReading(connection, BenchProtocol.PASTE_LENGTH);
            long position = 0;
            int length = read();
            while (length > 0) {
                if (!pattern.isIn(guest.memory(), pipes.data(connection), position, length)) {
                    throw new IOException("wrong bytes came behind byte " + position + " of a pipe");
                }
                position += length;
                messages++;
                timer.reached(position);
                length = read();
            }
            long end = System.nanoTime();
            if (position != count) {
                throw new IOException("a pipe ended after " + position + " of " + count + " bytes");
            }
            bytes += count;
            return end - start;
        }

        private int read() throws IOException {
            pipes.read(connection);
            guest.kick();
            while (guest.next() == Finished.NOTHING) {
                guest.await();
            }
            return pipes.dataLength(connection);
        }

        @Override
        public @Nullable String note() {
            return messages == 0 ? null : "an operation is a MiB, in messages of " + bytes / messages + " bytes";
        }

        @Override
        public void close() throws IOException {
            super.close();
            arena.close();
        }
    }
}
