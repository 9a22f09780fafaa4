package dev.wayferry.proxy.log;

import dev.wayferry.proxy.limit.Limit;
import dev.wayferry.proxy.limit.Limits;
import dev.wayferry.proxy.limit.Rate;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The way to the log of every line that a guest, its VMM or whoever connects can cause as often as they like: a burst of them
 * is let through, then so many a second, and how many were left out is said. For all threads of a VM. Lines of one kind have
 * one of their own where others must not crowd them out.
 */
public final class GuestLog {
    private static final Logger LOG = LoggerFactory.getLogger(GuestLog.class);

    /** Lines let through at once: so many seconds' worth. */
    static final int BURST_SECONDS = 10;

    private final String vm;
    private final boolean silent;
    private final Rate rate;
    private long leftOut;

    public GuestLog(String vm) {
        this(vm, Limits.USUAL.number(Limit.LOG_LINES_PER_SECOND));
    }

    /** @param linesPerSecond let through on average */
    public GuestLog(String vm, int linesPerSecond) {
        this(vm, linesPerSecond, System::nanoTime);
    }

    /** One that says nothing, for a VM that is none. */
    public static GuestLog silent() {
        return new GuestLog("none", 1, System::nanoTime, true);
    }

    GuestLog(String vm, int linesPerSecond, LongSupplier clock) {
        this(vm, linesPerSecond, clock, false);
    }

    private GuestLog(String vm, int linesPerSecond, LongSupplier clock, boolean silent) {
        this.vm = vm;
        this.silent = silent;
        this.rate = new Rate(linesPerSecond, BURST_SECONDS * linesPerSecond, clock);
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

    public void error(Logger to, String format, @Nullable Object... arguments) {
        if (to.isErrorEnabled() && isLetThrough()) {
            to.error(format, arguments);
        }
    }

    /** Whether a line may go now; says first how many did not. */
    synchronized boolean isLetThrough() {
        if (silent) {
            return false;
        }
        if (!rate.take()) {
            leftOut++;
            return false;
        }
        if (leftOut > 0) {
            LOG.warn("vm={} {} lines were left out, they came too fast", vm, leftOut);
            leftOut = 0;
        }
        return true;
    }
}
