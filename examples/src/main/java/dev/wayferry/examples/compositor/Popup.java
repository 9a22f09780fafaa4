package dev.wayferry.examples.compositor;

import dev.wayferry.wire.wayland.MalformedMessageException;
import dev.wayferry.wire.wayland.WaylandReader;
import dev.wayferry.wire.wayland.XdgPopup;
import dev.wayferry.wire.wayland.XdgWmBase;

/** A menu or the like, beside its parent. */
final class Popup extends Resource implements ShellSurface.ShellRole {
    private final ShellSurface shellSurface;
    private final ShellSurface parent;
    private PopupPlacement placement;
    private Rectangle area = new Rectangle(0, 0, 0, 0);
    private boolean grabs;

    Popup(ShellSurface shellSurface, int id, ShellSurface parent, PopupPlacement placement) {
        super(shellSurface, id, XdgPopup.INTERFACE);
        this.shellSurface = shellSurface;
        this.parent = parent;
        this.placement = placement;
    }

    ShellSurface shellSurface() {
        return shellSurface;
    }

    ShellSurface parent() {
        return parent;
    }

    /** Where it lies relative to the parent's window geometry. */
    int x() {
        return area.x();
    }

    int y() {
        return area.y();
    }

    /** Tells the client that the user has turned to something else. */
    void dismiss() {
        event(XdgPopup.POPUP_DONE_EVENT).end();
    }

    @Override
    public String roleName() {
        return "xdg_popup";
    }

    @Override
    public void sendConfigure() {
        int parentX = 0;
        int parentY = 0;
        ShellSurface above = parent;
        while (above.role() instanceof Popup popup) {
            parentX += popup.x();
            parentY += popup.y();
            above = popup.parent;
        }
        if (above.role() instanceof Toplevel window) {
            parentX += window.x();
            parentY += window.y();
        }
        Scene scene = display().scene();
        area = placement.resolve(parentX, parentY, scene.width(), scene.height());
        scene.changed();
        event(XdgPopup.CONFIGURE_EVENT)
                .putInt(area.x())
                .putInt(area.y())
                .putInt(area.width())
                .putInt(area.height())
                .end();
    }

    @Override
    public void map() {
        parent.addPopup(this);
        if (grabs) {
            display().seat().addGrab(this);
            display().seat().setKeyboardFocus(shellSurface.surface());
        }
        display().scene().changed();
    }

    @Override
    public void unmap() {
        parent.removePopup(this);
        display().seat().removeGrab(this);
        display().scene().changed();
    }

    @Override
    public void committed() {}

    @Override
    public void surfaceDestroyed() {}

    @Override
    void request(int opcode, WaylandReader args) throws ProtocolException, MalformedMessageException {
        switch (opcode) {
            case XdgPopup.DESTROY -> {
                if (!shellSurface.popups().isEmpty()) {
                    throw shellSurface.wmBase().error(
                            XdgWmBase.ERROR_NOT_THE_TOPMOST_POPUP, this + " has a popup above it");
                }
                destroy();
            }
            case XdgPopup.GRAB -> {
                client().object(args, SeatResource.class);
                if (shellSurface.isMapped()) {
                    throw error(XdgPopup.ERROR_INVALID_GRAB, "is shown already");
                }
                grabs = true;
            }
            case XdgPopup.REPOSITION -> {
                placement = client().object(args, Positioner.class).placement();
                int token = args.readInt();
                event(XdgPopup.REPOSITIONED_EVENT).putInt(token).end();
                shellSurface.configure();
            }
            default -> throw unhandled(opcode);
        }
    }

    @Override
    void destroyed() {
        shellSurface.clearRole();
    }
}
