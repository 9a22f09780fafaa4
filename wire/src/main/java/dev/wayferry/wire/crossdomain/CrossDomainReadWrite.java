package dev.wayferry.wire.crossdomain;

import dev.wayferry.wire.Flyweight;
import java.lang.foreign.MemorySegment;

/**
 * CROSS_DOMAIN_CMD_READ and CROSS_DOMAIN_CMD_WRITE: bytes of a pipe.
 *
 * <p>Source: rutabaga_gfx, cross_domain_protocol.rs, CrossDomainReadWrite.
 */
public final class CrossDomainReadWrite extends Flyweight {
    /** The pipe. */
    public static final long IDENTIFIER_OFFSET = 8;

    /** 1 after the last byte. */
    public static final long HANG_UP_OFFSET = 12;

    /** Bytes that follow. */
    public static final long OPAQUE_DATA_SIZE_OFFSET = 16;

    /** Bytes before the opaque data. */
    public static final int LENGTH = 24;

    public int identifier() {
        return getInt(IDENTIFIER_OFFSET);
    }

    public CrossDomainReadWrite identifier(int value) {
        setInt(IDENTIFIER_OFFSET, value);
        return this;
    }

    public int hangUp() {
        return getInt(HANG_UP_OFFSET);
    }

    public CrossDomainReadWrite hangUp(int value) {
        setInt(HANG_UP_OFFSET, value);
        return this;
    }

    public int opaqueDataSize() {
        return getInt(OPAQUE_DATA_SIZE_OFFSET);
    }

    public CrossDomainReadWrite opaqueDataSize(int value) {
        setInt(OPAQUE_DATA_SIZE_OFFSET, value);
        return this;
    }

    @Override
    public CrossDomainReadWrite wrap(MemorySegment segment, long offset) {
        super.wrap(segment, offset);
        return this;
    }
}
