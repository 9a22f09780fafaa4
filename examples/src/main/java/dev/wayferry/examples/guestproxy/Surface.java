package dev.wayferry.examples.guestproxy;

import dev.wayferry.wire.wayland.WlOutput;
import dev.wayferry.wire.wayland.WlSurface;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A {@code wl_surface}: which buffer it shows, and which part of it a commit changes. */
final class Surface extends WaylandObject {
    /** The buffers that it showed and that may come again. */
    private final List<ShmBuffer> shown = new ArrayList<>();

    private final DamageRegion surfaceDamage = new DamageRegion();
    private final DamageRegion bufferDamage = new DamageRegion();
    private final DamageRegion damage = new DamageRegion();
    private @Nullable ShmBuffer current;
    private @Nullable ShmBuffer attached;
    private boolean attachPending;
    private int scale = 1;
    private int transform = WlOutput.TRANSFORM_NORMAL;
    private boolean cropped;
    private boolean mappingChanged;

    Surface(int id) {
        super(id, WlSurface.INTERFACE.name());
    }

    /** {@code attach}: what the next commit shows; null for nothing, or a buffer that is not in shared memory. */
    void attach(@Nullable ShmBuffer buffer) {
        attached = buffer;
        attachPending = true;
    }

    /** {@code damage}, in the surface's coordinates. */
    void damage(int x, int y, int width, int height) {
        surfaceDamage.add(x, y, width, height);
    }

    /** {@code damage_buffer}, in the buffer's pixels. */
    void damageBuffer(int x, int y, int width, int height) {
        bufferDamage.add(x, y, width, height);
    }

    void scale(int newScale) {
        mappingChanged |= newScale != scale;
        scale = newScale;
    }

    void transform(int newTransform) {
        mappingChanged |= newTransform != transform;
        transform = newTransform;
    }

    /** Whether a viewport shows a part of the buffer, or shows it at another size. */
    void cropped(boolean nowCropped) {
        mappingChanged |= nowCropped != cropped;
        cropped = nowCropped;
    }

    /** Forgets a buffer that is destroyed or that another surface shows. */
    void forget(ShmBuffer buffer) {
        shown.remove(buffer);
    }

    /** The surface is destroyed: its buffers may serve others. */
    void forgetAll() {
        for (ShmBuffer buffer : shown) {
            buffer.surface(null);
        }
        shown.clear();
    }

    /**
     * {@code commit}: brings the mirror of the buffer that is shown now up to date.
     *
     * @return the bytes copied
     */
    long commit() throws IOException {
        ShmBuffer before = alive(current);
        boolean attaches = attachPending;
        if (attaches) {
            current = attached;
            attached = null;
            attachPending = false;
        }
        ShmBuffer buffer = alive(current);
        collectDamage(before, buffer);
        if (buffer == null) {
            return 0;
        }
        if (!attaches && damage.isEmpty()) {
            return 0;
        }
        if (buffer.surface() != this) {
            Surface other = buffer.surface();
            if (other != null) {
                other.forget(buffer);
            }
            buffer.surface(this);
            buffer.stale().addWhole();
            shown.add(buffer);
        }
        for (ShmBuffer each : shown) {
            each.stale().add(damage);
        }
        if (attaches) {
            buffer.busy(true);
        }
        return buffer.refresh();
    }

    private static @Nullable ShmBuffer alive(@Nullable ShmBuffer buffer) {
        return buffer == null || buffer.isDestroyed() ? null : buffer;
    }

    /** What the commit changes, in pixels of its buffer and of every other that this surface showed. */
    private void collectDamage(@Nullable ShmBuffer before, @Nullable ShmBuffer buffer) {
        damage.clear();
        boolean comparable = before != null
                && buffer != null
                && before.width() == buffer.width()
                && before.height() == buffer.height()
                && !mappingChanged;
        if (!comparable && (before != buffer || mappingChanged)) {
            damage.addWhole();
        }
        damage.add(bufferDamage);
        if (!surfaceDamage.isEmpty()) {
            if (transform != WlOutput.TRANSFORM_NORMAL || cropped || scale < 1) {
                damage.addWhole();
            } else {
                damage.addScaled(surfaceDamage, scale);
            }
        }
        surfaceDamage.clear();
        bufferDamage.clear();
        mappingChanged = false;
    }
}
