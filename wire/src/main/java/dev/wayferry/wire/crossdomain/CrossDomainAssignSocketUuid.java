package dev.wayferry.wire.crossdomain;

import dev.wayferry.wire.Flyweight;
import java.lang.foreign.MemorySegment;
import java.util.UUID;

/**
 * CROSS_DOMAIN_CMD_ASSIGN_SOCKET_UUID.
 *
 * <p>Source: rutabaga_gfx, cross_domain_protocol.rs, CrossDomainAssignSocketUuid.
 */
public final class CrossDomainAssignSocketUuid extends Flyweight {
    /** 16 bytes of the guest's choosing. */
    public static final long SOCKET_UUID_OFFSET = 8;

    /** The socket, as RECEIVE numbered it. */
    public static final long ID_OFFSET = 24;

    /** Bytes in all. */
    public static final int LENGTH = 32;

    public UUID socketUuid() {
        return getUuid(SOCKET_UUID_OFFSET);
    }

    public CrossDomainAssignSocketUuid socketUuid(UUID value) {
        setUuid(SOCKET_UUID_OFFSET, value);
        return this;
    }

    public int id() {
        return getInt(ID_OFFSET);
    }

    public CrossDomainAssignSocketUuid id(int value) {
        setInt(ID_OFFSET, value);
        return this;
    }

    @Override
    public CrossDomainAssignSocketUuid wrap(MemorySegment segment, long offset) {
        super.wrap(segment, offset);
        return this;
    }
}
