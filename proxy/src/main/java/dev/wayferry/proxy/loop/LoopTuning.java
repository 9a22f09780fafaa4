package dev.wayferry.proxy.loop;

import dev.wayferry.posix.PosixException;
import dev.wayferry.posix.Realtime;

/**
 * What makes a loop quicker at the expense of others.
 *
 * @param busyPollMicros how long it looks for more work before it sleeps, at most; 0 for not at all
 * @param realtimeCpu the CPU that it has to itself as a real-time thread, {@link #NOT_REALTIME} for an ordinary thread
 */
public record LoopTuning(int busyPollMicros, int realtimeCpu) {
    public static final int NOT_REALTIME = -1;

    /** A loop like any other thread. */
    public static final LoopTuning NONE = new LoopTuning(0, NOT_REALTIME);

    boolean isRealtime() {
        return realtimeCpu != NOT_REALTIME;
    }

    /** Makes the calling thread the one that was asked for. */
    void apply() throws PosixException {
        if (isRealtime()) {
            Realtime.enter(realtimeCpu);
        }
    }
}
