package dev.wayferry.examples.compositor;

/**
 * A surface as it was when asked.
 *
 * @param number never given to another surface of the same compositor
 * @param role {@code xdg_toplevel}, {@code xdg_popup}, {@code wl_subsurface}, ... or empty
 * @param title of a window, else empty
 * @param appId of a window, else empty
 * @param pid the process that connected: for a program in a virtual machine, its host process
 * @param visible whether it is on screen
 * @param x where its corner lies on screen, when visible
 * @param width in surface coordinates, 0 without content
 * @param frames how many buffers were committed
 * @param activated whether it is the window with the keyboard
 */
public record SurfaceInfo(
        long number,
        String role,
        String title,
        String appId,
        long pid,
        boolean visible,
        int x,
        int y,
        int width,
        int height,
        long frames,
        boolean activated) {
    /** Whether it is a window on screen. */
    public boolean isWindow() {
        return visible && role.equals("xdg_toplevel");
    }
}
