package dev.wayferry.examples.bench.workload;

import dev.wayferry.examples.bench.guest.Pictures;
import java.io.IOException;
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

    private Firsts() {}

    /** Shows one frame, of shared memory; when it was at the compositor, of {@link System#nanoTime}. */
    public static long frame(Subject subject) throws IOException {
        try (FramesSession session = new FramesSession(subject, Pictures.Kind.SHM, WIDTH, HEIGHT, AT_ONCE)) {
            long unused = session.run(1, Latencies.histogram());
            return session.awaitArrival(0);
        }
    }

    /** Opens a connection, and once the compositor has accepted it makes one round trip, whose nanoseconds it gives. */
    public static long message(Subject subject) throws IOException {
        try (FirstMessage session = new FirstMessage(subject)) {
            return session.run(1, Latencies.histogram());
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
