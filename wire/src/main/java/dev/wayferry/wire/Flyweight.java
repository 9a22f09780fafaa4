package dev.wayferry.wire;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.UUID;

/**
 * A view of one message at an offset of a memory segment. It holds no data of its own and can be moved from message to
 * message; the segment does the bounds check.
 *
 * <p>All fields are little-endian and may lie anywhere.
 */
public abstract class Flyweight {
    private static final ValueLayout.OfShort LE_SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt LE_INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LE_LONG =
            ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private MemorySegment segment = MemorySegment.NULL;
    private long offset;

    /** Moves the view; returns itself. */
    public Flyweight wrap(MemorySegment segment, long offset) {
        this.segment = segment;
        this.offset = offset;
        return this;
    }

    public final MemorySegment segment() {
        return segment;
    }

    public final long offset() {
        return offset;
    }

    /** Unsigned. */
    protected final int getByte(long at) {
        return segment.get(ValueLayout.JAVA_BYTE, offset + at) & 0xff;
    }

    protected final void setByte(long at, int value) {
        segment.set(ValueLayout.JAVA_BYTE, offset + at, (byte) value);
    }

    /** Unsigned. */
    protected final int getShort(long at) {
        return segment.get(LE_SHORT, offset + at) & 0xffff;
    }

    protected final void setShort(long at, int value) {
        segment.set(LE_SHORT, offset + at, (short) value);
    }

    protected final int getInt(long at) {
        return segment.get(LE_INT, offset + at);
    }

    protected final void setInt(long at, int value) {
        segment.set(LE_INT, offset + at, value);
    }

    protected final long getLong(long at) {
        return segment.get(LE_LONG, offset + at);
    }

    protected final void setLong(long at, long value) {
        segment.set(LE_LONG, offset + at, value);
    }

    /** 16 bytes, the most significant first (RFC 4122). */
    protected final UUID getUuid(long at) {
        return new UUID(Long.reverseBytes(getLong(at)), Long.reverseBytes(getLong(at + Long.BYTES)));
    }

    protected final void setUuid(long at, UUID value) {
        setLong(at, Long.reverseBytes(value.getMostSignificantBits()));
        setLong(at + Long.BYTES, Long.reverseBytes(value.getLeastSignificantBits()));
    }
}
