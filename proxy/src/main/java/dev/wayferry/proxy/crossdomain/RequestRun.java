package dev.wayferry.proxy.crossdomain;

import dev.wayferry.posix.Iovecs;
import dev.wayferry.proxy.gpu.GpuRequest;
import org.jspecify.annotations.Nullable;

/**
 * Requests whose bytes follow each other in one stream, and what of each has still to go. The bytes stay where the guest has
 * them, so that one call of the kernel takes those of many requests; nothing is allocated for a request.
 */
final class RequestRun {
    private final @Nullable GpuRequest[] requests;
    private final long[] offsets;
    private final int[] lengths;
    private int first;
    private int size;

    /** Room for {@code capacity} requests, a power of two. */
    RequestRun(int capacity) {
        requests = new GpuRequest[capacity];
        offsets = new long[capacity];
        lengths = new int[capacity];
    }

    int size() {
        return size;
    }

    boolean isEmpty() {
        return size == 0;
    }

    boolean isFull() {
        return size == requests.length;
    }

    /** Appends {@code length} bytes of a request from {@code offset} on; the caller has seen to it that there is room. */
    void add(GpuRequest request, long offset, int length) {
        int index = index(size);
        requests[index] = request;
        offsets[index] = offset;
        lengths[index] = length;
        size++;
    }

    GpuRequest first() {
        GpuRequest request = requests[first];
        if (request == null) {
            throw new IllegalStateException("there is none");
        }
        return request;
    }

    /** Where in the first request the bytes begin that have still to go. */
    long firstOffset() {
        return offsets[first];
    }

    /** How many bytes of the first request have still to go. */
    int firstLength() {
        return lengths[first];
    }

    /** So many bytes of the first request have gone. */
    void advance(int count) {
        offsets[first] += count;
        lengths[first] -= count;
    }

    GpuRequest removeFirst() {
        GpuRequest request = first();
        requests[first] = null;
        first = index(1);
        size--;
        return request;
    }

    /**
     * Adds where the bytes of the first requests lie, of as many as there is room for, until these are {@code enough} bytes.
     *
     * @return how many requests those are; 0 when already the first one lies in too many pieces, or nowhere
     */
    int gather(Iovecs iovecs, long enough) {
        int count = 0;
        for (long bytes = 0; count < size && bytes < enough; count++) {
            int before = iovecs.count();
            int index = index(count);
            GpuRequest request = requests[index];
            if (request == null || !request.chain().addTo(iovecs, offsets[index], lengths[index])) {
                iovecs.truncate(before);
                return count;
            }
            bytes += lengths[index];
        }
        return count;
    }

    private int index(int place) {
        return (first + place) & (requests.length - 1);
    }
}
