package dev.wayferry.examples.bench;

import dev.wayferry.examples.bench.workload.Workload;
import java.io.IOException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/** Ends runs that a back-end never finishes, so that none hangs the bench. */
final class Watchdog implements AutoCloseable {
    private static final int LIMIT_SECONDS = 60;

    private final ScheduledExecutorService timer =
            Executors.newSingleThreadScheduledExecutor(Thread.ofPlatform().daemon().name("watchdog").factory());

    /** What is done within the limit. */
    @FunctionalInterface
    interface Task<T> {
        T run() throws IOException;
    }

    /** Does {@code task} with {@code session}, which is told to fail when that takes too long. */
    <T> T within(Workload.Session session, String what, Task<T> task) throws IOException {
        ScheduledFuture<?> bark = timer.schedule(
                () -> session.fail(new IOException(what + " did not end within " + LIMIT_SECONDS + " s")),
                LIMIT_SECONDS,
                TimeUnit.SECONDS);
        try {
            return task.run();
        } finally {
            bark.cancel(false);
        }
    }

    @Override
    public void close() {
        timer.shutdownNow();
    }
}
