package dev.wayferry.bridge.mirror;

import dev.wayferry.wire.wayland.WlSurface;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A {@code wl_surface}: which buffer it shows, and which rows of it a commit changes. */
final class Surface extends Tracked {
    /**
     * Buffers of whose damage an account is kept; programs have two to four of a surface. Each commit walks them all, and a
     * SEND has room for some ten thousand commits.
     */
    static final int MAX_SHOWN = 32;

    /** The buffers that it showed and that may come again, the one shown last at the end. */
    private final List<Buffer> shown = new ArrayList<>();

    private @Nullable Buffer current;
    private @Nullable Buffer attached;
    private boolean attachPending;
    private int scale = 1;
    private boolean transformed;
    private boolean mappingChanged;

    /** Rows of the buffer that are damaged, all of them, or none. */
    private long top = Long.MAX_VALUE;

    private long bottom = Long.MIN_VALUE;
    private boolean whole;

    /** Rows in the surface's own coordinates. */
    private long surfaceTop = Long.MAX_VALUE;

    private long surfaceBottom = Long.MIN_VALUE;

    Surface() {
        super(WlSurface.INTERFACE);
    }

    /** {@code attach}: what the next commit shows; null for nothing, or a buffer that is not mirrored. */
    void attach(@Nullable Buffer buffer) {
        attached = buffer;
        attachPending = true;
    }

    /** {@code damage}, in the surface's coordinates. */
    void damage(int y, int height) {
        surfaceTop = Math.min(surfaceTop, y);
        surfaceBottom = Math.max(surfaceBottom, (long) y + height);
    }

    /** {@code damage_buffer}, in the buffer's pixels. */
    void damageBuffer(int y, int height) {
        top = Math.min(top, y);
        bottom = Math.max(bottom, (long) y + height);
    }

    void scale(int newScale) {
        mappingChanged |= newScale != scale;
        scale = newScale;
    }

    /**
     * A transform or a viewport lies between the surface's coordinates and the buffer's, from now on: damage of the one
     * says nothing about the other.
     */
    void transformed() {
        mappingChanged = true;
        transformed = true;
    }

    /** Forgets a buffer that is destroyed, or that is shown anew, by this surface or another. */
    void forget(Buffer buffer) {
        shown.remove(buffer);
    }

    /** {@code commit}: returns the buffer whose mirror has to be brought up to date, if there is one. */
    @Nullable Buffer commit() {
        Buffer before = alive(current);
        boolean attaches = attachPending;
        if (attaches) {
            current = attached;
            attached = null;
            attachPending = false;
        }
        Buffer buffer = alive(current);
        collectDamage(before, buffer);
        boolean damaged = whole || top < bottom;
        Buffer stale = null;
        if (buffer != null && (attaches || damaged)) {
            show(buffer);
            for (Buffer each : shown) {
                if (whole) {
                    each.addAll();
                } else {
                    each.add(top, bottom);
                }
            }
            stale = buffer;
        }
        top = Long.MAX_VALUE;
        bottom = Long.MIN_VALUE;
        whole = false;
        return stale;
    }

    private void show(Buffer buffer) {
        Surface before = buffer.surface();
        if (before != null) {
            before.forget(buffer);
        }
        if (before != this) {
            buffer.surface(this);
            buffer.addAll();
        }
        if (shown.size() == MAX_SHOWN) {
            // When it comes again it is one that was never shown, and all of it may differ.
            shown.removeFirst().surface(null);
        }
        shown.add(buffer);
    }

    private static @Nullable Buffer alive(@Nullable Buffer buffer) {
        return buffer == null || buffer.isDropped() ? null : buffer;
    }

    /** What the commit changes in its buffer, and in every other that this surface showed. */
    private void collectDamage(@Nullable Buffer before, @Nullable Buffer buffer) {
        boolean comparable = before != null && buffer != null && before.width() == buffer.width()
                && before.height() == buffer.height();
        if (mappingChanged || (!comparable && before != buffer)) {
            whole = true;
        }
        if (surfaceTop < surfaceBottom) {
            if (transformed || scale < 1) {
                whole = true;
            } else {
                top = Math.min(top, surfaceTop * scale);
                bottom = Math.max(bottom, surfaceBottom * scale);
            }
        }
        surfaceTop = Long.MAX_VALUE;
        surfaceBottom = Long.MIN_VALUE;
        mappingChanged = false;
    }

    /** Its buffers may serve other surfaces. */
    @Override
    void drop() {
        shown.forEach(buffer -> buffer.surface(null));
        shown.clear();
    }
}
