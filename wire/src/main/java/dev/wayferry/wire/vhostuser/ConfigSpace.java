package dev.wayferry.wire.vhostuser;

import dev.wayferry.wire.Flyweight;
import java.lang.foreign.MemorySegment;

/**
 * Part of the configuration space, followed by its bytes.
 *
 * <p>Source: vhost-user.rst, "Virtio device config space".
 */
public final class ConfigSpace extends Flyweight {
    /** Bytes. */
    public static final long OFFSET_IN_SPACE_OFFSET = 0;

    /** Bytes that follow. */
    public static final long SIZE_OFFSET = 4;

    /** Bit 0 writable, bit 1 migration. */
    public static final long FLAGS_OFFSET = 8;

    /** Bytes before the contents. */
    public static final int LENGTH = 12;

    public int offsetInSpace() {
        return getInt(OFFSET_IN_SPACE_OFFSET);
    }

    public ConfigSpace offsetInSpace(int value) {
        setInt(OFFSET_IN_SPACE_OFFSET, value);
        return this;
    }

    public int size() {
        return getInt(SIZE_OFFSET);
    }

    public ConfigSpace size(int value) {
        setInt(SIZE_OFFSET, value);
        return this;
    }

    public int flags() {
        return getInt(FLAGS_OFFSET);
    }

    public ConfigSpace flags(int value) {
        setInt(FLAGS_OFFSET, value);
        return this;
    }

    @Override
    public ConfigSpace wrap(MemorySegment segment, long offset) {
        super.wrap(segment, offset);
        return this;
    }
}
