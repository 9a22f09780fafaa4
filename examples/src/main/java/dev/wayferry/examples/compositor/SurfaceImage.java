package dev.wayferry.examples.compositor;

/**
 * A surface's own copy of its last buffer.
 *
 * @param pixels premultiplied 0xAARRGGBB, row by row
 */
record SurfaceImage(int width, int height, boolean opaque, int[] pixels) {
    private static final int OPAQUE = 0xff000000;

    @Override
    public boolean equals(Object object) {
        return this == object;
    }

    @Override
    public int hashCode() {
        return System.identityHashCode(this);
    }

    @Override
    public String toString() {
        return "image " + width + "x" + height;
    }

    /** The pixel as the buffer has it, made opaque where its format has no alpha. */
    int argb(int x, int y) {
        int pixel = pixels[y * width + x];
        return opaque ? pixel | OPAQUE : pixel;
    }
}
