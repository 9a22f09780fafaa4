package dev.wayferry.proxy.gpu;

import org.jspecify.annotations.Nullable;

/** A context of the device: what CTX_CREATE made, of one capset. Belongs to the loop. */
public interface GpuContext {
    /** Makes contexts of one capset. */
    interface Factory {
        int capsetId();

        /** The newest version of the capset, and the largest number a guest may ask for. */
        int capsetVersion();

        /** The capset's data, as GET_CAPSET answers it. */
        byte[] capset();

        /**
         * A new context.
         *
         * @param ctxId its number
         * @param debugName what the guest calls it, made printable
         */
        GpuContext create(int ctxId, String debugName, GpuContextHost host);

        /** Forgets what contexts have left for each other: they are all closed, and their VM begins anew or has ended. */
        void reset();
    }

    /** Executes a command buffer (SUBMIT_3D) and answers the request, now or later. */
    void submit(GpuRequest request);

    /**
     * Hands over what the guest names {@code blobId}, for a blob of {@code size} bytes; null, having logged why, if it
     * names nothing or does not fit.
     */
    @Nullable BlobSource claimBlob(long blobId, long size);

    /** The resource may be used in this context from now on. */
    void attach(GpuResource resource);

    /** The resource must not be used in this context any more. */
    void detach(GpuResource resource);

    /** Something that this context waited for is ready: it gives out what it can. */
    void giveOut();

    /**
     * Ends the context.
     *
     * @param answer whether requests it still holds are answered; if not their queue is gone
     */
    void close(boolean answer);
}
