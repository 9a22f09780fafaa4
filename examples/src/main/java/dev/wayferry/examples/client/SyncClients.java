package dev.wayferry.examples.client;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.HdrHistogram.Histogram;

/** Clients of one compositor that measure at once, each by a thread of its own. */
final class SyncClients implements AutoCloseable {
    /** A connection belongs to the thread that made it. */
    private final List<ExecutorService> threads = new ArrayList<>();

    private final List<ClientConnection> connections = new ArrayList<>();

    /** Connects so many to the compositor that listens at {@code socket}. */
    SyncClients(Path socket, int count) throws IOException {
        try {
            for (int i = 0; i < count; i++) {
                ExecutorService thread = Executors.newSingleThreadExecutor();
                threads.add(thread);
                connections.add(result(thread.submit(() -> ClientConnection.connect(socket))));
            }
        } catch (IOException e) {
            close();
            throw e;
        }
    }

    /** Has each make {@code count} round trips, all at once; the histogram of nanoseconds is of them all. */
    Histogram measure(int count) throws IOException {
        List<Callable<Histogram>> tasks = new ArrayList<>();
        for (ClientConnection connection : connections) {
            tasks.add(() -> SyncLatency.measure(connection, count));
        }
        Histogram all = new Histogram(SyncLatency.MAX_NANOS, SyncLatency.DIGITS);
        for (Histogram one : each(tasks)) {
            all.add(one);
        }
        return all;
    }

    /** Has each thread do its task, all at once. */
    private <T> List<T> each(List<Callable<T>> tasks) throws IOException {
        List<Future<T>> futures = new ArrayList<>();
        for (int i = 0; i < tasks.size(); i++) {
            futures.add(threads.get(i).submit(tasks.get(i)));
        }
        List<T> results = new ArrayList<>();
        for (Future<T> future : futures) {
            results.add(result(future));
        }
        return results;
    }

    private static <T> T result(Future<T> future) throws IOException {
        try {
            return future.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof IOException cause) {
                throw cause;
            }
            throw new IllegalStateException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        for (int i = 0; i < connections.size(); i++) {
            ClientConnection connection = connections.get(i);
            Future<?> unused = threads.get(i).submit(connection::close);
        }
        // Waits for what was asked of it.
        threads.forEach(ExecutorService::close);
    }
}
