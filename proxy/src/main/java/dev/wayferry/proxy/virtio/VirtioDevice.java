package dev.wayferry.proxy.virtio;

import dev.wayferry.proxy.memory.GuestMemory;
import dev.wayferry.proxy.queue.QueueException;
import dev.wayferry.proxy.queue.QueueLayout;

/**
 * A virtio device as its transport drives it. Every method but the constants' runs on the session's loop.
 */
public interface VirtioDevice {
    /** Feature bits of the device, its rings' included, the transport's not. */
    long features();

    int queueCount();

    /** Bytes of the shared memory region {@code shmid}, 0 where there is none. */
    long sharedMemorySize(int shmid);

    /** The byte at {@code offset} of the configuration space; 0 beyond its end. */
    byte readConfig(int offset);

    /** Writes one byte of the configuration space; ignored where it is read-only. */
    void writeConfig(int offset, byte value);

    /** Goes on with another map of the guest's memory; the rings that no longer lie in it are stopped. */
    void useMemory(GuestMemory memory);

    /**
     * Starts a queue, or resumes it: requests that were in flight when it was stopped are still in flight.
     *
     * @param callFd the eventfd that interrupts the driver, -1 for none; stays the caller's
     * @param nextAvail the avail index of the next request
     */
    void startQueue(int index, QueueLayout layout, int callFd, int nextAvail) throws QueueException;

    /** Stops a queue: nothing of it is read or written until it starts again. Returns its next avail index. */
    int stopQueue(int index);

    boolean isQueueRunning(int index);

    /** The driver has put requests into the queue. */
    void kick(int index);

    /** Interrupts the driver by another eventfd from now on. */
    void callFd(int index, int callFd);

    /** The driver starts anew: contexts, resources and requests in flight are gone. */
    void reset();
}
