package dev.wayferry.proxy.gpu;

import dev.wayferry.proxy.memory.GuestMemory;

/** What the device offers a context. */
public interface GpuContextHost {
    GuestMemory memory();

    /** Has {@link GpuContext#giveOut} called on the given context, later in this turn, or when the guest runs again. */
    void ready(GpuContext context);

    /** Lets go of a request without an answer, where its queue is gone. */
    void drop(GpuRequest request);
}
