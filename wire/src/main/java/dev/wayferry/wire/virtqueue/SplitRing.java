package dev.wayferry.wire.virtqueue;

/**
 * Where everything lies in a split virtqueue. Offsets are in bytes from the start of the part; {@code queueSize} is the
 * number of entries, a power of two up to {@value #MAX_QUEUE_SIZE}.
 *
 * <p>Source: virtio specification, "Split Virtqueues".
 */
public final class SplitRing {
    public static final int MAX_QUEUE_SIZE = 32768;

    // struct virtq_desc
    public static final int DESC_SIZE = 16;
    public static final int DESC_ADDR_OFFSET = 0;
    public static final int DESC_LEN_OFFSET = 8;
    public static final int DESC_FLAGS_OFFSET = 12;
    public static final int DESC_NEXT_OFFSET = 14;
    public static final int DESC_F_NEXT = 1;
    public static final int DESC_F_WRITE = 2;
    public static final int DESC_F_INDIRECT = 4;

    // struct virtq_avail
    public static final int AVAIL_FLAGS_OFFSET = 0;
    public static final int AVAIL_IDX_OFFSET = 2;
    public static final int AVAIL_RING_OFFSET = 4;
    public static final int AVAIL_ENTRY_SIZE = 2;
    public static final int AVAIL_F_NO_INTERRUPT = 1;

    // struct virtq_used
    public static final int USED_FLAGS_OFFSET = 0;
    public static final int USED_IDX_OFFSET = 2;
    public static final int USED_RING_OFFSET = 4;
    public static final int USED_ENTRY_SIZE = 8;
    public static final int USED_ENTRY_ID_OFFSET = 0;
    public static final int USED_ENTRY_LEN_OFFSET = 4;
    public static final int USED_F_NO_NOTIFY = 1;

    // Alignment of the three parts.
    public static final int DESC_ALIGN = 16;
    public static final int AVAIL_ALIGN = 2;
    public static final int USED_ALIGN = 4;

    // Feature bits (numbers).
    public static final int VIRTIO_F_INDIRECT_DESC = 28;
    public static final int VIRTIO_F_EVENT_IDX = 29;
    public static final int VIRTIO_F_VERSION_1 = 32;

    private SplitRing() {}

    public static long descriptorTableSize(int queueSize) {
        return (long) DESC_SIZE * queueSize;
    }

    /** Bytes of the available ring, {@code used_event} included. */
    public static long availSize(int queueSize) {
        return usedEventOffset(queueSize) + Short.BYTES;
    }

    /** Bytes of the used ring, {@code avail_event} included. */
    public static long usedSize(int queueSize) {
        return availEventOffset(queueSize) + Short.BYTES;
    }

    /** Where in the available ring the driver says which used entry it wants to be interrupted for. */
    public static long usedEventOffset(int queueSize) {
        return AVAIL_RING_OFFSET + (long) AVAIL_ENTRY_SIZE * queueSize;
    }

    /** Where in the used ring the device says which available entry it wants to be kicked for. */
    public static long availEventOffset(int queueSize) {
        return USED_RING_OFFSET + (long) USED_ENTRY_SIZE * queueSize;
    }

    /**
     * Whether the other side wants to hear of an index moved from {@code oldIdx} to {@code newIdx}, having asked for
     * {@code event}; all modulo 65536. Source: virtio specification, {@code vring_need_event}.
     */
    public static boolean needEvent(int event, int newIdx, int oldIdx) {
        return ((newIdx - event - 1) & 0xffff) < ((newIdx - oldIdx) & 0xffff);
    }
}
