package dev.wayferry.jcstress;

import dev.wayferry.posix.PosixException;
import dev.wayferry.proxy.loop.EventLoop;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/**
 * Two threads post to a loop, each waiting until its task has run, so that the loop goes to sleep in between and nobody else
 * wakes it: r1 and r2 how often each task has run.
 */
@JCStressTest
@Outcome(id = "1, 1", expect = Expect.ACCEPTABLE, desc = "each ran once")
@Outcome(expect = Expect.FORBIDDEN, desc = "a task was lost, slept over, or run twice")
@State
public class LoopWakeStress {
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(5);
    private static final EventLoop LOOP = started();

    private final AtomicInteger first = new AtomicInteger();
    private final AtomicInteger second = new AtomicInteger();

    private static EventLoop started() {
        try {
            EventLoop loop = new EventLoop("stressed", wrong -> {
                throw new IllegalStateException(wrong);
            });
            loop.start(() -> false);
            return loop;
        } catch (PosixException e) {
            throw new IllegalStateException(e);
        }
    }

    private static int runs(AtomicInteger count) {
        if (!LOOP.post(count::incrementAndGet)) {
            return -1;
        }
        long deadline = System.nanoTime() + PATIENCE_NANOS;
        while (count.get() == 0 && System.nanoTime() < deadline) {
            Thread.onSpinWait();
        }
        return count.get();
    }

    @Actor
    public void one(II_Result result) {
        result.r1 = runs(first);
    }

    @Actor
    public void other(II_Result result) {
        result.r2 = runs(second);
    }
}
