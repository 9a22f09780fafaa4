package dev.wayferry.jcstress;

import dev.wayferry.posix.PosixException;
import dev.wayferry.proxy.loop.EventLoop;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/** A loop is stopped while something is posted: r1 whether that was accepted, r2 how often it has run in the end. */
public final class LoopStopLifeStress {
    private LoopStopLifeStress() {}

    private static EventLoop started() {
        try {
            EventLoop loop = new EventLoop("stressed", _ -> {});
            loop.start(() -> false);
            return loop;
        } catch (PosixException e) {
            throw new IllegalStateException(e);
        }
    }

    /** A task. */
    @JCStressTest
    @Outcome(id = "1, 1", expect = Expect.ACCEPTABLE, desc = "accepted, and run once")
    @Outcome(id = "0, 0", expect = Expect.ACCEPTABLE, desc = "refused, and not run")
    @Outcome(expect = Expect.FORBIDDEN, desc = "accepted and lost, or refused and run, or run twice")
    @State
    public static class Post {
        private final EventLoop loop = started();
        private final AtomicInteger runs = new AtomicInteger();

        @Actor
        public void post(II_Result result) {
            result.r1 = loop.post(runs::incrementAndGet) ? 1 : 0;
        }

        @Actor
        public void stop() {
            loop.stop();
        }

        @Arbiter
        public void look(II_Result result) {
            result.r2 = runs.get();
        }
    }

    /** A call, whose caller waits for its answer. */
    @JCStressTest
    @Outcome(id = "1, 1", expect = Expect.ACCEPTABLE, desc = "run once, and its answer given")
    @Outcome(id = "0, 0", expect = Expect.ACCEPTABLE, desc = "refused, and not run")
    @Outcome(expect = Expect.FORBIDDEN, desc = "anything else; a caller who waits for ever ends the test by an error")
    @State
    public static class Call {
        private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(20);
        private static final long NOBODY = 0;
        private static volatile long waitingSince = NOBODY;

        static {
            Thread unused = Thread.ofPlatform().daemon().start(Call::watch);
        }

        private static void watch() {
            while (true) {
                long since = waitingSince;
                if (since != NOBODY && System.nanoTime() - since > PATIENCE_NANOS) {
                    System.err.println("a call waits for ever");
                    Runtime.getRuntime().halt(1);
                }
                LockSupport.parkNanos(PATIENCE_NANOS / 20);
            }
        }

        private final EventLoop loop = started();
        private final AtomicInteger runs = new AtomicInteger();

        @Actor
        public void call(II_Result result) {
            waitingSince = System.nanoTime() | 1;
            try {
                result.r1 = loop.call(runs::incrementAndGet);
            } catch (RejectedExecutionException refused) {
                result.r1 = 0;
            }
            waitingSince = NOBODY;
        }

        @Actor
        public void stop() {
            loop.stop();
        }

        @Arbiter
        public void look(II_Result result) {
            result.r2 = runs.get();
        }
    }
}
