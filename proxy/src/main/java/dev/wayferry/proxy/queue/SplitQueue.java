package dev.wayferry.proxy.queue;

import static dev.wayferry.wire.virtqueue.SplitRing.AVAIL_F_NO_INTERRUPT;
import static dev.wayferry.wire.virtqueue.SplitRing.AVAIL_IDX_OFFSET;
import static dev.wayferry.wire.virtqueue.SplitRing.AVAIL_RING_OFFSET;
import static dev.wayferry.wire.virtqueue.SplitRing.DESC_ADDR_OFFSET;
import static dev.wayferry.wire.virtqueue.SplitRing.DESC_F_INDIRECT;
import static dev.wayferry.wire.virtqueue.SplitRing.DESC_F_NEXT;
import static dev.wayferry.wire.virtqueue.SplitRing.DESC_F_WRITE;
import static dev.wayferry.wire.virtqueue.SplitRing.DESC_LEN_OFFSET;
import static dev.wayferry.wire.virtqueue.SplitRing.DESC_SIZE;
import static dev.wayferry.wire.virtqueue.SplitRing.USED_ENTRY_SIZE;
import static dev.wayferry.wire.virtqueue.SplitRing.USED_F_NO_NOTIFY;
import static dev.wayferry.wire.virtqueue.SplitRing.USED_FLAGS_OFFSET;
import static dev.wayferry.wire.virtqueue.SplitRing.USED_IDX_OFFSET;
import static dev.wayferry.wire.virtqueue.SplitRing.USED_RING_OFFSET;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import dev.wayferry.posix.Posix;
import dev.wayferry.proxy.log.GuestLog;
import dev.wayferry.proxy.memory.GuestMemory;
import dev.wayferry.proxy.memory.GuestRegion;
import dev.wayferry.wire.virtqueue.SplitRing;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The device's side of one split virtqueue. Belongs to the loop.
 *
 * <p>Memory order (virtio specification, "Split Virtqueues"): the avail index is loaded, then an acquire fence, then what
 * it announces; response bytes and used entries are stored, then a release fence, then the used index as a plain store. A
 * 16-bit {@code setRelease} would say the same, but if the guest's memory is truncated under us an interpreted one kills
 * the whole JVM instead of throwing an InternalError.
 *
 * <p>Used entries become visible to the driver only in {@link #flush}, so that one publication and at most one interrupt
 * serve a whole turn of the loop.
 */
public final class SplitQueue {
    private static final Logger LOG = LoggerFactory.getLogger(SplitQueue.class);

    /** Buffers beyond the usual few that all chains in flight may have together; a driver needs a handful a request. */
    private static final int EXTRA_BUFFERS = 1 << 18;

    /** Wrong requests that one {@link #take} gives back, so that a driver which offers nothing else can't hold it. */
    private static final int MAX_WRONG = 64;

    private static final int NO_DESCRIPTOR = -1;

    private final String name;
    private final GuestLog log;
    private final int size;
    private final boolean eventIdx;
    private final boolean indirect;
    private final @Nullable DescriptorChain[] chains;
    private final MemorySegment one = Arena.ofAuto().allocateFrom(JAVA_LONG, 1L);

    private final long descAddress;
    private final long availAddress;
    private final long usedAddress;

    private GuestMemory memory;
    private MemorySegment desc = MemorySegment.NULL;
    private MemorySegment avail = MemorySegment.NULL;
    private MemorySegment used = MemorySegment.NULL;

    private int callFd;
    private int nextAvail;
    /** The driver's avail index when it was last looked at: each look takes the line from the CPU that writes to it. */
    private int seenAvail;
    private int nextUsed;
    private int publishedUsed;
    private boolean signalAnyway = true;
    private int extraBuffers;
    private int inFlight;
    private @Nullable InflightBuffer inflightBuffer;

    /**
     * A queue as the driver has set it up.
     *
     * @param name for logs, with the VM's name
     * @param log for what the driver causes
     * @param layout size, features and the guest addresses of the three parts
     * @param callFd the eventfd that interrupts the driver, -1 for none; stays the caller's
     * @param nextAvail the avail index of the next request
     * @throws QueueException when a part does not lie in guest memory
     */
    public SplitQueue(
            String name, GuestLog log, QueueLayout layout, GuestMemory memory, int callFd, int nextAvail)
            throws QueueException {
        this.name = name;
        this.log = log;
        this.size = layout.size();
        this.eventIdx = layout.eventIdx();
        this.indirect = layout.indirect();
        this.descAddress = layout.descriptors();
        this.availAddress = layout.available();
        this.usedAddress = layout.used();
        this.chains = new DescriptorChain[size];
        this.callFd = callFd;
        this.nextAvail = nextAvail & 0xffff;
        this.memory = memory;
        useMemory(memory);
        this.nextUsed = used.get(JAVA_SHORT, USED_IDX_OFFSET) & 0xffff;
        this.publishedUsed = nextUsed;
    }

    /** Writes down in this buffer what is in flight, now and from now on; null for nowhere. */
    public void inflightBuffer(@Nullable InflightBuffer buffer) {
        inflightBuffer = buffer;
        if (buffer != null) {
            buffer.clear(publishedUsed);
            for (DescriptorChain chain : chains) {
                if (chain != null && chain.isInFlight()) {
                    buffer.take(chain.head());
                }
            }
        }
    }

    /**
     * Takes up what a back-end before this one had in flight, as the inflight buffer tells: goes on behind it, whatever
     * base the front-end has named.
     *
     * @return its requests, each to be given back
     */
    public List<DescriptorChain> recover(InflightBuffer buffer) {
        inflightBuffer = buffer;
        List<DescriptorChain> recovered = new ArrayList<>();
        for (int head : buffer.recover(publishedUsed)) {
            DescriptorChain chain = new DescriptorChain(this, head);
            chains[head] = chain;
            chain.begin();
            inFlight++;
            String wrong = follow(chain);
            if (wrong == null) {
                recovered.add(chain);
            } else {
                log.warn(LOG, "{}: head {}: {}", name, head, wrong);
                giveBack(chain, 0);
            }
        }
        nextAvail = (publishedUsed + inFlight + ((nextUsed - publishedUsed) & 0xffff)) & 0xffff;
        seenAvail = nextAvail;
        return recovered;
    }

    /** Goes on with another map of the guest's memory. */
    public void useMemory(GuestMemory newMemory) throws QueueException {
        desc = part(newMemory, "descriptor table", descAddress, SplitRing.descriptorTableSize(size), SplitRing.DESC_ALIGN);
        avail = part(newMemory, "available ring", availAddress, SplitRing.availSize(size), SplitRing.AVAIL_ALIGN);
        used = part(newMemory, "used ring", usedAddress, SplitRing.usedSize(size), SplitRing.USED_ALIGN);
        memory = newMemory;
        // It may be that of another time, in which fewer were offered.
        seenAvail = nextAvail;
    }

    private MemorySegment part(GuestMemory map, String what, long address, long length, int alignment)
            throws QueueException {
        MemorySegment segment = map.slice(address, length);
        if (segment == null) {
            throw new QueueException(
                    String.format("%s: %s at 0x%x len %d lies outside guest memory %s", name, what, address, length, map));
        }
        if (address % alignment != 0 || segment.address() % alignment != 0) {
            throw new QueueException(String.format("%s: %s at 0x%x is not aligned to %d", name, what, address, alignment));
        }
        return segment;
    }

    public GuestMemory memory() {
        return memory;
    }

    public int size() {
        return size;
    }

    /** The avail index of the next request, what GET_VRING_BASE answers. */
    public int nextAvail() {
        return nextAvail;
    }

    /** The used index as the driver sees it. */
    public int usedIdx() {
        return publishedUsed;
    }

    /** How many requests were taken and not given back. */
    public int inFlight() {
        return inFlight;
    }

    /** Interrupts the driver by another eventfd from now on; -1 for none. */
    public void callFd(int fd) {
        callFd = fd;
        // What the one before was told may not have reached the driver: it is told once more, at the next flush.
        signalAnyway = true;
    }

    /**
     * Takes the next request, or returns null when there is none. A request whose descriptors are wrong is logged and given
     * back empty, and the next one is taken; after many of them null is returned though there may be more.
     *
     * @throws QueueException when the ring itself is broken
     */
    public @Nullable DescriptorChain take() throws QueueException {
        for (int wrongOnes = 0; wrongOnes < MAX_WRONG; wrongOnes++) {
            if (nextAvail == seenAvail && !seeMore()) {
                return null;
            }
            int head = avail.get(JAVA_SHORT, AVAIL_RING_OFFSET + 2L * (nextAvail & (size - 1))) & 0xffff;
            if (head >= size) {
                throw new QueueException(String.format("%s: head %d of %d", name, head, size));
            }
            DescriptorChain chain = chains[head];
            if (chain == null) {
                chain = new DescriptorChain(this, head);
                chains[head] = chain;
            }
            if (chain.isInFlight()) {
                throw new QueueException(String.format("%s: head %d was offered while it is in flight", name, head));
            }
            nextAvail = (nextAvail + 1) & 0xffff;
            chain.begin();
            inFlight++;
            if (inflightBuffer != null) {
                inflightBuffer.take(head);
            }
            String wrong = follow(chain);
            if (wrong == null) {
                return chain;
            }
            log.warn(LOG, "{}: head {}: {}", name, head, wrong);
            giveBack(chain, 0);
        }
        return null;
    }

    /** Looks at the driver's index; whether it has offered more. */
    private boolean seeMore() throws QueueException {
        int idx = avail.get(JAVA_SHORT, AVAIL_IDX_OFFSET) & 0xffff;
        int waiting = (idx - nextAvail) & 0xffff;
        if (waiting > size) {
            throw new QueueException(String.format(
                    "%s: avail.idx %d is %d ahead of %d, the queue has %d entries", name, idx, waiting, nextAvail, size));
        }
        VarHandle.acquireFence();
        seenAvail = idx;
        return waiting > 0;
    }

    /** Fills {@code chain}; null, or what is wrong with it. */
    private @Nullable String follow(DescriptorChain chain) {
        MemorySegment table = desc;
        long tableAt = 0;
        int tableSize = size;
        int index = chain.head();
        boolean inIndirect = false;
        boolean writableSeen = false;
        for (int followed = 0; index != NO_DESCRIPTOR; followed++) {
            if (followed == tableSize) {
                return "its descriptors form a loop";
            }
            // Each descriptor is read once, as two words, so that the guest can't change it between check and use.
            long at = tableAt + (long) index * DESC_SIZE;
            long address = table.get(JAVA_LONG, at + DESC_ADDR_OFFSET);
            long rest = table.get(JAVA_LONG, at + DESC_LEN_OFFSET);
            long length = rest & 0xffff_ffffL;
            int flags = (int) (rest >>> 32) & 0xffff;
            int next = (int) (rest >>> 48);
            if ((flags & DESC_F_INDIRECT) != 0) {
                if (!indirect || inIndirect || (flags & DESC_F_NEXT) != 0) {
                    return "descriptor " + index + ": INDIRECT is not allowed here, flags " + flags;
                }
                if (length == 0 || length % DESC_SIZE != 0 || length / DESC_SIZE > SplitRing.MAX_QUEUE_SIZE) {
                    return "descriptor " + index + ": an indirect table of " + length + " bytes";
                }
                long there = memory.nativeAddress(address, length);
                GuestRegion region = memory.regionAt(address);
                if (there == 0 || there % Long.BYTES != 0 || region == null) {
                    return outside("the indirect table", address, length);
                }
                // No slice, which is a new object for each chain: what lies beyond the table is not looked at.
                table = region.memory();
                tableAt = address - region.start();
                tableSize = (int) (length / DESC_SIZE);
                index = 0;
                followed = -1;
                inIndirect = true;
                continue;
            }
            boolean writable = (flags & DESC_F_WRITE) != 0;
            if (writableSeen && !writable) {
                return "descriptor " + index + ": readable after writable";
            }
            writableSeen |= writable;
            String wrong = add(chain, index, address, length, writable);
            if (wrong != null) {
                return wrong;
            }
            if ((flags & DESC_F_NEXT) == 0) {
                index = NO_DESCRIPTOR;
            } else if (next >= tableSize) {
                return "descriptor " + index + ": next " + next + " of " + tableSize;
            } else {
                index = next;
            }
        }
        return null;
    }

    /** Adds a buffer, cut where two regions meet. */
    private @Nullable String add(DescriptorChain chain, int index, long address, long length, boolean writable) {
        long at = address;
        long left = length;
        while (left > 0) {
            GuestRegion region = memory.regionAt(at);
            if (region == null) {
                return outside("descriptor " + index, address, length);
            }
            if (!chain.hasRoom()) {
                int before = chain.extraBuffers();
                chain.grow();
                extraBuffers += chain.extraBuffers() - before;
                if (extraBuffers > EXTRA_BUFFERS) {
                    return "the requests in flight have more than " + EXTRA_BUFFERS + " buffers";
                }
            }
            long part = Math.min(left, region.end() - at);
            if (writable) {
                chain.addWritable(at, part);
            } else {
                chain.addReadable(at, part);
            }
            at += part;
            left -= part;
        }
        return null;
    }

    private String outside(String what, long address, long length) {
        return String.format("%s addr 0x%x len %d lies outside guest memory %s", what, address, length, memory);
    }

    /** Puts a chain into the used ring; the driver sees it after the next {@link #flush}. */
    void giveBack(DescriptorChain chain, int written) {
        extraBuffers -= chain.end();
        inFlight--;
        long entry = USED_RING_OFFSET + (long) USED_ENTRY_SIZE * (nextUsed & (size - 1));
        used.set(JAVA_INT, entry + SplitRing.USED_ENTRY_ID_OFFSET, chain.head());
        used.set(JAVA_INT, entry + SplitRing.USED_ENTRY_LEN_OFFSET, written);
        nextUsed = (nextUsed + 1) & 0xffff;
        if (inflightBuffer != null) {
            inflightBuffer.giveBack(chain.head());
        }
    }

    /**
     * Publishes what was given back and interrupts the driver if it wants that: release fence, plain store of the index,
     * full fence, then the driver's wish is read (virtio specification, "Used Buffer Notification Suppression").
     *
     * @return whether it was interrupted
     */
    public boolean flush() {
        if (nextUsed == publishedUsed) {
            return signalAnyway && signal();
        }
        int old = publishedUsed;
        VarHandle.releaseFence();
        used.set(JAVA_SHORT, USED_IDX_OFFSET, (short) nextUsed);
        publishedUsed = nextUsed;
        if (inflightBuffer != null) {
            inflightBuffer.published(nextUsed);
        }
        VarHandle.fullFence();
        boolean wanted;
        if (eventIdx) {
            int usedEvent = avail.get(JAVA_SHORT, SplitRing.usedEventOffset(size)) & 0xffff;
            wanted = SplitRing.needEvent(usedEvent, nextUsed, old);
        } else {
            wanted = (avail.get(JAVA_SHORT, SplitRing.AVAIL_FLAGS_OFFSET) & AVAIL_F_NO_INTERRUPT) == 0;
        }
        return (wanted || signalAnyway) && signal();
    }

    private boolean signal() {
        signalAnyway = false;
        if (callFd < 0) {
            return false;
        }
        // EAGAIN means that the counter is full, so the driver has been told already.
        long unused = Posix.write(callFd, one);
        return true;
    }

    /** Asks the driver not to kick while we are looking anyway. */
    public void disableNotification() {
        if (!eventIdx) {
            used.set(JAVA_SHORT, USED_FLAGS_OFFSET, (short) USED_F_NO_NOTIFY);
        }
    }

    /**
     * Asks for a kick with the next request.
     *
     * @return whether requests came meanwhile, for which no kick will come (virtio specification, "Available Buffer
     *     Notification Suppression"): the caller looks again
     */
    public boolean enableNotification() {
        if (eventIdx) {
            used.set(JAVA_SHORT, SplitRing.availEventOffset(size), (short) nextAvail);
        } else {
            used.set(JAVA_SHORT, USED_FLAGS_OFFSET, (short) 0);
        }
        VarHandle.fullFence();
        return hasRequests();
    }

    /** Whether the driver offers requests that were not taken. */
    public boolean hasRequests() {
        return (avail.get(JAVA_SHORT, AVAIL_IDX_OFFSET) & 0xffff) != nextAvail;
    }

    @Override
    public String toString() {
        return name;
    }
}
