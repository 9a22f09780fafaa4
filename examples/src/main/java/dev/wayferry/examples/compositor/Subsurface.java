package dev.wayferry.examples.compositor;

import dev.wayferry.wire.wayland.MalformedMessageException;
import dev.wayferry.wire.wayland.WaylandReader;
import dev.wayferry.wire.wayland.WlSubsurface;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A surface as part of another: where it lies, and whether its commits wait for the parent's. */
final class Subsurface extends Resource implements Role {
    private final Surface surface;
    private final SurfaceState cached = new SurfaceState();
    private @Nullable Surface parent;
    private boolean synchronizedMode = true;
    private int pendingX;
    private int pendingY;
    private int x;
    private int y;

    Subsurface(Resource factory, int id, Surface surface, Surface parent) {
        super(factory, id, WlSubsurface.INTERFACE);
        this.surface = surface;
        this.parent = parent;
    }

    /** Null once the parent is destroyed. */
    @Nullable Surface parent() {
        return parent;
    }

    int x() {
        return x;
    }

    int y() {
        return y;
    }

    /** What was committed and waits for the parent. */
    SurfaceState cached() {
        return cached;
    }

    /** Whether it is, or any surface that it is part of. */
    boolean isSynchronized() {
        return synchronizedMode
                || (parent != null && parent.role() instanceof Subsurface above && above.isSynchronized());
    }

    @Override
    public String roleName() {
        return "wl_subsurface";
    }

    /** The parent's commit is in force. */
    void parentApplied() throws ProtocolException {
        x = pendingX;
        y = pendingY;
        if (isSynchronized()) {
            surface.apply(cached);
        }
    }

    void parentDestroyed() {
        parent = null;
    }

    @Override
    void request(int opcode, WaylandReader args) throws ProtocolException, MalformedMessageException {
        switch (opcode) {
            case WlSubsurface.DESTROY -> destroy();
            case WlSubsurface.SET_POSITION -> {
                pendingX = args.readInt();
                pendingY = args.readInt();
            }
            case WlSubsurface.PLACE_ABOVE -> place(client().object(args, Surface.class), 1);
            case WlSubsurface.PLACE_BELOW -> place(client().object(args, Surface.class), 0);
            case WlSubsurface.SET_SYNC -> synchronizedMode = true;
            case WlSubsurface.SET_DESYNC -> {
                synchronizedMode = false;
                if (surface.isAlive() && !isSynchronized()) {
                    surface.apply(cached);
                }
            }
            default -> throw unhandled(opcode);
        }
    }

    private void place(Surface reference, int distance) throws ProtocolException {
        if (parent == null) {
            return;
        }
        List<Surface> stack = parent.pendingStack();
        if (reference == surface || !stack.contains(reference)) {
            throw error(WlSubsurface.ERROR_BAD_SURFACE, reference + " is neither the parent nor another part of it");
        }
        stack.remove(surface);
        stack.add(stack.indexOf(reference) + distance, surface);
    }

    @Override
    public void surfaceDestroyed() {
        leaveParent();
    }

    @Override
    void destroyed() {
        leaveParent();
        if (surface.role() == this) {
            surface.clearRole();
        }
    }

    private void leaveParent() {
        for (CallbackResource callback : cached.frameCallbacks) {
            callback.destroy();
        }
        cached.clear();
        if (parent != null) {
            parent.removePart(surface);
            parent = null;
            display().scene().changed();
        }
    }
}
