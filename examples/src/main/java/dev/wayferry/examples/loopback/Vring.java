package dev.wayferry.examples.loopback;

import dev.wayferry.wire.virtqueue.DriverQueue;

/** Where a queue lies in guest RAM, as offsets of the file. */
public record Vring(int queueSize, long descriptorTable, long availRing, long usedRing) {
    /** Where {@code queue} lies. */
    public static Vring of(DriverQueue queue) {
        return new Vring(queue.queueSize(), queue.descriptorTable(), queue.availRing(), queue.usedRing());
    }
}
