package dev.wayferry.proxy.warmup;

import dev.wayferry.posix.NativeHeap;
import dev.wayferry.posix.Priority;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs the way of messages in, in the background, so that the JVM has compiled it before the first guest's first command. It
 * uses the CPU only as far as nobody else wants it, and ends at once when a guest comes.
 */
public final class WarmUp {
    private static final Logger LOG = LoggerFactory.getLogger(WarmUp.class);

    private static final int CONTEXTS = 8;

    /** Turns of the loop, most with one message each way; the JVM's best compiler begins after some thousands. */
    private static final int ROUNDS = 12_000;

    /** In each of so many rounds all contexts take part. */
    private static final int ALL_EVERY = 4;

    private static final long COMPILERS_MILLIS = 2000;
    private static final long MAX_NANOS = TimeUnit.SECONDS.toNanos(5);

    private volatile boolean stopped;
    private @Nullable Thread thread;

    /** Begins, once. */
    public synchronized void start() {
        if (thread == null && !stopped) {
            thread = Thread.ofPlatform().name("warm-up").daemon().start(this::run);
        }
    }

    /** Ends soon; the caller does not wait for that. */
    public void stop() {
        stopped = true;
    }

    /** Waits until nothing of it is left. */
    public void join() throws InterruptedException {
        Thread started;
        synchronized (this) {
            started = thread;
        }
        if (started != null) {
            started.join();
        }
    }

    private void run() {
        warmUp();
        try {
            // The compilers are still at what they were given.
            Thread.sleep(COMPILERS_MILLIS);
            NativeHeap.trim();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void warmUp() {
        long begin = System.nanoTime();
        int rounds = 0;
        Priority.makeLeast();
        try (SyntheticVm vm = new SyntheticVm("warm-up", CONTEXTS, contexts -> contexts)) {
            for (int i = 0; i < CONTEXTS; i++) {
                vm.open();
            }
            while (rounds < ROUNDS && !stopped && System.nanoTime() - begin < MAX_NANOS) {
                vm.sync(rounds % ALL_EVERY == 0 ? CONTEXTS : 1);
                if (rounds % ALL_EVERY == 0) {
                    vm.queryImage(0);
                }
                rounds++;
            }
            vm.destroy(0);
        } catch (IOException | RuntimeException e) {
            // The first guest will find the path cold, and nothing worse.
            LOG.debug("warming up ended after {} rounds", rounds, e);
        }
        LOG.debug("{} rounds in {} ms", rounds, TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begin));
    }
}
