package dev.wayferry.examples.bench.workload;

import dev.wayferry.examples.bench.compositor.BenchProtocol;
import dev.wayferry.examples.bench.guest.Finished;
import dev.wayferry.examples.bench.guest.Guest;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import org.HdrHistogram.Histogram;

/**
 * Messages of 64 bytes from the compositor at a steady pace, as fast as they go, or in bursts. A message's latency is from
 * when the compositor was due to send it to when the guest has it, see {@link StreamToHostWorkload}.
 */
final class StreamToGuestWorkload extends StreamWorkload {
    private static final double FASTEST_PER_MILLI = 800;

    private final int burst;

    /**
     * @param perSecond messages in all, 0 for as fast as they go
     * @param burst how many of them are due together
     */
    StreamToGuestWorkload(String name, int perSecond, int burst) {
        super(name, perSecond, FASTEST_PER_MILLI);
        this.burst = burst;
    }

    @Override
    public Session open(Subject subject) throws IOException {
        return new Receiving(subject, pace().intervalNanos() * burst, burst);
    }

    /** Makes the payload of the connection's first SEND ask for a stream, see {@link BenchProtocol#STREAM}. */
    static void putStream(Guest guest, int connection, int count, int burst, long intervalNanos) {
        GuestSession.putHeader(
                guest, connection, 0, BenchProtocol.OBJECT, BenchProtocol.STREAM, BenchProtocol.STREAM_LENGTH);
        long at = guest.payload(connection, 0);
        MemorySegment memory = guest.memory();
        memory.set(GuestSession.LE_INT, at + BenchProtocol.STREAM_COUNT_OFFSET, count);
        memory.set(GuestSession.LE_INT, at + BenchProtocol.STREAM_BURST_OFFSET, burst);
        memory.set(GuestSession.LE_LONG, at + BenchProtocol.STREAM_INTERVAL_OFFSET, intervalNanos);
        memory.set(GuestSession.LE_INT, at + BenchProtocol.STREAM_SIZE_OFFSET, SIZE);
    }

    private static final class Receiving extends GuestSession {
        private final long intervalNanos;
        private final int burst;
        private final TickReader reader = new TickReader(SIZE);

        Receiving(Subject subject, long intervalNanos, int burst) throws IOException {
            super(subject, 1);
            this.intervalNanos = intervalNanos;
            this.burst = burst;
        }

        @Override
        public long run(int operations, Histogram latencies) throws IOException {
            putStream(guest, connection, operations, burst, intervalNanos);
            reader.begin(latencies);
            guest.poll(connection);
            guest.send(connection, 0, BenchProtocol.STREAM_LENGTH);
            guest.kick();
            while (reader.count() < operations) {
                int finished = guest.next();
                if (finished == Finished.NOTHING) {
                    guest.await();
                } else if (Finished.kind(finished) == Finished.POLL) {
                    reader.read(
                            guest.memory(), guest.received(connection), received(connection), System.nanoTime());
                    if (reader.count() < operations) {
                        guest.poll(connection);
                        guest.kick();
                    }
                }
            }
            return System.nanoTime() - reader.firstDue();
        }
    }
}
