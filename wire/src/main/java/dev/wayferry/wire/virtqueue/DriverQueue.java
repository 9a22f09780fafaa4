package dev.wayferry.wire.virtqueue;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * The driver's side of a split virtqueue that lies in guest memory: it makes chains available and takes back used ones.
 *
 * <p>A chain is made by {@link #beginChain} or {@link #beginIndirect}, {@link #addBuffer} for each of its buffers, the
 * device-readable ones first, and {@link #endChain}; the device sees all chains that were ended when {@link #publish} is
 * called. What the driver must know about a chain it keeps outside of guest memory, so the device cannot confuse it.
 *
 * <p>Not safe for use from several threads. Indices in guest memory are stored plainly behind a fence: an interpreted
 * 16-bit {@code setRelease} on a mapping whose file was truncated kills the JVM.
 *
 * <p>Source: virtio specification, "Split Virtqueues".
 */
public final class DriverQueue {
    /** What {@link #takeUsed} returns when nothing is used. */
    public static final int NONE = -1;

    private static final ValueLayout.OfShort LE_SHORT = ValueLayout.JAVA_SHORT.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt LE_INT = ValueLayout.JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LE_LONG = ValueLayout.JAVA_LONG.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final int INDEX_MASK = 0xffff;
    private static final int NOT_IN_FLIGHT = 0;

    private final MemorySegment memory;
    private final int queueSize;
    private final boolean eventIdx;
    private final long descriptorTable;
    private final long availRing;
    private final long usedRing;

    /** For each descriptor the next of its chain, or the next free one. */
    private final int[] next;
    /** For each head how many descriptors of the table its chain holds. */
    private final int[] chainLength;

    private int firstFree;
    private int freeCount;
    /** avail.idx as it will be at the next {@link #publish}. */
    private int availIdx;
    private int publishedAvailIdx;
    private int lastUsedIdx;
    private int usedLength;

    // The chain that is being made.
    private int head = NONE;
    private int buffers;
    private int bufferLimit;
    private long table;
    private long tableAddress;
    private int current;
    private boolean indirect;
    private boolean writableSeen;

    /**
     * A queue with everything empty; the memory of its three parts is cleared.
     *
     * @param memory the part of guest memory that holds the queue and indirect tables
     * @param at where in it the parts lie, one after the other, {@link #length} bytes; a multiple of 16
     * @param queueSize entries, a power of two
     * @param eventIdx whether VIRTIO_F_EVENT_IDX was negotiated
     */
    public DriverQueue(MemorySegment memory, long at, int queueSize, boolean eventIdx) {
        if (queueSize < 1 || queueSize > SplitRing.MAX_QUEUE_SIZE || Integer.bitCount(queueSize) != 1) {
            throw new IllegalArgumentException("queue size " + queueSize + " is not a power of two up to "
                    + SplitRing.MAX_QUEUE_SIZE);
        }
        if (at % SplitRing.DESC_ALIGN != 0) {
            throw new IllegalArgumentException("descriptor table at 0x" + Long.toHexString(at) + " is not aligned to "
                    + SplitRing.DESC_ALIGN);
        }
        this.memory = memory;
        this.queueSize = queueSize;
        this.eventIdx = eventIdx;
        this.descriptorTable = at;
        this.availRing = at + SplitRing.descriptorTableSize(queueSize);
        this.usedRing = availRing + align(SplitRing.availSize(queueSize), SplitRing.USED_ALIGN);
        this.next = new int[queueSize];
        this.chainLength = new int[queueSize];
        memory.asSlice(at, length(queueSize)).fill((byte) 0);
        for (int i = 0; i < queueSize; i++) {
            next[i] = i + 1;
        }
        freeCount = queueSize;
        VarHandle.releaseFence();
    }

    /** Bytes that a queue's three parts take, one after the other. */
    public static long length(int queueSize) {
        return SplitRing.descriptorTableSize(queueSize)
                + align(SplitRing.availSize(queueSize), SplitRing.USED_ALIGN)
                + SplitRing.usedSize(queueSize);
    }

    public int queueSize() {
        return queueSize;
    }

    /** Where in the memory the descriptor table lies. */
    public long descriptorTable() {
        return descriptorTable;
    }

    /** Where in the memory the available ring lies. */
    public long availRing() {
        return availRing;
    }

    /** Where in the memory the used ring lies. */
    public long usedRing() {
        return usedRing;
    }

    /** Descriptors of the table that no chain holds. */
    public int freeDescriptors() {
        return freeCount;
    }

    /** Begins a chain of descriptors in the table itself. */
    public void beginChain() {
        begin(false, descriptorTable, 0, freeCount);
    }

    /** {@link #beginIndirect(long, long, int)} where offsets in the memory are guest-physical addresses. */
    public void beginIndirect(long table, int entries) {
        beginIndirect(table, table, entries);
    }

    /**
     * Begins a chain whose descriptors lie in a table of their own and which takes one of the queue's.
     *
     * @param table where in the memory the table lies, a multiple of 16
     * @param address where that is for the device, guest-physical
     * @param entries how many descriptors it has room for
     */
    public void beginIndirect(long table, long address, int entries) {
        begin(true, table, address, Math.min(entries, queueSize));
    }

    private void begin(boolean indirect, long table, long address, int limit) {
        if (head != NONE) {
            throw new IllegalStateException("the last chain was not ended");
        }
        if (freeCount == 0) {
            throw new IllegalStateException("no descriptor of " + queueSize + " is free");
        }
        this.indirect = indirect;
        this.table = table;
        this.tableAddress = address;
        this.bufferLimit = limit;
        head = firstFree;
        current = firstFree;
        buffers = 0;
        writableSeen = false;
    }

    /**
     * Adds a buffer to the chain.
     *
     * @param address guest-physical
     * @param length bytes
     * @param writable whether the device writes it; such buffers come last
     */
    public void addBuffer(long address, int length, boolean writable) {
        if (head == NONE) {
            throw new IllegalStateException("no chain was begun");
        }
        if (buffers == bufferLimit) {
            throw new IllegalStateException("the chain has room for " + bufferLimit + " buffers");
        }
        if (writableSeen && !writable) {
            throw new IllegalStateException("a buffer for the device to read after one for it to write");
        }
        writableSeen = writable;
        if (buffers > 0) {
            int next = indirect ? buffers : this.next[current];
            linkCurrentTo(next);
            current = next;
        } else if (indirect) {
            current = 0;
        }
        long at = table + (long) SplitRing.DESC_SIZE * current;
        memory.set(LE_LONG, at + SplitRing.DESC_ADDR_OFFSET, address);
        memory.set(LE_INT, at + SplitRing.DESC_LEN_OFFSET, length);
        memory.set(LE_SHORT, at + SplitRing.DESC_FLAGS_OFFSET, (short) (writable ? SplitRing.DESC_F_WRITE : 0));
        memory.set(LE_SHORT, at + SplitRing.DESC_NEXT_OFFSET, (short) 0);
        buffers++;
    }

    private void linkCurrentTo(int next) {
        long at = table + (long) SplitRing.DESC_SIZE * current;
        int flags = memory.get(LE_SHORT, at + SplitRing.DESC_FLAGS_OFFSET) | SplitRing.DESC_F_NEXT;
        memory.set(LE_SHORT, at + SplitRing.DESC_FLAGS_OFFSET, (short) flags);
        memory.set(LE_SHORT, at + SplitRing.DESC_NEXT_OFFSET, (short) next);
    }

    /** Ends the chain; returns its head, by which {@link #takeUsed} will name it. */
    public int endChain() {
        if (head == NONE || buffers == 0) {
            throw new IllegalStateException("the chain has no buffer");
        }
        int held = indirect ? 1 : buffers;
        if (indirect) {
            long at = descriptorTable + (long) SplitRing.DESC_SIZE * head;
            memory.set(LE_LONG, at + SplitRing.DESC_ADDR_OFFSET, tableAddress);
            memory.set(LE_INT, at + SplitRing.DESC_LEN_OFFSET, SplitRing.DESC_SIZE * buffers);
            memory.set(LE_SHORT, at + SplitRing.DESC_FLAGS_OFFSET, (short) SplitRing.DESC_F_INDIRECT);
            memory.set(LE_SHORT, at + SplitRing.DESC_NEXT_OFFSET, (short) 0);
        }
        int last = indirect ? head : current;
        firstFree = next[last];
        freeCount -= held;
        chainLength[head] = held;
        makeAvailable(head);
        int ended = head;
        head = NONE;
        return ended;
    }

    private void makeAvailable(int head) {
        long slot = availRing
                + SplitRing.AVAIL_RING_OFFSET
                + (long) SplitRing.AVAIL_ENTRY_SIZE * (availIdx & (queueSize - 1));
        memory.set(LE_SHORT, slot, (short) head);
        availIdx = (availIdx + 1) & INDEX_MASK;
    }

    /**
     * Shows the device all chains ended since the last call.
     *
     * @return whether the device wants to be kicked. Source: "Available Buffer Notification Suppression".
     */
    public boolean publish() {
        int old = publishedAvailIdx;
        if (old == availIdx) {
            return false;
        }
        VarHandle.releaseFence();
        memory.set(LE_SHORT, availRing + SplitRing.AVAIL_IDX_OFFSET, (short) availIdx);
        publishedAvailIdx = availIdx;
        VarHandle.fullFence();
        if (eventIdx) {
            int availEvent = memory.get(LE_SHORT, usedRing + SplitRing.availEventOffset(queueSize)) & INDEX_MASK;
            return SplitRing.needEvent(availEvent, availIdx, old);
        }
        return (memory.get(LE_SHORT, usedRing + SplitRing.USED_FLAGS_OFFSET) & SplitRing.USED_F_NO_NOTIFY) == 0;
    }

    /** Whether the device has used a chain that was not taken yet. */
    public boolean hasUsed() {
        int usedIdx = memory.get(LE_SHORT, usedRing + SplitRing.USED_IDX_OFFSET) & INDEX_MASK;
        VarHandle.acquireFence();
        return usedIdx != lastUsedIdx;
    }

    /**
     * Takes the next used chain, whose descriptors become free.
     *
     * @return its head, or {@link #NONE}
     * @throws IllegalStateException when the device broke the ring
     */
    public int takeUsed() {
        if (!hasUsed()) {
            return NONE;
        }
        long entry = usedRing
                + SplitRing.USED_RING_OFFSET
                + (long) SplitRing.USED_ENTRY_SIZE * (lastUsedIdx & (queueSize - 1));
        int id = memory.get(LE_INT, entry + SplitRing.USED_ENTRY_ID_OFFSET);
        if (id < 0 || id >= queueSize || chainLength[id] == NOT_IN_FLIGHT) {
            throw new IllegalStateException("used entry " + lastUsedIdx + " names head " + Integer.toUnsignedString(id)
                    + ", which is not in flight in a queue of " + queueSize);
        }
        usedLength = memory.get(LE_INT, entry + SplitRing.USED_ENTRY_LEN_OFFSET);
        lastUsedIdx = (lastUsedIdx + 1) & INDEX_MASK;
        free(id);
        return id;
    }

    private void free(int head) {
        int last = head;
        for (int i = 1; i < chainLength[head]; i++) {
            last = next[last];
        }
        next[last] = firstFree;
        firstFree = head;
        freeCount += chainLength[head];
        chainLength[head] = NOT_IN_FLIGHT;
    }

    /** How many bytes the device says it wrote to the chain last taken. */
    public int usedLength() {
        return usedLength;
    }

    /**
     * Asks for an interrupt at the next used chain. Source: "Used Buffer Notification Suppression".
     *
     * @return false when chains have been used meanwhile, which no interrupt will tell of: take them and ask again
     */
    public boolean enableInterrupts() {
        if (eventIdx) {
            memory.set(LE_SHORT, availRing + SplitRing.usedEventOffset(queueSize), (short) lastUsedIdx);
        } else {
            memory.set(LE_SHORT, availRing + SplitRing.AVAIL_FLAGS_OFFSET, (short) 0);
        }
        VarHandle.fullFence();
        return !hasUsed();
    }

    /** Asks for no interrupts; one may still come. */
    public void disableInterrupts() {
        if (eventIdx) {
            memory.set(LE_SHORT, availRing + SplitRing.usedEventOffset(queueSize), (short) (lastUsedIdx - 1));
        } else {
            memory.set(LE_SHORT, availRing + SplitRing.AVAIL_FLAGS_OFFSET, (short) SplitRing.AVAIL_F_NO_INTERRUPT);
        }
    }

    private static long align(long value, int alignment) {
        return (value + alignment - 1) & -alignment;
    }
}
