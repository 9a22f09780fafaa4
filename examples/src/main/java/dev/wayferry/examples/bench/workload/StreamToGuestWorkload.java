package dev.wayferry.examples.bench.workload;

import dev.wayferry.examples.bench.compositor.BenchProtocol;
import dev.wayferry.examples.bench.guest.Finished;
import java.io.IOException;
import org.HdrHistogram.Histogram;

/**
 * Messages of 64 bytes from the compositor at a steady pace, as fast as they go, or in bursts. A message's latency is from
 * when the compositor was due to send it to when the guest has it, see {@link StreamToHostWorkload}.
 */
final class StreamToGuestWorkload implements Workload {
    private static final int SIZE = 64;
    private static final double FASTEST_PER_MILLI = 800;

    private final String name;
    private final int perSecond;
    private final int burst;

    /**
     * @param perSecond messages in all, 0 for as fast as they go
     * @param burst how many of them are due together
     */
    StreamToGuestWorkload(String name, int perSecond, int burst) {
        this.name = name;
        this.perSecond = perSecond;
        this.burst = burst;
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
        return new Receiving(subject, Pace.of(perSecond).intervalNanos() * burst, burst);
    }

    private static final class Receiving extends GuestSession {
        private final TickReader reader;

        Receiving(Subject subject, long intervalNanos, int burst) throws IOException {
            super(subject, 1);
            reader = new TickReader(SIZE);
            putHeader(connection, 0, BenchProtocol.OBJECT, BenchProtocol.STREAM, BenchProtocol.STREAM_LENGTH);
            long at = guest.payload(connection, 0);
            guest.memory().set(LE_INT, at + BenchProtocol.STREAM_BURST_OFFSET, burst);
            guest.memory().set(LE_LONG, at + BenchProtocol.STREAM_INTERVAL_OFFSET, intervalNanos);
            guest.memory().set(LE_INT, at + BenchProtocol.STREAM_SIZE_OFFSET, SIZE);
        }

        @Override
        public long run(int operations, Histogram latencies) throws IOException {
            long at = guest.payload(connection, 0);
            guest.memory().set(LE_INT, at + BenchProtocol.STREAM_COUNT_OFFSET, operations);
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
