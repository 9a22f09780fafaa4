package dev.wayferry.proxy.gpu;

import dev.wayferry.proxy.memory.GuestMemory;
import org.jspecify.annotations.Nullable;

/** What the device offers a context. */
public interface GpuContextHost {
    GuestMemory memory();

    /** Has {@link GpuContext#giveOut} called on the given context, later in this turn, or when the guest runs again. */
    void ready(GpuContext context);

    /** Whether another request was taken in together with the one at hand, so that more is to be done in this turn. */
    boolean moreComes();

    /**
     * Has a file made of a guest blob that has none, for the compositor to share; the resource is being made until it is
     * settled.
     *
     * @return null, or why there can't be one
     */
    @Nullable String share(GpuResource guestBlob);

    /**
     * Whether the file of a guest blob is a copy, which whoever sends it has to bring up to date; otherwise it is the guest's
     * own pages.
     */
    boolean copiesGuestBlobs();

    /** Lets go of a request without an answer, where its queue is gone. */
    void drop(GpuRequest request);
}
