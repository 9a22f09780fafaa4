package dev.wayferry.wire.crossdomain;

import dev.wayferry.wire.Flyweight;
import java.lang.foreign.MemorySegment;

/**
 * CROSS_DOMAIN_CMD_SEND and CROSS_DOMAIN_CMD_RECEIVE: bytes of the channel and the files that travel with them.
 *
 * <p>Guests from before 2024 know a shorter form, with room for 4 files in place of 28. Nothing in it says which it is but
 * the command's size: what is not opaque data is {@link #LENGTH} or {@link #SHORT_LENGTH} bytes.
 *
 * <p>Source: rutabaga_gfx, cross_domain_protocol.rs, CrossDomainSendReceive; the short form: sommelier of 2022,
 * virtgpu_cross_domain_protocol.h.
 */
public final class CrossDomainSendReceive extends Flyweight {
    /** Files, at most {@link #capacity}. */
    public static final long NUM_IDENTIFIERS_OFFSET = 8;

    /** Bytes that follow. */
    public static final long OPAQUE_DATA_SIZE_OFFSET = 12;

    /**
     * Three arrays of {@link #capacity} numbers each: a resource id or a number chosen for a pipe, CROSS_DOMAIN_ID_TYPE_*,
     * and the bytes of a memory file, 0 for others.
     */
    public static final long IDENTIFIERS_OFFSET = 16;

    /** Files of the short form. */
    public static final int SHORT_CAPACITY = 4;

    /** Bytes before the opaque data. */
    public static final int LENGTH = 352;

    /** Bytes before the opaque data in the short form. */
    public static final int SHORT_LENGTH = 64;

    private int capacity = CrossDomain.MAX_IDENTIFIERS;

    /** From now on the short form. */
    public void useShortForm() {
        capacity = SHORT_CAPACITY;
    }

    /** Files for which there is room. */
    public int capacity() {
        return capacity;
    }

    /** Bytes before the opaque data. */
    public int length() {
        return capacity == SHORT_CAPACITY ? SHORT_LENGTH : LENGTH;
    }

    private long at(int array, int index) {
        return IDENTIFIERS_OFFSET + ((long) array * capacity + index) * Integer.BYTES;
    }

    public int numIdentifiers() {
        return getInt(NUM_IDENTIFIERS_OFFSET);
    }

    public CrossDomainSendReceive numIdentifiers(int value) {
        setInt(NUM_IDENTIFIERS_OFFSET, value);
        return this;
    }

    public int opaqueDataSize() {
        return getInt(OPAQUE_DATA_SIZE_OFFSET);
    }

    public CrossDomainSendReceive opaqueDataSize(int value) {
        setInt(OPAQUE_DATA_SIZE_OFFSET, value);
        return this;
    }

    public int identifiers(int index) {
        return getInt(at(0, index));
    }

    public CrossDomainSendReceive identifiers(int index, int value) {
        setInt(at(0, index), value);
        return this;
    }

    public int identifierTypes(int index) {
        return getInt(at(1, index));
    }

    public CrossDomainSendReceive identifierTypes(int index, int value) {
        setInt(at(1, index), value);
        return this;
    }

    public int identifierSizes(int index) {
        return getInt(at(2, index));
    }

    public CrossDomainSendReceive identifierSizes(int index, int value) {
        setInt(at(2, index), value);
        return this;
    }

    @Override
    public CrossDomainSendReceive wrap(MemorySegment segment, long offset) {
        super.wrap(segment, offset);
        return this;
    }
}
