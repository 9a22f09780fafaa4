package dev.wayferry.proxy.gpu;

import dev.wayferry.proxy.gpu.Keepers.Notices;
import dev.wayferry.proxy.gpu.Keepers.OneRange;
import dev.wayferry.proxy.log.GuestLog;
import dev.wayferry.wire.gpu.VirtioGpu;
import java.util.concurrent.TimeUnit;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.I_Result;

/**
 * The user gives the guest's screen another size while the keeper still tells the VMM of the one before: r1 which size there
 * was when it told last.
 */
@JCStressTest
@Outcome(id = "2", expect = Expect.ACCEPTABLE, desc = "the last")
@Outcome(expect = Expect.FORBIDDEN, desc = "an older one: of the last the guest does not hear")
@State
public class NoticeLifeStress {
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(20);
    private static final int PAUSE = 500;

    private volatile int size;
    private volatile int told;
    private final Notices notices = new Notices() {
        @Override
        public void configChanged() {
            told = size;
            // The VMM takes its time.
            for (int pause = 0; pause < PAUSE; pause++) {
                Thread.onSpinWait();
            }
        }
    };
    private final ResourceKeeper keeper = Keepers.of(new OneRange(), notices);
    private final Output output = new Output("stress", GuestLog.silent(), true, 640, 480, keeper, notices);

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
        resize(1);
        long since = System.nanoTime();
        while (told != 1 && System.nanoTime() - since < PATIENCE_NANOS) {
            Thread.onSpinWait();
        }
        resize(2);
    }

    @Arbiter
    public void look(I_Result result) {
        keeper.close();
        result.r1 = told;
    }
}
