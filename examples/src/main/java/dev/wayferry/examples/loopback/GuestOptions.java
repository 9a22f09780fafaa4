package dev.wayferry.examples.loopback;

/** How the guest of a {@link LoopbackGpu} behaves. Without changes it is Linux on QEMU with {@code vq_size=1024}. */
public final class GuestOptions {
    private int queueSize = 1024;
    private boolean indirect = true;
    private boolean eventIdx = true;
    private boolean scattered;

    /** Entries of each queue, a power of two. */
    public GuestOptions queueSize(int entries) {
        queueSize = entries;
        return this;
    }

    int queueSize() {
        return queueSize;
    }

    /** Whether INDIRECT descriptors are used where the device offers them. */
    public GuestOptions indirect(boolean use) {
        indirect = use;
        return this;
    }

    boolean indirect() {
        return indirect;
    }

    /** Whether EVENT_IDX is used where the device offers it. */
    public GuestOptions eventIdx(boolean use) {
        eventIdx = use;
        return this;
    }

    boolean eventIdx() {
        return eventIdx;
    }

    /** Whether guest blobs and long commands lie in scattered pages, one entry or descriptor each. */
    public GuestOptions scattered(boolean use) {
        scattered = use;
        return this;
    }

    boolean scattered() {
        return scattered;
    }
}
