package dev.wayferry.proxy.queue;

/**
 * How the driver set a queue up.
 *
 * @param size entries, a power of two
 * @param descriptors guest address of the descriptor table
 * @param available guest address of the available ring
 * @param used guest address of the used ring
 * @param eventIdx VIRTIO_F_EVENT_IDX was negotiated
 * @param indirect VIRTIO_F_INDIRECT_DESC was negotiated
 */
public record QueueLayout(int size, long descriptors, long available, long used, boolean eventIdx, boolean indirect) {}
