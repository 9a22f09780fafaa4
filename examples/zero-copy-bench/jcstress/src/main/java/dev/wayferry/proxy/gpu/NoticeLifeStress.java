package dev.wayferry.proxy.gpu;

import dev.wayferry.proxy.gpu.Keepers.Notices;
import dev.wayferry.proxy.gpu.Keepers.OneRange;
import dev.wayferry.wire.gpu.VirtioGpu;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.I_Result;

/**
 * The user gives the guest's screen one size after the other, of which the keeper tells the VMM, a notice for several if it
 * is slow: r1 which size there was when it told last.
 */
@JCStressTest
@Outcome(id = "3", expect = Expect.ACCEPTABLE, desc = "the last")
@Outcome(expect = Expect.FORBIDDEN, desc = "an older one: of the last the guest does not hear")
@State
public class NoticeLifeStress {
    private volatile int size;
    private volatile int told;
    private final Notices notices = new Notices() {
        @Override
        public void configChanged() {
            told = size;
        }
    };
    private final ResourceKeeper keeper = Keepers.of(new OneRange(), notices);
    private final Output output = new Output("stress", true, 640, 480, keeper, notices);

    public NoticeLifeStress() {
        output.told();
    }

    private void resize(int next) {
        size = next;
        output.resize(640 + next, 480);
        output.clear(VirtioGpu.EVENT_DISPLAY);
    }

    /** The loop; the other side is the keeper's own thread. */
    @Actor
    public void loop() {
        for (int next = 1; next <= 3; next++) {
            resize(next);
        }
    }

    @Arbiter
    public void look(I_Result result) {
        keeper.close();
        result.r1 = told;
    }
}
