package dev.wayferry.examples.compositor;

import dev.wayferry.wire.wayland.MalformedMessageException;
import dev.wayferry.wire.wayland.WaylandReader;
import dev.wayferry.wire.wayland.WlOutput;
import dev.wayferry.wire.wayland.WlSurface;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** wl_surface: pending state, the state in force, the copy of its content, and the surfaces that are parts of it. */
final class Surface extends Resource {
    private static final int TRANSFORM_90 = WlOutput.TRANSFORM_90;
    private static final int OFFSET_SINCE = 5;

    private final long number;
    private final SurfaceState pending = new SurfaceState();
    private final List<CallbackResource> frameCallbacks = new ArrayList<>();
    /** This surface and its parts, bottom first: as the next commit will have it, and as it is. */
    private final List<Surface> pendingStack = new ArrayList<>();

    private List<Surface> stack;
    private @Nullable SurfaceImage image;
    private @Nullable Region inputRegion;
    private int scale = 1;
    private int transform;
    private long frames;
    private @Nullable String roleName;
    private @Nullable Role role;

    Surface(Resource parent, int id) {
        super(parent, id, WlSurface.INTERFACE);
        number = parent.display().scene().nextSurfaceNumber();
        pendingStack.add(this);
        stack = List.of(this);
    }

    /** A number that no other surface of this compositor ever has. */
    long number() {
        return number;
    }

    @Nullable Role role() {
        return role;
    }

    @Nullable SurfaceImage image() {
        return image;
    }

    /** How many buffers were committed. */
    long frames() {
        return frames;
    }

    int scale() {
        return scale;
    }

    int transform() {
        return transform;
    }

    private boolean isTurned() {
        return (transform & TRANSFORM_90) != 0;
    }

    /** The width in surface coordinates; 0 without content. */
    int width() {
        return image == null ? 0 : (isTurned() ? image.height() : image.width()) / scale;
    }

    /** The height in surface coordinates; 0 without content. */
    int height() {
        return image == null ? 0 : (isTurned() ? image.width() : image.height()) / scale;
    }

    /** Whether a pointer at that place of the surface is for it. */
    boolean acceptsInput(double x, double y) {
        return image != null
                && x >= 0
                && y >= 0
                && x < width()
                && y < height()
                && Region.contains(inputRegion, x, y);
    }

    /** Gives the surface its role; false when it has, or had, another. */
    boolean setRole(Role newRole) {
        if (role != null || (roleName != null && !roleName.equals(newRole.roleName()))) {
            return false;
        }
        role = newRole;
        roleName = newRole.roleName();
        return true;
    }

    /** The role's object is gone; the surface may only get one of the same name again. */
    void clearRole() {
        role = null;
    }

    /** Whether content has been attached, or is about to be. */
    boolean hasBuffer() {
        return image != null || pending.buffer != null;
    }

    /** This surface and its parts, bottom first. */
    List<Surface> stack() {
        return stack;
    }

    /** The same as the next commit will have it; for subsurfaces to change. */
    List<Surface> pendingStack() {
        return pendingStack;
    }

    /** Takes a part away at once, as its destruction does. */
    void removePart(Surface part) {
        pendingStack.remove(part);
        var rest = new ArrayList<>(stack);
        rest.remove(part);
        stack = rest;
    }

    @Override
    void request(int opcode, WaylandReader args) throws ProtocolException, MalformedMessageException {
        switch (opcode) {
            case WlSurface.DESTROY -> destroy();
            case WlSurface.ATTACH -> attach(args);
            case WlSurface.DAMAGE, WlSurface.DAMAGE_BUFFER ->
                pending.addDamage(new SurfaceState.Damage(
                        opcode == WlSurface.DAMAGE_BUFFER,
                        args.readInt(),
                        args.readInt(),
                        args.readInt(),
                        args.readInt()));
            case WlSurface.FRAME ->
                pending.frameCallbacks.add(client().add(new CallbackResource(this, client().newId(args))));
            case WlSurface.SET_OPAQUE_REGION -> client().nullableObject(args, RegionResource.class);
            case WlSurface.SET_INPUT_REGION -> {
                RegionResource region = client().nullableObject(args, RegionResource.class);
                pending.inputRegionSet = true;
                pending.inputRegion = region == null ? null : region.region();
            }
            case WlSurface.COMMIT -> commit();
            case WlSurface.SET_BUFFER_TRANSFORM -> {
                int value = args.readInt();
                if (value < 0 || value > WlOutput.TRANSFORM_FLIPPED_270) {
                    throw error(WlSurface.ERROR_INVALID_TRANSFORM, "transform " + value);
                }
                pending.transform = value;
            }
            case WlSurface.SET_BUFFER_SCALE -> {
                int value = args.readInt();
                if (value <= 0) {
                    throw error(WlSurface.ERROR_INVALID_SCALE, "scale " + value);
                }
                pending.scale = value;
            }
            case WlSurface.OFFSET -> {
                args.readInt();
                args.readInt();
            }
            default -> throw unhandled(opcode);
        }
    }

    private void attach(WaylandReader args) throws ProtocolException, MalformedMessageException {
        ShmBuffer buffer = client().nullableObject(args, ShmBuffer.class);
        int x = args.readInt();
        int y = args.readInt();
        if (version() >= OFFSET_SINCE && (x != 0 || y != 0)) {
            throw error(WlSurface.ERROR_INVALID_OFFSET, "attach with offset " + x + "," + y);
        }
        pending.attached = true;
        pending.buffer = buffer;
    }

    private void commit() throws ProtocolException {
        if (role != null) {
            role.beforeCommit(pending.attached && pending.buffer != null);
        }
        if (role instanceof Subsurface part) {
            part.cached().merge(pending);
            if (!part.isSynchronized()) {
                apply(part.cached());
            }
        } else {
            apply(pending);
        }
    }

    /** Brings {@code state}, which is emptied, into force, and with it what the parts had waiting for it. */
    void apply(SurfaceState state) throws ProtocolException {
        if (state.scale != 0) {
            scale = state.scale;
        }
        if (state.transform >= 0) {
            transform = state.transform;
        }
        if (state.attached) {
            takeContent(state);
        }
        if (state.inputRegionSet) {
            inputRegion = state.inputRegion;
        }
        frameCallbacks.addAll(state.frameCallbacks);
        state.clear();
        stack = List.copyOf(pendingStack);
        for (Surface part : stack) {
            if (part != this && part.role instanceof Subsurface subsurface) {
                subsurface.parentApplied();
            }
        }
        if (role != null) {
            role.committed();
        }
        display().scene().changed();
    }

    private void takeContent(SurfaceState state) throws ProtocolException {
        ShmBuffer buffer = state.buffer;
        if (buffer == null) {
            dropImage();
            return;
        }
        if (!buffer.isAlive()) {
            // Destroyed before its commit: the protocol leaves the content undefined, here it stays.
            return;
        }
        if (buffer.width() % scale != 0 || buffer.height() % scale != 0) {
            throw error(
                    WlSurface.ERROR_INVALID_SIZE,
                    "a buffer of " + buffer.width() + "x" + buffer.height() + " at scale " + scale);
        }
        SurfaceImage old = image;
        if (old == null
                || old.width() != buffer.width()
                || old.height() != buffer.height()
                || old.opaque() != buffer.isOpaque()) {
            long size = (long) buffer.width() * buffer.height();
            dropImage();
            client().countPixels(size);
            image = new SurfaceImage(buffer.width(), buffer.height(), buffer.isOpaque(), new int[(int) size]);
            copy(buffer, image, new Rectangle(0, 0, buffer.width(), buffer.height()));
        } else if (state.damagedWholly) {
            copy(buffer, old, new Rectangle(0, 0, buffer.width(), buffer.height()));
        } else {
            for (SurfaceState.Damage damage : state.damage) {
                copy(buffer, old, inBuffer(damage, buffer));
            }
        }
        frames++;
        buffer.release();
    }

    private void copy(ShmBuffer buffer, SurfaceImage target, Rectangle area) throws ProtocolException {
        if (!area.isEmpty()) {
            display().shm().copy(buffer, area.x(), area.y(), area.width(), area.height(), target.pixels());
        }
    }

    /** The pixels that a damaged rectangle covers; all of them where the surface is turned. */
    private Rectangle inBuffer(SurfaceState.Damage damage, ShmBuffer buffer) {
        int width = buffer.width();
        int height = buffer.height();
        if (damage.inBuffer()) {
            return Rectangle.clipped(damage.x(), damage.y(), damage.width(), damage.height(), width, height);
        }
        if (transform != WlOutput.TRANSFORM_NORMAL) {
            return new Rectangle(0, 0, width, height);
        }
        return Rectangle.clipped(
                (long) damage.x() * scale,
                (long) damage.y() * scale,
                (long) damage.width() * scale,
                (long) damage.height() * scale,
                width,
                height);
    }

    private void dropImage() {
        if (image != null) {
            client().releasePixels(image.pixels().length);
            image = null;
        }
    }

    boolean waitsForFrame() {
        return !frameCallbacks.isEmpty();
    }

    /** Tells the client that it is time for its next frame. */
    void frameDone(int time) {
        var due = List.copyOf(frameCallbacks);
        frameCallbacks.clear();
        for (CallbackResource callback : due) {
            callback.done(time);
        }
    }

    @Override
    void destroyed() {
        if (role != null) {
            role.surfaceDestroyed();
            role = null;
        }
        for (CallbackResource callback : frameCallbacks) {
            callback.destroy();
        }
        for (CallbackResource callback : pending.frameCallbacks) {
            callback.destroy();
        }
        for (Surface part : List.copyOf(pendingStack)) {
            if (part != this && part.role instanceof Subsurface subsurface) {
                subsurface.parentDestroyed();
            }
        }
        dropImage();
        display().scene().removeSurface(this);
        display().seat().surfaceGone(this);
        display().data().surfaceGone(this);
    }
}
