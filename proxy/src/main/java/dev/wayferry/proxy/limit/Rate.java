package dev.wayferry.proxy.limit;

import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/** So many a second on average, and a burst of them at once after a quiet while. For one thread. */
public final class Rate {
    private final LongSupplier clock;
    private final long nanosEach;
    private final long most;
    private long fullAgainAt;

    /**
     * @param perSecond how many there may be in a second, from 1 to 1,000,000,000
     * @param burst how many at once
     * @param clock nanoseconds, from anywhere
     */
    public Rate(int perSecond, int burst, LongSupplier clock) {
        this.clock = clock;
        this.nanosEach = TimeUnit.SECONDS.toNanos(1) / perSecond;
        this.most = (burst - 1) * nanosEach;
        this.fullAgainAt = clock.getAsLong();
    }

    /** Whether there may be one more now, which is then counted. */
    public boolean take() {
        long now = clock.getAsLong();
        // Each costs its time; nothing is owed after a quiet while.
        long owed = Math.max(fullAgainAt - now, 0);
        if (owed > most) {
            return false;
        }
        fullAgainAt = now + owed + nanosEach;
        return true;
    }
}
