package dev.wayferry.proxy.log;

import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The way to the log of every line that a guest or its VMM can cause as often as it likes: a burst of them is let through, then so
 * many a second, and how many were left out is said. One for each VM; for all its threads.
 */
public final class GuestLog {
    private static final Logger LOG = LoggerFactory.getLogger(GuestLog.class);

    /** Lines let through at once. */
    static final int BURST = 200;

    /** After a burst there is one line in this time. */
    static final long NANOS_A_LINE = 50_000_000;

    private final String vm;
    private final LongSupplier clock;
    private final boolean silent;
    private long fullAgainAt;
    private long leftOut;

    public GuestLog(String vm) {
        this(vm, System::nanoTime);
    }

    /** One that says nothing, for a VM that is none. */
    public static GuestLog silent() {
        return new GuestLog("none", System::nanoTime, true);
    }

    GuestLog(String vm, LongSupplier clock) {
        this(vm, clock, false);
    }

    private GuestLog(String vm, LongSupplier clock, boolean silent) {
        this.vm = vm;
        this.clock = clock;
        this.silent = silent;
        this.fullAgainAt = clock.getAsLong();
    }

    public void info(Logger to, String format, @Nullable Object... arguments) {
        if (to.isInfoEnabled() && isLetThrough()) {
            to.info(format, arguments);
        }
    }

    public void warn(Logger to, String format, @Nullable Object... arguments) {
        if (to.isWarnEnabled() && isLetThrough()) {
            to.warn(format, arguments);
        }
    }

    /** Whether a line may go now; says first how many did not. */
    synchronized boolean isLetThrough() {
        if (silent) {
            return false;
        }
        long now = clock.getAsLong();
        // Each line costs its time; the bucket is full when nothing is owed.
        long owed = Math.max(fullAgainAt - now, 0);
        if (owed > (BURST - 1) * NANOS_A_LINE) {
            leftOut++;
            return false;
        }
        fullAgainAt = now + owed + NANOS_A_LINE;
        if (leftOut > 0) {
            LOG.warn("vm={} {} lines were left out, they came too fast", vm, leftOut);
            leftOut = 0;
        }
        return true;
    }
}
