package dev.wayferry.proxy.gpu;

import org.jspecify.annotations.Nullable;

/**
 * A context of no capset, in which nothing can be done but to hold resources. Linux makes one for its text console, whose
 * buffers it attaches there, before it draws by 2D commands.
 */
final class PlainContext implements GpuContext {
    /** What CTX_CREATE says for it. */
    static final int CAPSET = 0;

    private final Refusal refusal;

    /** Answers an error and logs why. */
    interface Refusal {
        void refuse(GpuRequest request, String why);
    }

    PlainContext(Refusal refusal) {
        this.refusal = refusal;
    }

    @Override
    public void submit(GpuRequest request) {
        refusal.refuse(request, "the context has no capset");
    }

    @Override
    public @Nullable BlobSource claimBlob(long blobId, long size) {
        return null;
    }

    @Override
    public void attach(GpuResource resource) {}

    @Override
    public void detach(GpuResource resource) {}

    @Override
    public void giveOut() {}

    @Override
    public void close(boolean answer) {}
}
