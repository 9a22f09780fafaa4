package dev.wayferry.proxy.queue;

import dev.wayferry.bridge.ByteSource;
import dev.wayferry.posix.Iovecs;
import dev.wayferry.proxy.memory.GuestMemory;
import dev.wayferry.proxy.memory.GuestRegion;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * The buffers of one request: a readable stream of bytes, then a writable one. How the driver cut them into descriptors
 * carries no meaning.
 *
 * <p>Addresses and lengths were read from the guest once and checked against its memory; they are kept as guest
 * addresses, so that a chain outlives a change of the memory map. Belongs to the loop, from {@link SplitQueue#take} until
 * it is given back.
 */
public final class DescriptorChain implements ByteSource {
    private static final int USUAL_BUFFERS = 8;

    private final SplitQueue queue;
    private final int head;
    private long[] addresses = new long[USUAL_BUFFERS];
    private int[] lengths = new int[USUAL_BUFFERS];
    private int count;
    private int readableCount;
    private long readableLength;
    private long writableLength;
    private boolean inFlight;

    DescriptorChain(SplitQueue queue, int head) {
        this.queue = queue;
        this.head = head;
    }

    /** The number of its first descriptor, by which the driver knows it. */
    public int head() {
        return head;
    }

    public SplitQueue queue() {
        return queue;
    }

    /** Bytes that the device may read. */
    public long readableLength() {
        return readableLength;
    }

    /** Bytes that the device may write. */
    public long writableLength() {
        return writableLength;
    }

    /**
     * Copies request bytes, once, into private memory.
     *
     * @return how many were copied: {@code length}, or fewer where the request ends; -1 when guest memory is gone
     */
    @Override
    public int read(long offset, MemorySegment target, long targetOffset, int length) {
        int copied = 0;
        long skip = offset;
        GuestMemory memory = queue.memory();
        for (int i = 0; i < readableCount && copied < length; i++) {
            long buffer = lengths[i] & 0xffff_ffffL;
            if (skip >= buffer) {
                skip -= buffer;
                continue;
            }
            int part = (int) Math.min(length - copied, buffer - skip);
            long address = addresses[i] + skip;
            GuestRegion region = memory.regionAt(address);
            if (region == null || part > region.end() - address) {
                return -1;
            }
            MemorySegment.copy(region.memory(), address - region.start(), target, targetOffset + copied, part);
            copied += part;
            skip = 0;
        }
        return copied;
    }

    /** Whether all that the device may read is in guest memory: a VMM may take a region away and bring it back. */
    public boolean isThere() {
        GuestMemory memory = queue.memory();
        for (int i = 0; i < readableCount; i++) {
            if (memory.nativeAddress(addresses[i], lengths[i] & 0xffff_ffffL) == 0) {
                return false;
            }
        }
        return true;
    }

    /**
     * Copies response bytes to the start of the writable part.
     *
     * @return how many were written: {@code length}, or fewer where the room ends or guest memory is gone
     */
    public int write(MemorySegment source, int length) {
        int copied = 0;
        GuestMemory memory = queue.memory();
        for (int i = readableCount; i < count && copied < length; i++) {
            int part = (int) Math.min(length - copied, lengths[i] & 0xffff_ffffL);
            GuestRegion region = memory.regionAt(addresses[i]);
            if (region == null || part > region.end() - addresses[i]) {
                return copied;
            }
            MemorySegment.copy(source, copied, region.memory(), addresses[i] - region.start(), part);
            copied += part;
        }
        return copied;
    }

    /**
     * Adds where the request bytes [offset, offset + length) lie to {@code iovecs}, for the kernel to read in place.
     *
     * @return false when they are not all there, or in too many pieces
     */
    public boolean addTo(Iovecs iovecs, long offset, long length) {
        long skip = offset;
        long left = length;
        GuestMemory memory = queue.memory();
        for (int i = 0; i < readableCount && left > 0; i++) {
            long buffer = lengths[i] & 0xffff_ffffL;
            if (skip >= buffer) {
                skip -= buffer;
                continue;
            }
            long part = Math.min(left, buffer - skip);
            long address = memory.nativeAddress(addresses[i] + skip, part);
            if (address == 0 || !iovecs.add(address, part)) {
                return false;
            }
            left -= part;
            skip = 0;
        }
        return left == 0;
    }

    /** Gives the chain back to the driver, {@code written} bytes of response in it; it must not be used any more. */
    public void giveBack(int written) {
        queue.giveBack(this, written);
    }

    boolean isInFlight() {
        return inFlight;
    }

    void begin() {
        inFlight = true;
        count = 0;
        readableCount = 0;
        readableLength = 0;
        writableLength = 0;
    }

    /** Forgets its buffers; returns how many beyond the usual number it had room for. */
    int end() {
        inFlight = false;
        count = 0;
        int extra = extraBuffers();
        if (extra > 0) {
            addresses = new long[USUAL_BUFFERS];
            lengths = new int[USUAL_BUFFERS];
        }
        return extra;
    }

    /** Whether one more buffer fits without growing. */
    boolean hasRoom() {
        return count < addresses.length;
    }

    int extraBuffers() {
        return addresses.length - USUAL_BUFFERS;
    }

    void grow() {
        addresses = Arrays.copyOf(addresses, addresses.length * 2);
        lengths = Arrays.copyOf(lengths, lengths.length * 2);
    }

    void addReadable(long address, long length) {
        add(address, length);
        readableCount = count;
        readableLength += length;
    }

    void addWritable(long address, long length) {
        add(address, length);
        writableLength += length;
    }

    private void add(long address, long length) {
        addresses[count] = address;
        lengths[count] = (int) length;
        count++;
    }
}
