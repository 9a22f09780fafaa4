package dev.wayferry.proxy.gpu;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/**
 * The ring between taking in and giving out, which the device uses on one thread, with a thread for each: r1 how often a
 * request came out, r2 whether what was written before it was put in was seen with it.
 */
@JCStressTest
@Outcome(id = "1, 1", expect = Expect.ACCEPTABLE, desc = "it came out once and whole")
@Outcome(expect = Expect.FORBIDDEN, desc = "it was lost, came twice, or came before its contents")
@State
public class HandoffLifeStress {
    private final GpuRequest request = new GpuRequest(new Responses());
    private int content;
    private int runs;
    private int seen;
    private final Handoff handoff = new Handoff(new Handoff.Consumer() {
        @Override
        public void onRequest(GpuRequest given, boolean more) {
            runs++;
            seen = given == request ? content : -1;
        }

        @Override
        public void onContext(GpuContext context) {
            seen = -1;
        }
    });

    @Actor
    public void takingIn() {
        content = 1;
        handoff.put(request);
    }

    @Actor
    public void givingOut() {
        handoff.drain();
    }

    @Arbiter
    public void look(II_Result result) {
        handoff.drain();
        result.r1 = runs;
        result.r2 = seen;
    }
}
