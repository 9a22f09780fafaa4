package dev.wayferry.jcstress;

import dev.wayferry.posix.PosixException;
import dev.wayferry.proxy.loop.EventLoop;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/** A loop is stopped while something is posted: r1 whether that was accepted, r2 how often it has run once the loop has ended. */
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
    @Outcome(expect = Expect.FORBIDDEN, desc = "anything else; a call that waits for ever shows as a test that hangs")
    @State
    public static class Call {
        private final EventLoop loop = started();
        private final AtomicInteger runs = new AtomicInteger();

        @Actor
        public void call(II_Result result) {
            try {
                result.r1 = loop.call(runs::incrementAndGet);
            } catch (RejectedExecutionException refused) {
                result.r1 = 0;
            }
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
