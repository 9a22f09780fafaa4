package dev.wayferry.wire.crossdomain;

import dev.wayferry.wire.Flyweight;
import java.lang.foreign.MemorySegment;

/**
 * CROSS_DOMAIN_CMD_READ_CREATE_EVENT, which libkrun calls READ_EVENTFD_NEW, and libkrun's READ_EVENTFD_DESTROY.
 *
 * <p>Source: rutabaga_gfx, cross_domain_protocol.rs, CrossDomainCreateEvent; libkrun, CrossDomainReadEventfdNew.
 */
public final class CrossDomainEvent extends Flyweight {
    /** The eventfd, as RECEIVE numbered it. */
    public static final long ID_OFFSET = 8;

    /** Bytes in all. */
    public static final int LENGTH = 16;

    public int id() {
        return getInt(ID_OFFSET);
    }

    public CrossDomainEvent id(int value) {
        setInt(ID_OFFSET, value);
        return this;
    }

    @Override
    public CrossDomainEvent wrap(MemorySegment segment, long offset) {
        super.wrap(segment, offset);
        return this;
    }
}
