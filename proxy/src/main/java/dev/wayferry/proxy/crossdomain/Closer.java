package dev.wayferry.proxy.crossdomain;

import dev.wayferry.posix.OwnedFd;
import dev.wayferry.proxy.loop.SideThreads;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * Closes what others have made, on threads of its own: close(2) of a file waits for a FUSE server, of a TCP socket that
 * lingers for its peer, and to close a unix socket is to close all that lies unread in it. Such a wait may have no end.
 */
final class Closer {
    /** Files that hang before others have to wait for them. */
    private static final int THREADS = 4;

    /** Files that may wait. More come only from what contexts and their connections have already. */
    private static final int MOST = 1024;

    private final ThreadPoolExecutor threads = new ThreadPoolExecutor(
            THREADS, THREADS, 1, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), SideThreads.named("closer"));

    Closer() {
        threads.allowCoreThreadTimeOut(true);
    }

    /** Takes ownership of {@code file}, which is closed soon, but not by the calling thread. */
    void close(OwnedFd file) {
        try {
            threads.execute(file::close);
        } catch (RejectedExecutionException e) {
            // After the session, when there is no loop to be held up any more.
            file.close();
        }
    }

    /** Whether so much waits that no more is to be received which would have to be closed. */
    boolean isOverloaded() {
        return waiting() > MOST;
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
