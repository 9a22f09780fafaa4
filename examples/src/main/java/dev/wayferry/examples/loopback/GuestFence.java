package dev.wayferry.examples.loopback;

import org.jspecify.annotations.Nullable;

/** A fence on the global timeline or on one of a context's. Its state is under the driver's lock. */
final class GuestFence {
    private final @Nullable LoopbackContext context;
    private final int ring;
    private final Runnable whenSignalled;
    private long id;

    /**
     * A fence that has no number yet.
     *
     * @param context whose timeline {@code ring} it is on, null for the global one
     */
    GuestFence(@Nullable LoopbackContext context, int ring, Runnable whenSignalled) {
        this.context = context;
        this.ring = ring;
        this.whenSignalled = whenSignalled;
    }

    long id() {
        return id;
    }

    void id(long value) {
        id = value;
    }

    boolean isGlobal() {
        return context == null;
    }

    int ring() {
        return ring;
    }

    boolean isOnTimelineOf(GuestFence other) {
        return context == other.context && (context == null || ring == other.ring);
    }

    void signal() {
        whenSignalled.run();
    }
}
