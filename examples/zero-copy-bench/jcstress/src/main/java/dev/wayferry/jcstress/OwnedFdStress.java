package dev.wayferry.jcstress;

import dev.wayferry.posix.OwnedFd;
import java.util.concurrent.atomic.AtomicInteger;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.I_Result;

/** Two threads close one descriptor: r1 how often it was closed, the second time of which may hit somebody else's. */
@JCStressTest
@Outcome(id = "1", expect = Expect.ACCEPTABLE, desc = "closed once")
@Outcome(expect = Expect.FORBIDDEN, desc = "closed twice, or left open")
@State
public class OwnedFdStress {
    private final AtomicInteger closed = new AtomicInteger();
    private final OwnedFd file = new OwnedFd(Integer.MAX_VALUE, closed::incrementAndGet);

    @Actor
    public void one() {
        file.close();
    }

    @Actor
    public void other() {
        file.close();
    }

    @Arbiter
    public void look(I_Result result) {
        result.r1 = closed.get();
    }
}
