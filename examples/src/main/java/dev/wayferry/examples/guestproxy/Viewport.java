package dev.wayferry.examples.guestproxy;

/** A {@code wp_viewport}: with a source or a destination set, surface coordinates are no longer the buffer's. */
final class Viewport extends WaylandObject {
    static final String INTERFACE_NAME = "wp_viewport";
    static final int DESTROY = 0;
    static final int SET_SOURCE = 1;
    static final int SET_DESTINATION = 2;

    /** -1, as an int and as a fixed with its 8 bits behind the point. */
    private static final int UNSET = -1;

    private static final int UNSET_FIXED = -256;

    private final Surface surface;
    private boolean source;
    private boolean destination;

    Viewport(int id, Surface surface) {
        super(id, INTERFACE_NAME);
        this.surface = surface;
    }

    /** {@code set_source} with its x, a fixed. */
    void setSource(int x) {
        source = x != UNSET_FIXED;
        surface.cropped(source || destination);
    }

    /** {@code set_destination} with its width. */
    void setDestination(int width) {
        destination = width != UNSET;
        surface.cropped(source || destination);
    }

    void destroy() {
        surface.cropped(false);
    }
}
