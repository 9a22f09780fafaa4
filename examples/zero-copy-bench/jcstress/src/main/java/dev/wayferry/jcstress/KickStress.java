package dev.wayferry.jcstress;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/**
 * The driver publishes a request while the device, which has asked for no kicks, goes to sleep: r1 whether the driver kicks,
 * r2 whether the device sees the request when it looks once more. Source: virtio specification, "Available Buffer
 * Notification Suppression".
 */
public final class KickStress {
    private KickStress() {}

    private static QueuePair asleepSoon(boolean eventIdx) {
        QueuePair pair = new QueuePair(eventIdx, false);
        pair.device.disableNotification();
        return pair;
    }

    /** By the used ring's flags. */
    @JCStressTest
    @Outcome(id = "0, 0", expect = Expect.FORBIDDEN, desc = "it sleeps, and no kick comes: the guest hangs")
    @Outcome(id = {"0, 1", "1, 0", "1, 1"}, expect = Expect.ACCEPTABLE, desc = "it is kicked or sees the request, or both")
    @State
    public static class Flags {
        private final QueuePair pair = asleepSoon(false);

        @Actor
        public void driver(II_Result result) {
            pair.offer(2);
            result.r1 = pair.driver.publish() ? 1 : 0;
        }

        @Actor
        public void device(II_Result result) {
            result.r2 = pair.device.enableNotification() ? 1 : 0;
        }
    }

    /** By avail_event. */
    @JCStressTest
    @Outcome(id = "0, 0", expect = Expect.FORBIDDEN, desc = "it sleeps, and no kick comes: the guest hangs")
    @Outcome(id = {"0, 1", "1, 0", "1, 1"}, expect = Expect.ACCEPTABLE, desc = "it is kicked or sees the request, or both")
    @State
    public static class EventIdx {
        private final QueuePair pair = asleepSoon(true);

        @Actor
        public void driver(II_Result result) {
            pair.offer(2);
            result.r1 = pair.driver.publish() ? 1 : 0;
        }

        @Actor
        public void device(II_Result result) {
            result.r2 = pair.device.enableNotification() ? 1 : 0;
        }
    }
}
