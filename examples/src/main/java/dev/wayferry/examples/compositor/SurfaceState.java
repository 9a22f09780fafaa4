package dev.wayferry.examples.compositor;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a client has asked of a surface and a commit has not yet brought into force. */
final class SurfaceState {
    private static final int MAX_DAMAGE = 64;

    /** A damaged rectangle, in the surface's or the buffer's coordinates, as large as the client likes. */
    record Damage(boolean inBuffer, int x, int y, int width, int height) {}

    boolean attached;
    @Nullable ShmBuffer buffer;
    boolean inputRegionSet;
    @Nullable Region inputRegion;
    int scale;
    int transform = -1;
    final List<Damage> damage = new ArrayList<>();
    boolean damagedWholly;
    final List<CallbackResource> frameCallbacks = new ArrayList<>();

    void addDamage(Damage rectangle) {
        if (damage.size() == MAX_DAMAGE) {
            damagedWholly = true;
        } else {
            damage.add(rectangle);
        }
    }

    /** Brings {@code newer}, which is emptied, on top of this one. */
    void merge(SurfaceState newer) {
        if (newer.attached) {
            if (buffer != null && buffer != newer.buffer) {
                buffer.release();
            }
            attached = true;
            buffer = newer.buffer;
        }
        if (newer.inputRegionSet) {
            inputRegionSet = true;
            inputRegion = newer.inputRegion;
        }
        if (newer.scale != 0) {
            scale = newer.scale;
        }
        if (newer.transform >= 0) {
            transform = newer.transform;
        }
        for (Damage rectangle : newer.damage) {
            addDamage(rectangle);
        }
        damagedWholly |= newer.damagedWholly;
        frameCallbacks.addAll(newer.frameCallbacks);
        newer.clear();
    }

    void clear() {
        attached = false;
        buffer = null;
        inputRegionSet = false;
        inputRegion = null;
        scale = 0;
        transform = -1;
        damage.clear();
        damagedWholly = false;
        frameCallbacks.clear();
    }
}
