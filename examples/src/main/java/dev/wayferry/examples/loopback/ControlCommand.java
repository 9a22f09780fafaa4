package dev.wayferry.examples.loopback;

import dev.wayferry.posix.Memory;
import dev.wayferry.wire.gpu.CtrlHeader;
import dev.wayferry.wire.virtqueue.DriverQueue;
import dev.wayferry.wire.virtqueue.SplitRing;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A command of the control queue and the guest RAM that it takes: what the device reads, what it writes, and a table for
 * INDIRECT descriptors. Used again and again; what does not fit its own pages gets others for the time.
 */
final class ControlCommand {
    /** What is done when the command came back; under the driver's lock, by its interrupt thread. */
    @FunctionalInterface
    interface Completion {
        void completed(ControlCommand command);
    }

    private static final int TABLE_OFFSET = 0;
    private static final int TABLE_ENTRIES = 16;
    private static final int RESPONSE_OFFSET = TABLE_ENTRIES * SplitRing.DESC_SIZE;
    private static final int REQUEST_OFFSET = 2048;
    private static final int LENGTH = 8192;
    private static final int RESPONSE_ROOM = REQUEST_OFFSET - RESPONSE_OFFSET;
    private static final int REQUEST_ROOM = LENGTH - REQUEST_OFFSET;

    private final GuestRam ram;
    private final GuestPages pages;
    private final boolean scattered;
    private final long base;

    private final CtrlHeader header = new CtrlHeader();
    private final CtrlHeader response = new CtrlHeader();

    // What the device reads and then what it writes, as pieces of guest RAM.
    private long[] pieceOffsets = new long[4];
    private int[] pieceLengths = new int[4];
    private int pieceCount;
    private int readableCount;

    private int requestLength;
    private long responseOffset;
    private int responseLength;
    private int usedLength;
    private long extraPages;
    private int extraLength;
    private long @Nullable [] extraScattered;
    private long extraResponse;
    private long extraTable;
    private int extraTableLength;

    /** The fence that its response will signal. */
    @Nullable GuestFence fence;

    @Nullable Completion completion;

    ControlCommand(GuestRam ram, GuestPages pages, boolean scattered) throws IOException {
        this.ram = ram;
        this.pages = pages;
        this.scattered = scattered;
        this.base = pages.allocate(LENGTH);
    }

    /**
     * Begins a command anew.
     *
     * @param headerLength bytes of the structure that it begins with, which becomes all zero but the type
     * @param responseLength bytes that the device may write, 0 for none
     */
    ControlCommand begin(int type, int headerLength, int responseLength) throws IOException {
        pieceCount = 0;
        readableCount = 0;
        requestLength = 0;
        usedLength = 0;
        fence = null;
        completion = null;
        this.responseLength = responseLength;
        if (responseLength > RESPONSE_ROOM) {
            extraResponse = pages.allocate(responseLength);
            responseOffset = extraResponse;
        } else {
            responseOffset = base + RESPONSE_OFFSET;
        }
        memory().asSlice(responseOffset, responseLength).fill((byte) 0);
        memory().asSlice(base + REQUEST_OFFSET, headerLength).fill((byte) 0);
        header.wrap(memory(), base + REQUEST_OFFSET);
        response.wrap(memory(), responseOffset);
        if (headerLength > 0) {
            addReadable(base + REQUEST_OFFSET, headerLength);
        }
        if (headerLength >= CtrlHeader.LENGTH) {
            header.type(type);
        }
        return this;
    }

    MemorySegment memory() {
        return ram.memory();
    }

    /** Where in {@link #memory} the structure lies, for flyweights. */
    long at() {
        return base + REQUEST_OFFSET;
    }

    CtrlHeader header() {
        return header;
    }

    CtrlHeader response() {
        return response;
    }

    /** Where in {@link #memory} the response lies, for flyweights. */
    long responseAt() {
        return responseOffset;
    }

    /** Bytes that the device says it wrote. */
    int usedLength() {
        return usedLength;
    }

    /** Bytes the device may read. */
    int requestLength() {
        return requestLength;
    }

    /** Appends {@code data} as a piece of its own, or a piece for each page when it is long. */
    ControlCommand data(MemorySegment data) throws IOException {
        int length = (int) data.byteSize();
        if (length == 0) {
            return this;
        }
        if (length <= REQUEST_ROOM - requestLength) {
            MemorySegment.copy(data, 0, memory(), at() + requestLength, length);
            addReadable(at() + requestLength, length);
            return this;
        }
        if (extraLength > 0) {
            throw new IllegalStateException("two long pieces of data");
        }
        int pageSize = Memory.PAGE_SIZE;
        if (scattered) {
            extraScattered = pages.allocateScattered((length + pageSize - 1) / pageSize);
        } else {
            extraPages = pages.allocate(length);
        }
        extraLength = length;
        for (int at = 0, i = 0; at < length; at += pageSize, i++) {
            int part = Math.min(pageSize, length - at);
            long page = extraScattered != null ? extraScattered[i] : extraPages + at;
            MemorySegment.copy(data, at, memory(), page, part);
            addReadable(page, part);
        }
        return this;
    }

    private void addReadable(long offset, int length) {
        addPiece(offset, length);
        readableCount++;
        requestLength += length;
    }

    private void addPiece(long offset, int length) {
        if (pieceCount == pieceOffsets.length) {
            pieceOffsets = Arrays.copyOf(pieceOffsets, 2 * pieceCount);
            pieceLengths = Arrays.copyOf(pieceLengths, 2 * pieceCount);
        }
        pieceOffsets[pieceCount] = offset;
        pieceLengths[pieceCount] = length;
        pieceCount++;
    }

    /**
     * Ends the command: from now on it is only put into the queue.
     *
     * @param pieceLength bytes after which pieces are cut, however they fit the structures; 0 leaves them whole
     * @param indirect whether a table for INDIRECT descriptors is needed
     */
    void end(int pieceLength, boolean indirect) throws IOException {
        if (responseLength > 0) {
            addPiece(responseOffset, responseLength);
        }
        if (pieceLength > 0) {
            cut(pieceLength);
        }
        if (indirect && pieceCount > TABLE_ENTRIES) {
            extraTableLength = pieceCount * SplitRing.DESC_SIZE;
            extraTable = pages.allocate(extraTableLength);
        }
    }

    private void cut(int pieceLength) {
        long[] offsets = Arrays.copyOf(pieceOffsets, pieceCount);
        int[] lengths = Arrays.copyOf(pieceLengths, pieceCount);
        int readable = readableCount;
        pieceCount = 0;
        readableCount = 0;
        for (int i = 0; i < offsets.length; i++) {
            for (int at = 0; at < lengths[i]; at += pieceLength) {
                addPiece(offsets[i] + at, Math.min(pieceLength, lengths[i] - at));
                readableCount += i < readable ? 1 : 0;
            }
        }
    }

    /** Descriptors of the queue's table that it needs. */
    int descriptors(boolean indirect) {
        return indirect ? 1 : pieceCount;
    }

    /** Makes it available in {@code queue}, which has room; returns its head. */
    int makeAvailable(DriverQueue queue, boolean indirect) {
        if (indirect) {
            long table = extraTableLength > 0 ? extraTable : base + TABLE_OFFSET;
            queue.beginIndirect(table, ram.guestAddress(table), pieceCount);
        } else {
            queue.beginChain();
        }
        for (int i = 0; i < pieceCount; i++) {
            queue.addBuffer(ram.guestAddress(pieceOffsets[i]), pieceLengths[i], i >= readableCount);
        }
        return queue.endChain();
    }

    /** The device gave it back. */
    void used(int length) {
        usedLength = length;
    }

    /** What the device wrote, copied, and nothing beyond. */
    byte[] copyResponse() {
        int length = Math.clamp(usedLength, 0, responseLength);
        return memory().asSlice(responseOffset, length).toArray(ValueLayout.JAVA_BYTE);
    }

    /** Gives back the pages that it had for the time. */
    void releaseExtraPages() {
        if (extraScattered != null) {
            pages.free(extraScattered);
        } else if (extraLength > 0) {
            pages.free(extraPages, extraLength);
        }
        if (responseLength > RESPONSE_ROOM) {
            pages.free(extraResponse, responseLength);
        }
        if (extraTableLength > 0) {
            pages.free(extraTable, extraTableLength);
        }
        extraScattered = null;
        extraLength = 0;
        responseLength = 0;
        extraTableLength = 0;
    }
}
