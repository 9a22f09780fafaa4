package dev.wayferry.proxy.log;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/** Two threads want the last line of a burst: r1 and r2 whether each has it. */
@JCStressTest
@Outcome(id = {"0, 1", "1, 0"}, expect = Expect.ACCEPTABLE, desc = "one has it")
@Outcome(expect = Expect.FORBIDDEN, desc = "both have it, or nobody")
@State
public class GuestLogStress {
    private final GuestLog log = new GuestLog("stress", 20, () -> 0);

    public GuestLogStress() {
        for (int i = 1; i < GuestLog.BURST_SECONDS * 20; i++) {
            if (!log.isLetThrough()) {
                throw new IllegalStateException("line " + i + " was left out");
            }
        }
    }

    @Actor
    public void one(II_Result result) {
        result.r1 = log.isLetThrough() ? 1 : 0;
    }

    @Actor
    public void other(II_Result result) {
        result.r2 = log.isLetThrough() ? 1 : 0;
    }
}
