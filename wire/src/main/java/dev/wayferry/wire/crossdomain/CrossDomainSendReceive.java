package dev.wayferry.wire.crossdomain;

import dev.wayferry.wire.Flyweight;
import java.lang.foreign.MemorySegment;

/**
 * CROSS_DOMAIN_CMD_SEND and CROSS_DOMAIN_CMD_RECEIVE: bytes of the channel and the files that travel with them.
 *
 * <p>Source: rutabaga_gfx, cross_domain_protocol.rs, CrossDomainSendReceive.
 */
public final class CrossDomainSendReceive extends Flyweight {
    /** Files, at most 28. */
    public static final long NUM_IDENTIFIERS_OFFSET = 8;

    /** Bytes that follow. */
    public static final long OPAQUE_DATA_SIZE_OFFSET = 12;

    /** A resource id, or a number chosen for a pipe. */
    public static final long IDENTIFIERS_OFFSET = 16;

    /** CROSS_DOMAIN_ID_TYPE_*. */
    public static final long IDENTIFIER_TYPES_OFFSET = 128;

    /** Bytes of a memory file, 0 for others. */
    public static final long IDENTIFIER_SIZES_OFFSET = 240;

    /** Bytes before the opaque data. */
    public static final int LENGTH = 352;

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
        return getInt(IDENTIFIERS_OFFSET + (long) index * Integer.BYTES);
    }

    public CrossDomainSendReceive identifiers(int index, int value) {
        setInt(IDENTIFIERS_OFFSET + (long) index * Integer.BYTES, value);
        return this;
    }

    public int identifierTypes(int index) {
        return getInt(IDENTIFIER_TYPES_OFFSET + (long) index * Integer.BYTES);
    }

    public CrossDomainSendReceive identifierTypes(int index, int value) {
        setInt(IDENTIFIER_TYPES_OFFSET + (long) index * Integer.BYTES, value);
        return this;
    }

    public int identifierSizes(int index) {
        return getInt(IDENTIFIER_SIZES_OFFSET + (long) index * Integer.BYTES);
    }

    public CrossDomainSendReceive identifierSizes(int index, int value) {
        setInt(IDENTIFIER_SIZES_OFFSET + (long) index * Integer.BYTES, value);
        return this;
    }

    @Override
    public CrossDomainSendReceive wrap(MemorySegment segment, long offset) {
        super.wrap(segment, offset);
        return this;
    }
}
