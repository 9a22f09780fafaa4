package dev.wayferry.proxy.crossdomain;

import dev.wayferry.posix.OwnedFd;
import dev.wayferry.proxy.loop.SideThreads;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * Closes what others have made, on threads of its own: close(2) of a file waits for a FUSE server, of a TCP socket that
 * lingers for its peer, and to close a unix socket is to close all that lies unread in it. Such a wait may have no end.
 */
final class Closer {
    /** Files that hang before others have to wait for them. */
    private static final int THREADS = 4;

    /** Files that may wait where closing hangs. More come only from what contexts and their connections have already. */
    private static final int MOST = 1024;

    /** Files that may wait though closing goes on, as when many contexts end at once. */
    private static final int MOST_IN_PASSING = 16 * MOST;

    /** How long nothing is closed before that is taken for hanging. */
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final ThreadPoolExecutor threads = new ThreadPoolExecutor(
            THREADS, THREADS, 1, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), SideThreads.named("closer"));

    /** When a file was closed last, or the first of those that are being closed came. */
    private volatile long moved;

    private final LongSupplier clock;

    Closer() {
        this(System::nanoTime);
    }

    /** @param clock in nanoseconds */
    Closer(LongSupplier clock) {
        this.clock = clock;
        threads.allowCoreThreadTimeOut(true);
    }

    /** Takes ownership of {@code file}, which is closed soon, but not by the calling thread. */
    void close(OwnedFd file) {
        if (threads.getActiveCount() == 0) {
            moved = clock.getAsLong();
        }
        try {
            threads.execute(() -> {
                file.close();
                moved = clock.getAsLong();
            });
        } catch (RejectedExecutionException e) {
            // After the session, when there is no loop to be held up any more.
            file.close();
        }
    }

    /** Whether so much waits that no more is to be received which would have to be closed. */
    boolean isOverloaded() {
        int waiting = waiting();
        return waiting > MOST_IN_PASSING || (waiting > MOST && clock.getAsLong() - moved > PATIENCE_NANOS);
    }

    /** Why it is overloaded. */
    String tooMany() {
        return waiting() + " files wait to be closed behind some whose closing hangs";
    }

    private int waiting() {
        return threads.getQueue().size();
    }

    /** What it has still to close it closes. After the loop has ended. */
    void shutdown() {
        threads.shutdown();
    }
}
