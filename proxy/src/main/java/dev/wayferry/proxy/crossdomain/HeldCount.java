package dev.wayferry.proxy.crossdomain;

import dev.wayferry.proxy.gpu.GpuRequest;
import dev.wayferry.proxy.stats.Counter;
import dev.wayferry.proxy.stats.Counters;

/**
 * How many requests of one kind wait, of all contexts. A guest waits as a whole when its queue has no entry left: so no more
 * than a part of them are kept, and one stream never more than it leaves to the others.
 */
final class HeldCount {
    private final int most;
    private final int part;
    private final Counters counters;
    private int count;

    /**
     * @param most requests in all
     * @param part how many times as many entries the queue has to have
     */
    HeldCount(int most, int part, Counters counters) {
        this.most = most;
        this.part = part;
        this.counters = counters;
    }

    /** Whether {@code amount} more may be held, one of them {@code request}, by who holds {@code own} already. */
    boolean hasRoom(int own, int amount, GpuRequest request) {
        int limit = Math.min(most, request.chain().queue().size() / part);
        return own + amount <= limit - count - amount;
    }

    /** So many more are held, or fewer. */
    void add(int requests) {
        count += requests;
        counters.add(Counter.HELD, requests);
    }
}
