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

    /** VMs one after the other, as each begins with empty tables. */
    private static final int VMS = 16;

    /** In each of so many rounds all contexts take part. */
    private static final int ALL_EVERY = 4;

    /**
     * In each of so many rounds the last context uses pipes and gives its place to another one. What the JVM's best compiler
     * has never seen happen it leaves out, and when that happens to the first guest, what was compiled is thrown away, and
     * all the way is slow again.
     */
    private static final int RARE_EVERY = 64;

    private static final int RARE_CONTEXT = CONTEXTS - 1;

    /** WRITEs, and READs, in one of those rounds. */
    private static final int PIPE_MESSAGES = 4;

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

    /** All of it, here and now, for a JVM that writes down what it learns of the path: however long it takes. */
    public void complete() throws IOException {
        int unused = warmUp(Long.MAX_VALUE);
    }

    private void run() {
        Priority.makeLeast();
        long begin = System.nanoTime();
        try {
            int rounds = warmUp(MAX_NANOS);
            LOG.debug("{} rounds in {} ms", rounds, TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begin));
        } catch (IOException | RuntimeException e) {
            // The first guest will find the path cold, and nothing worse.
            LOG.debug("warming up has ended early", e);
        }
        try {
            // The compilers are still at what they were given.
            Thread.sleep(COMPILERS_MILLIS);
            NativeHeap.trim();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Returns how many rounds there were. */
    private int warmUp(long mostNanos) throws IOException {
        long begin = System.nanoTime();
        int rounds = 0;
        while (rounds < ROUNDS && goesOn(begin, mostNanos)) {
            try (SyntheticVm vm = new SyntheticVm("warm-up", CONTEXTS, contexts -> contexts)) {
                for (int i = 0; i < CONTEXTS; i++) {
                    vm.open();
                }
                int end = rounds + ROUNDS / VMS;
                while (rounds < end && goesOn(begin, mostNanos)) {
                    round(vm, rounds++);
                }
            }
        }
        return rounds;
    }

    private boolean goesOn(long begin, long mostNanos) {
        return !stopped && System.nanoTime() - begin < mostNanos;
    }

    private static void round(SyntheticVm vm, int number) throws IOException {
        vm.sync(number % ALL_EVERY == 0 ? CONTEXTS : 1);
        if (number % ALL_EVERY == 0) {
            vm.queryImage(0);
        }
        if (number % RARE_EVERY == 0) {
            vm.usePipes(RARE_CONTEXT, PIPE_MESSAGES);
            vm.reopen(RARE_CONTEXT);
        }
    }
}
