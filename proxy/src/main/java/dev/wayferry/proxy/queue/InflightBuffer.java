package dev.wayferry.proxy.queue;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Where one queue's requests in flight are written down in memory that the VMM keeps, so that they are known to a back-end
 * that takes the place of one which died. Of a split queue; belongs to the loop.
 *
 * <p>Source: vhost-user.rst, "Inflight I/O tracking".
 */
public final class InflightBuffer {
    private static final long FEATURES_OFFSET = 0;
    private static final long VERSION_OFFSET = 8;
    private static final long DESC_NUM_OFFSET = 10;
    private static final long LAST_BATCH_HEAD_OFFSET = 12;
    private static final long USED_IDX_OFFSET = 14;
    private static final int HEADER_LENGTH = 16;

    // Of each descriptor.
    private static final long INFLIGHT_OFFSET = 0;
    private static final long NEXT_OFFSET = 6;
    private static final long COUNTER_OFFSET = 8;
    private static final int ENTRY_LENGTH = 16;

    private static final int ALIGNMENT = 64;
    private static final short VERSION = 1;

    private final MemorySegment memory;
    private final int queueSize;
    private long counter;
    private int batch;

    /**
     * @param memory of {@link #length} bytes
     * @param queueSize entries of the queue
     */
    public InflightBuffer(MemorySegment memory, int queueSize) {
        this.memory = memory;
        this.queueSize = queueSize;
    }

    /** Bytes that a queue of so many entries takes. */
    public static long length(int queueSize) {
        return (HEADER_LENGTH + (long) ENTRY_LENGTH * queueSize + ALIGNMENT - 1) & -ALIGNMENT;
    }

    private static long entry(int head) {
        return HEADER_LENGTH + (long) ENTRY_LENGTH * head;
    }

    /** Begins with nothing in flight. */
    void clear(int usedIdx) {
        memory.fill((byte) 0);
        memory.set(JAVA_LONG, FEATURES_OFFSET, 0);
        memory.set(JAVA_SHORT, DESC_NUM_OFFSET, (short) queueSize);
        memory.set(JAVA_SHORT, USED_IDX_OFFSET, (short) usedIdx);
        VarHandle.releaseFence();
        memory.set(JAVA_SHORT, VERSION_OFFSET, VERSION);
    }

    /**
     * The heads that a back-end before this one has taken and not given back, in the order in which it took them.
     *
     * @param usedIdx the used index as the driver sees it
     */
    List<Integer> recover(int usedIdx) {
        if (memory.get(JAVA_SHORT, VERSION_OFFSET) != VERSION
                || (memory.get(JAVA_SHORT, DESC_NUM_OFFSET) & 0xffff) != (queueSize & 0xffff)) {
            clear(usedIdx);
            return List.of();
        }
        // It may have died between publishing a batch and taking it off the list.
        int published = (usedIdx - memory.get(JAVA_SHORT, USED_IDX_OFFSET)) & 0xffff;
        int head = memory.get(JAVA_SHORT, LAST_BATCH_HEAD_OFFSET) & 0xffff;
        for (int i = 0; i < Math.min(published, queueSize) && head < queueSize; i++) {
            memory.set(JAVA_BYTE, entry(head) + INFLIGHT_OFFSET, (byte) 0);
            head = memory.get(JAVA_SHORT, entry(head) + NEXT_OFFSET) & 0xffff;
        }
        memory.set(JAVA_SHORT, USED_IDX_OFFSET, (short) usedIdx);
        List<Integer> heads = new ArrayList<>();
        for (int i = 0; i < queueSize; i++) {
            if (memory.get(JAVA_BYTE, entry(i) + INFLIGHT_OFFSET) != 0) {
                heads.add(i);
                counter = Math.max(counter, counterOf(i));
            }
        }
        heads.sort(Comparator.comparingLong(this::counterOf));
        return heads;
    }

    private long counterOf(int head) {
        return memory.get(JAVA_LONG, entry(head) + COUNTER_OFFSET);
    }

    /** The request has been taken. */
    void take(int head) {
        memory.set(JAVA_LONG, entry(head) + COUNTER_OFFSET, ++counter);
        memory.set(JAVA_BYTE, entry(head) + INFLIGHT_OFFSET, (byte) 1);
    }

    /** The request has been put into the used ring, which is not published yet. */
    void giveBack(int head) {
        memory.set(JAVA_SHORT, entry(head) + NEXT_OFFSET, memory.get(JAVA_SHORT, LAST_BATCH_HEAD_OFFSET));
        memory.set(JAVA_SHORT, LAST_BATCH_HEAD_OFFSET, (short) head);
        batch++;
    }

    /** All that was given back has been published. */
    void published(int usedIdx) {
        int head = memory.get(JAVA_SHORT, LAST_BATCH_HEAD_OFFSET) & 0xffff;
        for (; batch > 0 && head < queueSize; batch--) {
            memory.set(JAVA_BYTE, entry(head) + INFLIGHT_OFFSET, (byte) 0);
            head = memory.get(JAVA_SHORT, entry(head) + NEXT_OFFSET) & 0xffff;
        }
        batch = 0;
        VarHandle.releaseFence();
        memory.set(JAVA_SHORT, USED_IDX_OFFSET, (short) usedIdx);
    }
}
