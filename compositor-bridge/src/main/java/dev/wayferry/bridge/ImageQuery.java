package dev.wayferry.bridge;

/**
 * An image that somebody wants to have.
 *
 * @param width pixels, whatever a guest asks for
 * @param height pixels, whatever a guest asks for
 * @param fourcc the DRM format
 * @param flags what for, {@code GBM_BO_USE_*} and minigbm's
 */
public record ImageQuery(int width, int height, int fourcc, int flags) {
    public static final int USE_SCANOUT = 1;
    public static final int USE_RENDERING = 4;
    public static final int USE_LINEAR = 0x10;

    /** minigbm's. */
    public static final int USE_TEXTURING = 0x20;

    private static final int FOR_A_GPU = USE_SCANOUT | USE_RENDERING | USE_TEXTURING;
    private static final int R8 = ImageLayout.fourcc("R8  ");

    /**
     * Whether this asks for bytes rather than for an image, as guest proxies do that want a wl_shm pool: for no use by a
     * GPU, or for a single row of bytes (sommelier, wayland-proxy-virtwl). A dma-buf would do them no good: compositors
     * read pools with the CPU, which may be slow or impossible there.
     */
    public boolean isForPlainMemory() {
        return (flags & FOR_A_GPU) == 0 || (fourcc == R8 && height == 1);
    }

    @Override
    public String toString() {
        return Integer.toUnsignedString(width) + "x" + Integer.toUnsignedString(height) + " "
                + ImageLayout.fourccName(fourcc);
    }
}
