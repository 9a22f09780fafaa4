package dev.wayferry.examples.bench.workload;

import dev.wayferry.examples.bench.guest.Pictures;
import java.io.IOException;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.Histogram;

/** What a guest does first, with a process that nobody has used before. */
public final class Firsts {
    private static final int WIDTH = 640;
    private static final int HEIGHT = 480;
    private static final long AT_ONCE = 0;

    /** Time for the compositor to accept a connection, which is no part of the way of its first message. */
    private static final long ACCEPT_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

    /** After so many round trips the next one is a warm one. */
    private static final int WARM_AFTER = 3000;

    private static final int QUIET_ROUND_TRIPS = 3;

    /**
     * The first round trip of a connection that was quiet for a moment, and a later, warm one after as long a quiet: what a
     * machine takes to wake up is in both.
     */
    public record FirstRoundTrip(long nanos, long warmNanos) {}

    private Firsts() {}

    /** Shows one frame, of shared memory; when it was at the compositor, of {@link System#nanoTime}. */
    public static long frame(Subject subject) throws IOException {
        try (FramesSession session = new FramesSession(subject, Pictures.Kind.SHM, WIDTH, HEIGHT, AT_ONCE)) {
            long unused = session.run(1, Latencies.histogram());
            return session.awaitArrival(0);
        }
    }

    /** Opens a connection, and once the compositor has accepted it makes one round trip, and later others. */
    public static FirstRoundTrip message(Subject subject) throws IOException {
        try (FirstMessage session = new FirstMessage(subject)) {
            long first = session.run(1, Latencies.histogram());
            long unused = session.run(WARM_AFTER, Latencies.histogram());
            long[] warm = new long[QUIET_ROUND_TRIPS];
            for (int i = 0; i < warm.length; i++) {
                LockSupport.parkNanos(ACCEPT_NANOS);
                warm[i] = session.run(1, Latencies.histogram());
            }
            Arrays.sort(warm);
            return new FirstRoundTrip(first, warm[warm.length / 2]);
        }
    }

    private static final class FirstMessage extends GuestSession {
        FirstMessage(Subject subject) throws IOException {
            super(subject, 1);
            putSync(connection);
            guest.finish(connection);
            LockSupport.parkNanos(ACCEPT_NANOS);
        }

        @Override
        public long run(int operations, Histogram latencies) throws IOException {
            long start = System.nanoTime();
            for (int i = 0; i < operations; i++) {
                roundTrip(connection, SYNC_LENGTH, SYNC_ANSWER_LENGTH);
            }
            return System.nanoTime() - start;
        }
    }
}
