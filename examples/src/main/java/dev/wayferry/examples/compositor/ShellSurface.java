package dev.wayferry.examples.compositor;

import dev.wayferry.wire.wayland.MalformedMessageException;
import dev.wayferry.wire.wayland.WaylandReader;
import dev.wayferry.wire.wayland.XdgSurface;
import dev.wayferry.wire.wayland.XdgWmBase;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** xdg_surface: what windows and popups have in common, which is to be configured before they are shown. */
final class ShellSurface extends Resource implements Role {
    /** What the surface is in xdg-shell. */
    interface ShellRole {
        String roleName();

        /** Sends the role's own configure event; {@code xdg_surface.configure} follows. */
        void sendConfigure();

        /** The surface has content for the first time, or again. */
        void map();

        /** The surface has no content any more. */
        void unmap();

        /** A commit of a mapped surface is in force. */
        void committed();

        /** The surface is destroyed before this role, which it must not be. */
        void surfaceDestroyed();
    }

    /** Older configurations are forgotten: a client that still acknowledges one is out of its senses. */
    private static final int MAX_CONFIGURES = 1024;

    private final WmBase wmBase;
    private final Surface surface;
    private final Deque<Integer> configures = new ArrayDeque<>();
    private final List<Popup> popups = new ArrayList<>();
    private @Nullable ShellRole role;
    private boolean initialCommitSeen;
    private boolean acknowledged;
    /** The first configuration since the initial commit; acknowledging an older one does not count. */
    private int firstSerial;
    private boolean mapped;
    private @Nullable Rectangle pendingGeometry;
    private @Nullable Rectangle geometry;

    ShellSurface(WmBase wmBase, int id, Surface surface) {
        super(wmBase, id, XdgSurface.INTERFACE);
        this.wmBase = wmBase;
        this.surface = surface;
    }

    /** The window that a surface is, or is a part or a popup of; null when there is none. */
    static @Nullable Toplevel windowOf(Surface surface) {
        Surface each = surface;
        while (each != null) {
            if (each.role() instanceof Subsurface part) {
                each = part.parent();
            } else if (each.role() instanceof ShellSurface shellSurface) {
                if (shellSurface.role instanceof Toplevel window) {
                    return window;
                }
                each = shellSurface.role instanceof Popup popup ? popup.parent().surface() : null;
            } else {
                return null;
            }
        }
        return null;
    }

    WmBase wmBase() {
        return wmBase;
    }

    Surface surface() {
        return surface;
    }

    @Nullable ShellRole role() {
        return role;
    }

    boolean isMapped() {
        return mapped;
    }

    /** The window geometry: as the client set it, else the surface with its parts. */
    Rectangle geometry() {
        if (geometry != null) {
            return geometry;
        }
        var bounds = new ArrayList<>(List.of(new Rectangle(0, 0, 0, 0)));
        Scene.visitTree(
                surface,
                0,
                0,
                (part, x, y) -> bounds.set(
                        0, bounds.getFirst().union(new Rectangle(x, y, part.width(), part.height()))));
        return bounds.getFirst();
    }

    /** The popups of this surface, bottom first. */
    List<Popup> popups() {
        return Collections.unmodifiableList(popups);
    }

    void addPopup(Popup popup) {
        popups.add(popup);
    }

    void removePopup(Popup popup) {
        popups.remove(popup);
    }

    /** Sends the role's configure event and the one that completes it. */
    void configure() {
        if (role == null) {
            return;
        }
        role.sendConfigure();
        int serial = display().nextSerial();
        if (configures.size() == MAX_CONFIGURES) {
            configures.remove();
        }
        configures.add(serial);
        event(XdgSurface.CONFIGURE_EVENT).putInt(serial).end();
    }

    /** Sends a new configuration, unless the first commit will bring one anyway. */
    void reconfigure() {
        if (initialCommitSeen) {
            configure();
        }
    }

    /** The role's object is gone, and the surface is hidden. */
    void clearRole() {
        hide();
        role = null;
    }

    @Override
    public String roleName() {
        return role == null ? "xdg_surface" : role.roleName();
    }

    @Override
    void request(int opcode, WaylandReader args) throws ProtocolException, MalformedMessageException {
        switch (opcode) {
            case XdgSurface.DESTROY -> {
                if (role != null) {
                    throw wmBase.error(
                            XdgWmBase.ERROR_DEFUNCT_SURFACES, this + " still has its role");
                }
                destroy();
            }
            case XdgSurface.GET_TOPLEVEL ->
                setRole(client().add(new Toplevel(this, client().newId(args))));
            case XdgSurface.GET_POPUP -> {
                int id = client().newId(args);
                ShellSurface parent = client().nullableObject(args, ShellSurface.class);
                Positioner positioner = client().object(args, Positioner.class);
                if (parent == null) {
                    throw wmBase.error(
                            XdgWmBase.ERROR_INVALID_POPUP_PARENT, "a popup without a parent");
                }
                setRole(client().add(new Popup(this, id, parent, positioner.placement())));
            }
            case XdgSurface.SET_WINDOW_GEOMETRY -> {
                int x = args.readInt();
                int y = args.readInt();
                int width = args.readInt();
                int height = args.readInt();
                if (role == null) {
                    throw notConstructed();
                }
                if (width <= 0 || height <= 0) {
                    throw error(
                            XdgSurface.ERROR_INVALID_SIZE, "geometry of " + width + "x" + height);
                }
                pendingGeometry = new Rectangle(x, y, width, height);
            }
            case XdgSurface.ACK_CONFIGURE -> acknowledge(args.readInt());
            default -> throw unhandled(opcode);
        }
    }

    private void setRole(ShellRole newRole) throws ProtocolException {
        if (role != null) {
            throw error(XdgSurface.ERROR_ALREADY_CONSTRUCTED, "has a role already");
        }
        role = newRole;
        if (!surface.setRole(this)) {
            throw wmBase.error(XdgWmBase.ERROR_ROLE, surface + " has another role");
        }
    }

    private void acknowledge(int serial) throws ProtocolException {
        if (role == null) {
            throw notConstructed();
        }
        if (!configures.contains(serial)) {
            throw error(XdgSurface.ERROR_INVALID_SERIAL, "serial " + serial + " was not sent");
        }
        while (configures.remove() != serial) {
            // An older one, which this acknowledges too.
        }
        acknowledged |= serial - firstSerial >= 0;
    }

    private ProtocolException notConstructed() {
        return error(XdgSurface.ERROR_NOT_CONSTRUCTED, "has no role yet");
    }

    @Override
    public void beforeCommit(boolean withBuffer) throws ProtocolException {
        if (withBuffer && !acknowledged) {
            throw error(
                    XdgSurface.ERROR_UNCONFIGURED_BUFFER,
                    "a buffer before the first configuration is acknowledged");
        }
    }

    @Override
    public void committed() {
        ShellRole current = role;
        if (current == null) {
            return;
        }
        if (pendingGeometry != null) {
            geometry = pendingGeometry;
            pendingGeometry = null;
        }
        if (!initialCommitSeen) {
            initialCommitSeen = true;
            firstSerial = display().nextSerial();
            configure();
        } else if (surface.image() != null && !mapped) {
            mapped = true;
            display().notifyOutput(surface, true);
            current.map();
        } else if (surface.image() == null && mapped) {
            hide();
        }
        if (mapped) {
            current.committed();
        }
    }

    /** After this the surface starts anew, with an initial commit. */
    private void hide() {
        if (mapped) {
            mapped = false;
            if (surface.isAlive()) {
                display().notifyOutput(surface, false);
            }
            if (role != null) {
                role.unmap();
            }
        }
        initialCommitSeen = false;
        acknowledged = false;
        geometry = null;
        pendingGeometry = null;
    }

    @Override
    public void surfaceDestroyed() {
        hide();
        if (role != null) {
            role.surfaceDestroyed();
        }
    }

    @Override
    void destroyed() {
        if (role != null) {
            clearRole();
        }
        if (surface.role() == this) {
            surface.clearRole();
        }
        wmBase.surfaceDestroyed();
    }
}
