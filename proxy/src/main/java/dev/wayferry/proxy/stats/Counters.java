package dev.wayferry.proxy.stats;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * What one process counts, over all its VMMs. The loop counts without a lock or a barrier, as it is the only one that
 * writes; anybody may read, and sees each counter as it is or was a moment ago.
 */
public final class Counters {
    private static final VarHandle VALUES = MethodHandles.arrayElementVarHandle(long[].class);

    /** No thread. */
    private static final long NONE = -1;

    private final long[] values = new long[Counter.values().length];
    private volatile long loopThread = NONE;

    /** Counts {@code amount} more, which may be negative. On the loop. */
    public void add(Counter counter, long amount) {
        int index = counter.index();
        VALUES.setOpaque(values, index, values[index] + amount);
    }

    /** On the loop. */
    public void set(Counter counter, long value) {
        VALUES.setOpaque(values, counter.index(), value);
    }

    /** Raises a counter to {@code value}, if it is lower. On the loop. */
    public void raise(Counter counter, long value) {
        if (values[counter.index()] < value) {
            set(counter, value);
        }
    }

    /** Counts payload that was copied, one of the {@code COPIED_} counters. On any thread. */
    public void copied(Counter counter, long bytes) {
        long unused = (long) VALUES.getAndAdd(values, counter.index(), bytes);
    }

    /** On any thread. */
    public long get(Counter counter) {
        return (long) VALUES.getOpaque(values, counter.index());
    }

    /** That thread is the loop from now on. */
    public void loopBegins(long threadId) {
        loopThread = threadId;
    }

    /** There is no loop any more. */
    public void loopEnds() {
        loopThread = NONE;
    }

    /** The thread that is the loop, or -1. */
    long loopThread() {
        return loopThread;
    }
}
