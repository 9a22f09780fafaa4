package dev.wayferry.examples.compositor;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Which windows there are, where they lie and which is above which. */
final class Scene {
    private static final int CASCADE_STEP = 32;

    /** Told of each visible surface and where its corner lies. */
    interface Visitor {
        void visit(Surface surface, int x, int y);
    }

    /** A surface and a place on it. */
    record Hit(Surface surface, double x, double y) {}

    private final int width;
    private final int height;
    private final Set<Surface> surfaces = new LinkedHashSet<>();
    /** Mapped windows, bottom first. */
    private final List<Toplevel> windows = new ArrayList<>();

    private long surfaceNumbers;
    private boolean changed;

    Scene(int width, int height) {
        this.width = width;
        this.height = height;
    }

    int width() {
        return width;
    }

    int height() {
        return height;
    }

    long nextSurfaceNumber() {
        return ++surfaceNumbers;
    }

    void addSurface(Surface surface) {
        surfaces.add(surface);
    }

    void removeSurface(Surface surface) {
        surfaces.remove(surface);
        changed = true;
    }

    Set<Surface> surfaces() {
        return Collections.unmodifiableSet(surfaces);
    }

    /** Notes that something may lie elsewhere now. */
    void changed() {
        changed = true;
    }

    /** Whether something changed since this was last asked. */
    boolean takeChanged() {
        boolean was = changed;
        changed = false;
        return was;
    }

    List<Toplevel> windows() {
        return Collections.unmodifiableList(windows);
    }

    /** The window on top, of a client that is not just ending; null when there is none. */
    @Nullable Toplevel topmost() {
        for (Toplevel window : windows.reversed()) {
            if (!window.client().hasEnded()) {
                return window;
            }
        }
        return null;
    }

    /** Puts a window on top. */
    void raise(Toplevel window) {
        if (windows.remove(window)) {
            windows.add(window);
            changed = true;
        }
    }

    /** Shows a window on top, where it covers no other if there is such a place. */
    void map(Toplevel window) {
        place(window);
        windows.add(window);
        changed = true;
    }

    void unmap(Toplevel window) {
        windows.remove(window);
        changed = true;
    }

    /** Tries the corners that the edges of the other windows make, row by row. */
    private void place(Toplevel window) {
        Rectangle size = window.shellSurface().geometry();
        var columns = new ArrayList<>(List.of(0));
        var rows = new ArrayList<>(List.of(0));
        for (Toplevel other : windows) {
            Rectangle area = other.area();
            columns.add(area.x() + area.width());
            rows.add(area.y() + area.height());
        }
        Collections.sort(columns);
        Collections.sort(rows);
        for (int y : rows) {
            for (int x : columns) {
                var area = new Rectangle(x, y, size.width(), size.height());
                if (x >= 0 && y >= 0 && x + area.width() <= width && y + area.height() <= height && isFree(area)) {
                    window.moveTo(x, y);
                    return;
                }
            }
        }
        int step = CASCADE_STEP * windows.size();
        window.moveTo(
                step % Math.max(1, width - size.width()), step % Math.max(1, height - size.height()));
    }

    private boolean isFree(Rectangle area) {
        for (Toplevel window : windows) {
            if (window.area().intersects(area)) {
                return false;
            }
        }
        return true;
    }

    /** Every visible surface, bottom first. */
    void visit(Visitor visitor) {
        for (Toplevel window : windows) {
            visitWindow(window.shellSurface(), window.x(), window.y(), visitor);
        }
    }

    /** A surface of xdg-shell with its popups above it; {@code x,y} is where the corner of its window geometry lies. */
    private void visitWindow(ShellSurface window, int x, int y, Visitor visitor) {
        Rectangle geometry = window.geometry();
        visitTree(window.surface(), x - geometry.x(), y - geometry.y(), visitor);
        for (Popup popup : window.popups()) {
            if (popup.shellSurface().isMapped()) {
                visitWindow(popup.shellSurface(), x + popup.x(), y + popup.y(), visitor);
            }
        }
    }

    /** A surface with its parts. */
    static void visitTree(Surface surface, int x, int y, Visitor visitor) {
        if (surface.image() == null) {
            // Parts of a surface without content are not shown either.
            return;
        }
        for (Surface part : surface.stack()) {
            if (part == surface) {
                visitor.visit(surface, x, y);
            } else if (part.role() instanceof Subsurface subsurface) {
                visitTree(part, x + subsurface.x(), y + subsurface.y(), visitor);
            }
        }
    }

    /** The topmost surface that wants input at that place, or null. */
    @Nullable Hit pick(double x, double y) {
        var hits = new ArrayList<Hit>();
        visit((surface, left, top) -> {
            if (surface.acceptsInput(x - left, y - top)) {
                hits.add(new Hit(surface, x - left, y - top));
            }
        });
        return hits.isEmpty() ? null : hits.getLast();
    }

    /** Where a visible surface lies, as a hit of its corner; null when it is not visible. */
    @Nullable Hit locate(Surface wanted) {
        var hits = new ArrayList<Hit>();
        visit((surface, left, top) -> {
            if (surface == wanted) {
                hits.add(new Hit(surface, left, top));
            }
        });
        return hits.isEmpty() ? null : hits.getFirst();
    }
}
