package dev.wayferry.wire.vhostuser;

import dev.wayferry.wire.Flyweight;
import java.lang.foreign.MemorySegment;

/**
 * What starts every message, on the main socket and on the back-channel.
 *
 * <p>Source: vhost-user.rst, "Header".
 */
public final class VhostUserHeader extends Flyweight {
    /** Request id. */
    public static final long REQUEST_OFFSET = 0;

    /** Version in bits 0 and 1, reply in bit 2, need_reply in bit 3. */
    public static final long FLAGS_OFFSET = 4;

    /** Bytes of the payload. */
    public static final long SIZE_OFFSET = 8;

    /** Bytes in all. */
    public static final int LENGTH = 12;

    public int request() {
        return getInt(REQUEST_OFFSET);
    }

    public VhostUserHeader request(int value) {
        setInt(REQUEST_OFFSET, value);
        return this;
    }

    public int flags() {
        return getInt(FLAGS_OFFSET);
    }

    public VhostUserHeader flags(int value) {
        setInt(FLAGS_OFFSET, value);
        return this;
    }

    public int size() {
        return getInt(SIZE_OFFSET);
    }

    public VhostUserHeader size(int value) {
        setInt(SIZE_OFFSET, value);
        return this;
    }

    @Override
    public VhostUserHeader wrap(MemorySegment segment, long offset) {
        super.wrap(segment, offset);
        return this;
    }
}
