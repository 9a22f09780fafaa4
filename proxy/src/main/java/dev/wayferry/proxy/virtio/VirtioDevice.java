package dev.wayferry.proxy.virtio;

import dev.wayferry.posix.OwnedFd;
import dev.wayferry.proxy.memory.GuestMemory;
import dev.wayferry.proxy.queue.InflightBuffer;
import dev.wayferry.proxy.queue.QueueException;
import dev.wayferry.proxy.queue.QueueLayout;
import java.io.IOException;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A virtio device as its transport drives it. Every method but the constants' runs on the session's loop.
 */
public interface VirtioDevice {
    /** Feature bits of the device, its rings' included, the transport's not. */
    long features();

    int queueCount();

    /** The driver and the VMM have agreed on these of the {@link #features}. */
    void negotiated(long features);

    /** Bytes of the shared memory region {@code shmid}, 0 where there is none. */
    long sharedMemorySize(int shmid);

    /** The byte at {@code offset} of the configuration space; 0 beyond its end. */
    byte readConfig(int offset);

    /** Writes one byte of the configuration space; ignored where it is read-only. */
    void writeConfig(int offset, byte value);

    /** Goes on with another map of the guest's memory; a queue that does not lie in it waits until it does again. */
    void useMemory(GuestMemory memory);

    /**
     * Starts a queue, or resumes it: requests that were in flight when it was stopped are still in flight.
     *
     * @param callFd the eventfd that interrupts the driver, -1 for none; stays the caller's
     * @param nextAvail the avail index of the next request
     * @param inflight where requests in flight are written down, and may have been by another back-end; null for nowhere
     */
    void startQueue(int index, QueueLayout layout, int callFd, int nextAvail, @Nullable InflightBuffer inflight)
            throws QueueException;

    /** Stops a queue: nothing of it is read or written until it starts again. Returns its next avail index. */
    int stopQueue(int index);

    /** The driver has put requests into the queue. */
    void kick(int index);

    /** Interrupts the driver by another eventfd from now on, -1 for none; it stays the caller's. */
    void callFd(int index, int callFd);

    /** Tells the VMM by this eventfd that the queue is broken, -1 for none; it stays the caller's. */
    void errFd(int index, int errFd);

    /** The file of an object that the VMM was told of by {@link VmmNotices}, the caller's; null if it is gone. */
    @Nullable OwnedFd sharedObject(UUID uuid);

    /**
     * The VMM has reset the device: contexts, resources, requests in flight and all mappings are gone.
     *
     * @throws IOException when the device still waits for answers of the VMM's to too much of what was before; it is of no
     *     further use
     */
    void reset() throws IOException;
}
