package dev.wayferry.examples.bench;

import java.io.IOException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** Ends what a back-end never finishes, so that none hangs the bench. */
final class Watchdog implements AutoCloseable {
    private static final int LIMIT_SECONDS = 60;

    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("watchdog").factory());

    /** What is done within the limit. */
    @FunctionalInterface
    interface Task<T> {
        T run() throws IOException;
    }

    /**
     * Does {@code task}.
     *
     * @param fail ends it by an error when it takes too long
     * @param what it is
     */
    <T> T within(Consumer<IOException> fail, String what, Task<T> task) throws IOException {
        ScheduledFuture<?> bark = timer.schedule(
                () -> fail.accept(new IOException(what + " did not end within " + LIMIT_SECONDS + " s")),
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
