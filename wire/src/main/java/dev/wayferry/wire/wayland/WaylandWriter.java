package dev.wayferry.wire.wayland;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;

import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Writes messages into a buffer, one behind the other. Reusable: {@link #wrap}, then for each message {@link #begin}, one
 * call an argument, {@link #end}.
 *
 * <p>Running over the buffer's end throws {@link IndexOutOfBoundsException}, as the buffer itself does.
 */
public final class WaylandWriter {
    private static final int SIZE_AND_OPCODE_OFFSET = 4;
    private static final int WORD = 4;

    private MemorySegment buffer = MemorySegment.NULL;
    private long start;
    private long at;
    private int opcode;

    /** Writes from {@code offset} of {@code buffer} on. */
    public WaylandWriter wrap(MemorySegment buffer, long offset) {
        this.buffer = buffer;
        this.start = offset;
        this.at = offset;
        return this;
    }

    /** Starts a message for an object. */
    public WaylandWriter begin(int objectId, int opcode) {
        this.opcode = opcode;
        start = at;
        buffer.set(JAVA_INT_UNALIGNED, start, objectId);
        at = start + WaylandReader.HEADER_SIZE;
        return this;
    }

    /** An {@code int}, {@code uint}, {@code object} or {@code new_id}. */
    public WaylandWriter putInt(int value) {
        buffer.set(JAVA_INT_UNALIGNED, at, value);
        at += WORD;
        return this;
    }

    /** A {@code fixed}, rounded to its 8 bits behind the point. */
    public WaylandWriter putFixed(double value) {
        return putInt((int) Math.round(value * 256));
    }

    /** A {@code string} with its ending zero; null is written as length 0. */
    public WaylandWriter putString(@Nullable String value) {
        if (value == null) {
            return putInt(0);
        }
        byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
        putInt(bytes.length + 1);
        return putPadded(bytes, bytes.length + 1);
    }

    /** An {@code array}. */
    public WaylandWriter putArray(byte[] value) {
        putInt(value.length);
        return putPadded(value, value.length);
    }

    private WaylandWriter putPadded(byte[] bytes, int length) {
        int padded = (length + WORD - 1) & -WORD;
        if (padded > 0) {
            buffer.set(JAVA_INT_UNALIGNED, at + padded - WORD, 0);
        }
        MemorySegment.copy(bytes, 0, buffer, JAVA_BYTE, at, bytes.length);
        at += padded;
        return this;
    }

    /**
     * Completes the message: its size goes into the header.
     *
     * @throws IllegalArgumentException when it is longer than {@link WaylandReader#MAX_MESSAGE_SIZE}; it is taken back
     */
    public WaylandWriter end() {
        long size = at - start;
        if (size > WaylandReader.MAX_MESSAGE_SIZE) {
            at = start;
            throw new IllegalArgumentException("a message of " + size + " bytes, the size field holds at most "
                    + WaylandReader.MAX_MESSAGE_SIZE);
        }
        buffer.set(JAVA_INT_UNALIGNED, start + SIZE_AND_OPCODE_OFFSET, (int) size << 16 | opcode);
        return this;
    }

    /** The offset in the buffer behind what was written. */
    public long position() {
        return at;
    }
}
