package dev.wayferry.proxy.gpu;

import com.lmax.disruptor.BusySpinWaitStrategy;
import com.lmax.disruptor.EventPoller;
import com.lmax.disruptor.RingBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The lock-free ring between the two stages of a turn. Taking in: requests from the queues, and which contexts have something
 * to give out, as a socket or a pipe of theirs is ready. Giving out: the requests' work, and what those contexts receive,
 * which goes straight from the socket or pipe into the guest's mailbox.
 *
 * <p>Entries are references, never copies. One producer and one consumer, both on the loop's thread: a hop to a sleeping
 * thread costs tens of microseconds, draining in place some tens of nanoseconds. So the ring is never waited on: who finds
 * it full drains it first.
 */
final class Handoff {
    static final int CAPACITY = 4096;

    /** What came in: a request, or a context that has something to give out. */
    static final class Transfer {
        private @Nullable GpuRequest request;
        private @Nullable GpuContext context;
    }

    /** The giving-out stage. */
    interface Consumer {
        /**
         * Executes a request.
         *
         * @param more whether something follows that was taken in together with it
         */
        void onRequest(GpuRequest request, boolean more);

        void onContext(GpuContext context);
    }

    /** Nobody ever waits; of the strategies for that this one does nothing when an entry is put in, others take a lock. */
    private final RingBuffer<Transfer> ring =
            RingBuffer.createSingleProducer(Transfer::new, CAPACITY, new BusySpinWaitStrategy());

    private final EventPoller<Transfer> poller = ring.newPoller();
    private final EventPoller.Handler<Transfer> handler;
    private final EventPoller.Handler<Transfer> forget = (transfer, _, _) -> {
        if (transfer.request != null) {
            transfer.request.drop();
        }
        transfer.request = null;
        transfer.context = null;
        return true;
    };

    Handoff(Consumer consumer) {
        ring.addGatingSequences(poller.getSequence());
        handler = (transfer, _, last) -> {
            GpuRequest request = transfer.request;
            GpuContext context = transfer.context;
            transfer.request = null;
            transfer.context = null;
            if (request != null) {
                consumer.onRequest(request, !last);
            } else if (context != null) {
                consumer.onContext(context);
            }
            return true;
        };
    }

    /** How much was taken in and not given out yet. */
    long size() {
        return CAPACITY - ring.remainingCapacity();
    }

    boolean isFull() {
        return !ring.hasAvailableCapacity(1);
    }

    /** Puts a request in; the caller has seen to it that there is room. */
    void put(GpuRequest request) {
        long sequence = ring.next();
        ring.get(sequence).request = request;
        ring.publish(sequence);
    }

    /** Puts a context in; the caller has seen to it that there is room. */
    void put(GpuContext context) {
        long sequence = ring.next();
        ring.get(sequence).context = context;
        ring.publish(sequence);
    }

    /** Forgets what was taken in and not given out, letting go of the requests: their queue is gone. */
    void clear() {
        try {
            while (poller.poll(forget) == EventPoller.PollState.PROCESSING) {
                // As in drain.
            }
        } catch (Exception e) {
            throw new AssertionError("the handler throws nothing", e);
        }
    }

    /** Gives out everything that was taken in, also what is put in meanwhile. */
    void drain() {
        try {
            while (poller.poll(handler) == EventPoller.PollState.PROCESSING) {
                // Each poll handles the batch that was there when it began.
            }
        } catch (RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new AssertionError("the handler throws no checked exception", e);
        }
    }
}
