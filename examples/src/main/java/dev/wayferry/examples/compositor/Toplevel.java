package dev.wayferry.examples.compositor;

import dev.wayferry.wire.wayland.MalformedMessageException;
import dev.wayferry.wire.wayland.WaylandReader;
import dev.wayferry.wire.wayland.XdgToplevel;
import dev.wayferry.wire.wayland.XdgWmBase;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** A window. Its size is the client's choice, except while it fills the screen. */
final class Toplevel extends Resource implements ShellSurface.ShellRole {
    private static final int MAX_STATES = 3;

    private final ShellSurface shellSurface;
    private String title = "";
    private String appId = "";
    private int x;
    private int y;
    private boolean maximized;
    private boolean fullscreen;
    private boolean activated;

    Toplevel(ShellSurface shellSurface, int id) {
        super(shellSurface, id, XdgToplevel.INTERFACE);
        this.shellSurface = shellSurface;
    }

    ShellSurface shellSurface() {
        return shellSurface;
    }

    String title() {
        return title;
    }

    String appId() {
        return appId;
    }

    /** Where the corner of the window geometry lies. */
    int x() {
        return x;
    }

    int y() {
        return y;
    }

    boolean isActivated() {
        return activated;
    }

    /** The window geometry on screen. */
    Rectangle area() {
        Rectangle geometry = shellSurface.geometry();
        return new Rectangle(x, y, geometry.width(), geometry.height());
    }

    void moveTo(int newX, int newY) {
        x = newX;
        y = newY;
        display().scene().changed();
    }

    /** Tells the client whether its window has the keyboard. */
    void setActivated(boolean nowActivated) {
        if (activated != nowActivated) {
            activated = nowActivated;
            shellSurface.reconfigure();
            if (activated) {
                shellSurface.wmBase().ping();
            }
        }
    }

    /** Asks the client to close the window. */
    void askToClose() {
        event(XdgToplevel.CLOSE_EVENT).end();
    }

    private boolean fillsScreen() {
        return maximized || fullscreen;
    }

    @Override
    public String roleName() {
        return "xdg_toplevel";
    }

    @Override
    public void sendConfigure() {
        ByteBuffer states = ByteBuffer.allocate(MAX_STATES * Integer.BYTES).order(ByteOrder.nativeOrder());
        if (maximized) {
            states.putInt(XdgToplevel.STATE_MAXIMIZED);
        }
        if (fullscreen) {
            states.putInt(XdgToplevel.STATE_FULLSCREEN);
        }
        if (activated) {
            states.putInt(XdgToplevel.STATE_ACTIVATED);
        }
        byte[] bytes = new byte[states.position()];
        states.get(0, bytes);
        event(XdgToplevel.CONFIGURE_EVENT)
                .putInt(fillsScreen() ? display().scene().width() : 0)
                .putInt(fillsScreen() ? display().scene().height() : 0)
                .putArray(bytes)
                .end();
    }

    @Override
    public void map() {
        display().scene().map(this);
        if (fillsScreen()) {
            moveTo(0, 0);
        }
        display().seat().setKeyboardFocus(shellSurface.surface());
    }

    @Override
    public void unmap() {
        display().scene().unmap(this);
        if (display().seat().keyboardFocus() == shellSurface.surface()) {
            display().seat().focusTopmost();
        }
    }

    @Override
    public void committed() {}

    @Override
    public void surfaceDestroyed() {}

    @Override
    void request(int opcode, WaylandReader args) throws ProtocolException, MalformedMessageException {
        switch (opcode) {
            case XdgToplevel.DESTROY -> destroy();
            case XdgToplevel.SET_TITLE -> title = args.readString();
            case XdgToplevel.SET_APP_ID -> appId = args.readString();
            case XdgToplevel.SET_MAXIMIZED -> {
                maximized = true;
                fill();
            }
            case XdgToplevel.UNSET_MAXIMIZED -> {
                maximized = false;
                shellSurface.reconfigure();
            }
            case XdgToplevel.SET_FULLSCREEN -> {
                fullscreen = true;
                fill();
            }
            case XdgToplevel.UNSET_FULLSCREEN -> {
                fullscreen = false;
                shellSurface.reconfigure();
            }
            case XdgToplevel.SET_PARENT -> client().nullableObject(args, Toplevel.class);
            case XdgToplevel.SET_MAX_SIZE, XdgToplevel.SET_MIN_SIZE -> {
                int width = args.readInt();
                int height = args.readInt();
                if (width < 0 || height < 0) {
                    throw shellSurface.wmBase().error(
                            XdgWmBase.ERROR_INVALID_SURFACE_STATE, "a limit of " + width + "x" + height);
                }
            }
            case XdgToplevel.SHOW_WINDOW_MENU,
                    XdgToplevel.MOVE,
                    XdgToplevel.RESIZE,
                    XdgToplevel.SET_MINIMIZED -> {
                // There is nobody who would drag windows about here.
            }
            default -> throw unhandled(opcode);
        }
    }

    private void fill() {
        shellSurface.reconfigure();
        if (shellSurface.isMapped()) {
            moveTo(0, 0);
        }
    }

    @Override
    void destroyed() {
        shellSurface.clearRole();
    }
}
