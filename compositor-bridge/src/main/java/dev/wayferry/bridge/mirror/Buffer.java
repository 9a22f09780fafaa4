package dev.wayferry.bridge.mirror;

import dev.wayferry.posix.Iovecs;
import dev.wayferry.wire.wayland.WlBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A {@code wl_buffer} in a mirrored pool.
 *
 * <p>Damage tells how a commit's picture differs from the one before it, not from what this buffer held when it was last
 * shown: so the damage of every commit of a surface adds up in all of its buffers until they are shown themselves. It is
 * kept in rows, as one run.
 */
final class Buffer extends Tracked {
    private static final int ARGB8888 = 0;
    private static final int XRGB8888 = 1;

    private final Pool pool;
    private final long offset;
    private final int width;
    private final int height;
    private final int stride;
    private final int format;
    private int staleTop;
    private int staleBottom;
    private boolean dropped;
    private @Nullable Surface surface;

    /** A buffer of these arguments, whatever they are: what is copied is bounded by the pool. */
    Buffer(Pool pool, int offset, int width, int height, int stride, int format) {
        super(WlBuffer.INTERFACE);
        this.pool = pool;
        this.offset = offset;
        this.width = width;
        this.height = Math.max(0, height);
        this.stride = Math.max(0, stride);
        this.format = format;
        pool.hold();
        addAll();
    }

    int width() {
        return width;
    }

    int height() {
        return height;
    }

    /** The surface that showed it last. */
    @Nullable Surface surface() {
        return surface;
    }

    void surface(@Nullable Surface surface) {
        this.surface = surface;
    }

    boolean isDropped() {
        return dropped;
    }

    /** The guest's memory may differ from the mirror anywhere. */
    void addAll() {
        staleTop = 0;
        staleBottom = height;
    }

    /** The guest's memory may differ in the rows [top, bottom). */
    void add(long top, long bottom) {
        int from = (int) Math.clamp(top, 0, height);
        int to = (int) Math.clamp(bottom, 0, height);
        if (from < to) {
            boolean empty = staleTop == staleBottom;
            staleTop = empty ? from : Math.min(staleTop, from);
            staleBottom = empty ? to : Math.max(staleBottom, to);
        }
    }

    /** Bytes that {@link #refresh} copies, if they are there. */
    long stale() {
        return staleTop == staleBottom ? 0 : Math.max(0, Math.min(end(), pool.size()) - Math.max(0, start()));
    }

    /** Copies the rows that may differ; returns the bytes copied. */
    long refresh(Iovecs iovecs) {
        if (staleTop == staleBottom) {
            return 0;
        }
        long start = start();
        long end = end();
        staleTop = 0;
        staleBottom = 0;
        return pool.copy(start, end, iovecs);
    }

    private long start() {
        return offset + (long) staleTop * stride;
    }

    private long end() {
        return isOnePlane(format) ? offset + (long) staleBottom * stride : pool.size();
    }

    /**
     * Whether all of it lies in height times stride bytes; further planes may lie anywhere behind. Formats in one plane
     * begin with A, X, R, B, G or C, and do not end with A8 (drm_fourcc.h).
     */
    private static boolean isOnePlane(int format) {
        if (format == ARGB8888 || format == XRGB8888) {
            return true;
        }
        boolean alphaPlane = format >>> 16 == ('A' | '8' << 8);
        return "AXRBGC".indexOf(format & 0xff) >= 0 && !alphaPlane;
    }

    @Override
    void drop() {
        dropped = true;
        if (surface != null) {
            surface.forget(this);
        }
        pool.drop();
    }
}
