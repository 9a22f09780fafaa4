package dev.wayferry.wire.crossdomain;

import dev.wayferry.wire.Flyweight;
import java.lang.foreign.MemorySegment;
import java.util.UUID;

/**
 * CROSS_DOMAIN_CMD_INIT. Which fields are there follows from cmd_size: 16 (query ring and channel type only),
 * 20, 24 (with a protocol version) or 36 (with a socket's UUID).
 *
 * <p>Source: rutabaga_gfx, cross_domain_protocol.rs, CrossDomainInit (36 bytes), CrossDomainInitV1 (20),
 * CrossDomainInitLegacy (16); 24 bytes: libkrun, of the same file's name, CrossDomainInitV1.
 */
public final class CrossDomainInit extends Flyweight {
    /** Resource id of the query ring. */
    public static final long QUERY_RING_ID_OFFSET = 8;

    /** Resource id of the channel ring. */
    public static final long CHANNEL_RING_ID_OFFSET = 12;

    /** CROSS_DOMAIN_CHANNEL_TYPE_*. */
    public static final long CHANNEL_TYPE_OFFSET = 16;

    /** Bytes in all. */
    public static final int LENGTH = 20;

    public int queryRingId() {
        return getInt(QUERY_RING_ID_OFFSET);
    }

    public CrossDomainInit queryRingId(int value) {
        setInt(QUERY_RING_ID_OFFSET, value);
        return this;
    }

    public int channelRingId() {
        return getInt(CHANNEL_RING_ID_OFFSET);
    }

    public CrossDomainInit channelRingId(int value) {
        setInt(CHANNEL_RING_ID_OFFSET, value);
        return this;
    }

    public int channelType() {
        return getInt(CHANNEL_TYPE_OFFSET);
    }

    public CrossDomainInit channelType(int value) {
        setInt(CHANNEL_TYPE_OFFSET, value);
        return this;
    }

    @Override
    public CrossDomainInit wrap(MemorySegment segment, long offset) {
        super.wrap(segment, offset);
        return this;
    }

    /** Offset of the channel type in the 16-byte form, which has one ring for both uses. */
    public static final long LEGACY_CHANNEL_TYPE_OFFSET = 12;

    /** Bytes of the form with one ring. */
    public static final int LEGACY_LENGTH = 16;

    public int legacyChannelType() {
        return getInt(LEGACY_CHANNEL_TYPE_OFFSET);
    }

    /** Bytes of libkrun's form, which ends with a protocol version. */
    public static final int LIBKRUN_LENGTH = 24;

    /** Offset of the UUID in rutabaga_gfx's form. */
    public static final long INTERNAL_SOCKET_UUID_OFFSET = 20;

    /** Bytes of rutabaga_gfx's form, which ends with the UUID of a socket. */
    public static final int RUTABAGA_LENGTH = 36;

    /** The socket that a channel of type {@link CrossDomain#CHANNEL_TYPE_INTERNAL_SOCKET} is to have. */
    public UUID internalSocketUuid() {
        return getUuid(INTERNAL_SOCKET_UUID_OFFSET);
    }

    public CrossDomainInit internalSocketUuid(UUID value) {
        setUuid(INTERNAL_SOCKET_UUID_OFFSET, value);
        return this;
    }
}
