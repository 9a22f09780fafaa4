package dev.wayferry.proxy.loop;

import dev.wayferry.posix.Epoll;

/**
 * How long the loop looks for more work before it sleeps: a wake-up costs many times what a message does, if more comes at
 * once. Belongs to the loop.
 *
 * <p>It is adaptive. Windows that found nothing are halved, until none is left; a sleep that ended within what could have
 * been looked for lengthens them. As the length of a sleep has the wake-up in it, which may be more than all of the window,
 * that alone would not see that looking pays again: so of the sleeps without a window every {@value #TRIAL}th gets a whole
 * one.
 *
 * <p>While the loop looks, drivers are asked not to kick. Before it sleeps they are asked to, and only then their queues are
 * looked at for the last time (virtio specification, "Available Buffer Notification Suppression").
 */
final class BusyPoll {
    /** Windows in a row that found nothing, after which they are halved. */
    static final int MISSES = 4;

    /** Sleeps without a window, after which one is tried. */
    static final int TRIAL = 64;

    /** The share of {@code max} below which a window is not worth its beginning. */
    private static final int SMALLEST = 8;

    /** Looks into memory for each one at the descriptors, which costs a system call. */
    static final int LOOKS_A_CALL = 8;

    private static final int DO_NOT_WAIT = 0;
    private static final int WAIT_FOR_EVER = -1;

    private final long max;
    private long window;
    private int misses;
    private int sleeps;
    private int looks;

    /** Looks for {@code maxNanos} at most. */
    BusyPoll(long maxNanos) {
        this.max = maxNanos;
        this.window = maxNanos;
    }

    /** Waits for work: returns what {@link Epoll#await} did, 0 where {@code agent} has some. */
    int await(Epoll epoll, EventLoop.Agent agent) {
        long start = System.nanoTime();
        int count = askDescriptors(epoll);
        if (count == 0) {
            count = look(epoll, agent, start);
        }
        if (count != 0 || agent.hasWork()) {
            found();
            return count;
        }
        if (agent.arm()) {
            return 0;
        }
        count = epoll.await(WAIT_FOR_EVER);
        slept(System.nanoTime() - start);
        return count;
    }

    private int look(Epoll epoll, EventLoop.Agent agent, long start) {
        long length = window;
        while (System.nanoTime() - start < length) {
            if (agent.hasWork()) {
                return 0;
            }
            int count = askDescriptors(epoll);
            if (count != 0) {
                return count;
            }
            Thread.onSpinWait();
        }
        return 0;
    }

    /** Now and then, also where there is always work: a guest that never stops must not keep compositors from their turns. */
    private int askDescriptors(Epoll epoll) {
        looks++;
        if (looks < LOOKS_A_CALL) {
            return 0;
        }
        looks = 0;
        return epoll.await(DO_NOT_WAIT);
    }

    /** Nanoseconds that the next wait looks. */
    long window() {
        return window;
    }

    /** Work came within the window. */
    void found() {
        misses = 0;
        sleeps = 0;
    }

    /** No work came within the window; the next came {@code nanos} after its beginning. */
    void slept(long nanos) {
        long smallest = Math.max(1, max / SMALLEST);
        if (nanos <= max && window < max) {
            window = Math.min(max, Math.max(smallest, 2 * window));
            found();
        } else if (window == 0) {
            sleeps++;
            if (sleeps == TRIAL) {
                window = max;
            }
        } else if (sleeps == TRIAL) {
            // The trial found nothing.
            window = 0;
            sleeps = 0;
        } else {
            misses++;
            if (misses == MISSES) {
                misses = 0;
                window = window / 2 < smallest ? 0 : window / 2;
            }
        }
    }
}
