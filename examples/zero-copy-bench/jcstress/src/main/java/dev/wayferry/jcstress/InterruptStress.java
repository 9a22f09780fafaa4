package dev.wayferry.jcstress;

import dev.wayferry.proxy.queue.DescriptorChain;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/**
 * The device publishes an answer while the driver, which has asked for no interrupts, goes to sleep: r1 whether there is an
 * interrupt, r2 whether the driver sees the answer when it looks once more. Source: virtio specification, "Used Buffer
 * Notification Suppression".
 */
public final class InterruptStress {
    private InterruptStress() {}

    private static DescriptorChain takenWithoutInterrupts(QueuePair pair) {
        pair.driver.disableInterrupts();
        pair.offer(2);
        boolean unused = pair.driver.publish();
        return pair.take();
    }

    /** By the available ring's flags. */
    @JCStressTest
    @Outcome(id = "0, 0", expect = Expect.FORBIDDEN, desc = "it sleeps, and no interrupt comes: its program hangs")
    @Outcome(id = {"0, 1", "1, 0", "1, 1"}, expect = Expect.ACCEPTABLE, desc = "it is told or sees the answer, or both")
    @State
    public static class Flags {
        private final QueuePair pair = new QueuePair(false, true);
        private final DescriptorChain chain = takenWithoutInterrupts(pair);

        @Actor
        public void device() {
            pair.answer(chain, 2);
        }

        @Actor
        public void driver(II_Result result) {
            result.r2 = pair.driver.enableInterrupts() ? 0 : 1;
        }

        @Arbiter
        public void look(II_Result result) {
            result.r1 = pair.isInterrupted() ? 1 : 0;
        }
    }

    /** By used_event. */
    @JCStressTest
    @Outcome(id = "0, 0", expect = Expect.FORBIDDEN, desc = "it sleeps, and no interrupt comes: its program hangs")
    @Outcome(id = {"0, 1", "1, 0", "1, 1"}, expect = Expect.ACCEPTABLE, desc = "it is told or sees the answer, or both")
    @State
    public static class EventIdx {
        private final QueuePair pair = new QueuePair(true, true);
        private final DescriptorChain chain = takenWithoutInterrupts(pair);

        @Actor
        public void device() {
            pair.answer(chain, 2);
        }

        @Actor
        public void driver(II_Result result) {
            result.r2 = pair.driver.enableInterrupts() ? 0 : 1;
        }

        @Arbiter
        public void look(II_Result result) {
            result.r1 = pair.isInterrupted() ? 1 : 0;
        }
    }
}
