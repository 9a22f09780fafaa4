package dev.wayferry.jcstress;

import dev.wayferry.proxy.queue.DescriptorChain;
import dev.wayferry.wire.virtqueue.DriverQueue;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;
import org.openjdk.jcstress.infra.results.I_Result;

/** What an index announces is there when the index is seen. */
public final class ContentStress {
    private ContentStress() {}

    /** The driver's request, by avail.idx: r1 what the device reads, 0 when it sees none. */
    @JCStressTest
    @Outcome(id = {"0", "2"}, expect = Expect.ACCEPTABLE, desc = "no request yet, or the whole of it")
    @Outcome(expect = Expect.FORBIDDEN, desc = "a request that is not there yet, or a part of it")
    @State
    public static class Request {
        private final QueuePair pair = new QueuePair(true, false);

        @Actor
        public void driver() {
            pair.offer(2);
            boolean unused = pair.driver.publish();
        }

        @Actor
        public void device(I_Result result) {
            DescriptorChain chain = pair.takeIfAny();
            result.r1 = chain == null ? 0 : QueuePair.read(chain);
        }
    }

    /** The device's answer, by used.idx: r1 what the driver reads, r2 how long it is, 0 when it sees none. */
    @JCStressTest
    @Outcome(id = {"0, 0", "2, 4"}, expect = Expect.ACCEPTABLE, desc = "no answer yet, or the whole of it")
    @Outcome(expect = Expect.FORBIDDEN, desc = "an answer that is not there yet, or a part of it")
    @State
    public static class Answer {
        private final QueuePair pair = new QueuePair(true, false);
        private final DescriptorChain chain = taken(pair);

        private static DescriptorChain taken(QueuePair pair) {
            pair.offer(2);
            boolean unused = pair.driver.publish();
            return pair.take();
        }

        @Actor
        public void device() {
            pair.answer(chain, 2);
        }

        @Actor
        public void driver(II_Result result) {
            if (pair.driver.takeUsed() != DriverQueue.NONE) {
                result.r1 = pair.answered();
                result.r2 = pair.driver.usedLength();
            }
        }
    }
}
