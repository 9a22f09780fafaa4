package dev.wayferry.examples.guestproxy;

import dev.wayferry.wire.wayland.WlBuffer;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * A program's {@code wl_buffer} in shared memory, and the host's memory that mirrors it.
 *
 * <p>The mirror lags: what differs is in {@link #stale()}. Damage tells how a commit's picture differs from the one before
 * it, not from what this buffer held when it was last shown, so the damage of every commit of the surface adds up in all of
 * its buffers until they are shown themselves.
 */
final class ShmBuffer extends WaylandObject {
    /** A row's gap up to which one read over many rows is cheaper than one a row. */
    private static final int CHEAP_GAP = 512;

    private final ClientFile file;
    private final long offset;
    private final int width;
    private final int height;
    private final int stride;
    private final int bytesPerPixel;
    private final long length;
    private final SharedMemory mirror;
    private final DamageRegion stale = new DamageRegion();
    private @Nullable Surface surface;
    private boolean busy;
    private boolean destroyed;

    /**
     * A buffer that was never shown. Its arguments are checked already.
     *
     * @param file the pool's, of which this takes a hold of its own
     * @param offset where it begins in the file, in bytes
     * @param length bytes with all planes
     */
    ShmBuffer(
            int id,
            ClientFile file,
            long offset,
            int width,
            int height,
            int stride,
            int format,
            long length,
            SharedMemory mirror) {
        super(id, WlBuffer.INTERFACE.name());
        this.file = file;
        this.offset = offset;
        this.width = width;
        this.height = height;
        this.stride = stride;
        this.bytesPerPixel = ShmFormat.bytesPerPixel(format);
        this.length = length;
        this.mirror = mirror;
        file.hold();
        stale.addWhole();
    }

    int width() {
        return width;
    }

    int height() {
        return height;
    }

    SharedMemory mirror() {
        return mirror;
    }

    /** Where the program's memory may differ from the mirror. */
    DamageRegion stale() {
        return stale;
    }

    /** The surface that showed it last. */
    @Nullable Surface surface() {
        return surface;
    }

    void surface(@Nullable Surface surface) {
        this.surface = surface;
    }

    /** Whether the compositor may be reading the mirror: from a commit to the {@code release}. */
    boolean isBusy() {
        return busy;
    }

    void busy(boolean busy) {
        this.busy = busy;
    }

    /** {@inheritDoc} The mirror goes back to its allocator by itself, or is the caller's. */
    @Override
    void discard() {
        destroyed = true;
        if (surface != null) {
            surface.forget(this);
        }
        file.drop();
    }

    boolean isDestroyed() {
        return destroyed;
    }

    /**
     * Copies what is stale into the mirror.
     *
     * @return the bytes copied; less than was stale when the program's file is too short
     */
    long refresh() throws IOException {
        long copied = 0;
        if (stale.isWhole()) {
            copied = copy(0, length);
        } else {
            for (int i = 0; i < stale.count(); i++) {
                copied += copyRectangle(stale.left(i), stale.top(i), stale.right(i), stale.bottom(i));
            }
        }
        stale.clear();
        return copied;
    }

    /** Copies the mirror, which the compositor has filled, into the program's memory; returns the bytes copied. */
    long writeBack() throws IOException {
        if (destroyed) {
            return 0;
        }
        file.write(mirror.memory().asSlice(0, length), offset);
        return length;
    }

    private long copyRectangle(int damageLeft, int damageTop, int damageRight, int damageBottom) throws IOException {
        int left = Math.max(0, damageLeft);
        int top = Math.max(0, damageTop);
        int right = Math.min(width, damageRight);
        int bottom = Math.min(height, damageBottom);
        if (left >= right || top >= bottom) {
            return 0;
        }
        if (bytesPerPixel == 0) {
            return copy(0, length);
        }
        long rowStart = (long) left * bytesPerPixel;
        long rowLength = Math.min((long) right * bytesPerPixel, stride) - rowStart;
        if (rowLength <= 0) {
            return 0;
        }
        if (stride - rowLength <= CHEAP_GAP) {
            long first = (long) top * stride + rowStart;
            return copy(first, (long) (bottom - 1) * stride + rowStart + rowLength - first);
        }
        long copied = 0;
        for (int y = top; y < bottom; y++) {
            copied += copy((long) y * stride + rowStart, rowLength);
        }
        return copied;
    }

    private long copy(long start, long bytes) throws IOException {
        MemorySegment target = mirror.memory().asSlice(start, bytes);
        return file.read(target, offset + start);
    }
}
