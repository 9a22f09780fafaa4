package dev.wayferry.wire.vhostuser;

import dev.wayferry.wire.Flyweight;
import java.lang.foreign.MemorySegment;

/**
 * A ring and a number: SET_VRING_NUM, SET_VRING_BASE, GET_VRING_BASE, SET_VRING_ENABLE.
 *
 * <p>Source: vhost-user.rst, "A vring state description".
 */
public final class VringState extends Flyweight {
    /** The ring. */
    public static final long INDEX_OFFSET = 0;

    /** What the request says it is. */
    public static final long NUM_OFFSET = 4;

    /** Bytes in all. */
    public static final int LENGTH = 8;

    public int index() {
        return getInt(INDEX_OFFSET);
    }

    public VringState index(int value) {
        setInt(INDEX_OFFSET, value);
        return this;
    }

    public int num() {
        return getInt(NUM_OFFSET);
    }

    public VringState num(int value) {
        setInt(NUM_OFFSET, value);
        return this;
    }

    @Override
    public VringState wrap(MemorySegment segment, long offset) {
        super.wrap(segment, offset);
        return this;
    }
}
