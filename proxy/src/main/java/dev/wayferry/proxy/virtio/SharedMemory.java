package dev.wayferry.proxy.virtio;

/**
 * What the transport offers a device that has shared memory regions: the VMM maps files into them. Both calls block until
 * the VMM is really done, so they never run on the loop.
 */
public interface SharedMemory {
    /** Whether the VMM can map at all; the reason is its own log line. */
    boolean isAvailable();

    /**
     * Maps {@code length} bytes of {@code fd}, from its start, for reading and writing.
     *
     * @param offset bytes into the region {@code shmid}
     * @return 0 once the guest can use the range, or a negative error number
     */
    int map(int shmid, long offset, long length, int fd);

    /** Removes exactly what an earlier {@link #map} made; 0 once nobody can touch the file through it any more. */
    int unmap(int shmid, long offset, long length);

    /** Whether what is mapped stays so when the guest's driver starts anew, and is then to be unmapped. */
    boolean keepsMappingsOverReset();

    /** Waits while the VMM is not to be asked anything, as all queues are stopped. */
    void awaitResume();

    /** All that was mapped is gone, by the VMM's doing. */
    void dropped();
}
