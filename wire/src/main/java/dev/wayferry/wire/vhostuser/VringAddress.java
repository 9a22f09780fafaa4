package dev.wayferry.wire.vhostuser;

import dev.wayferry.wire.Flyweight;
import java.lang.foreign.MemorySegment;

/**
 * Where a ring lies, in the front-end's address space.
 *
 * <p>Source: vhost-user.rst, "A vring address description".
 */
public final class VringAddress extends Flyweight {
    /** The ring. */
    public static final long INDEX_OFFSET = 0;

    /** Bit 0: log writes. */
    public static final long FLAGS_OFFSET = 4;

    /** Descriptor table. */
    public static final long DESCRIPTOR_OFFSET = 8;

    /** Used ring. */
    public static final long USED_OFFSET = 16;

    /** Available ring. */
    public static final long AVAILABLE_OFFSET = 24;

    /** Guest-physical, for logging. */
    public static final long LOG_OFFSET = 32;

    /** Bytes in all. */
    public static final int LENGTH = 40;

    public int index() {
        return getInt(INDEX_OFFSET);
    }

    public VringAddress index(int value) {
        setInt(INDEX_OFFSET, value);
        return this;
    }

    public int flags() {
        return getInt(FLAGS_OFFSET);
    }

    public VringAddress flags(int value) {
        setInt(FLAGS_OFFSET, value);
        return this;
    }

    public long descriptor() {
        return getLong(DESCRIPTOR_OFFSET);
    }

    public VringAddress descriptor(long value) {
        setLong(DESCRIPTOR_OFFSET, value);
        return this;
    }

    public long used() {
        return getLong(USED_OFFSET);
    }

    public VringAddress used(long value) {
        setLong(USED_OFFSET, value);
        return this;
    }

    public long available() {
        return getLong(AVAILABLE_OFFSET);
    }

    public VringAddress available(long value) {
        setLong(AVAILABLE_OFFSET, value);
        return this;
    }

    public long log() {
        return getLong(LOG_OFFSET);
    }

    public VringAddress log(long value) {
        setLong(LOG_OFFSET, value);
        return this;
    }

    @Override
    public VringAddress wrap(MemorySegment segment, long offset) {
        super.wrap(segment, offset);
        return this;
    }
}
