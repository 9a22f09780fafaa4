package dev.wayferry.examples.picture;

import java.util.Arrays;

/** A rectangle of opaque pixels. Not copied: who makes one gives its array away. */
public final class Picture {
    private static final int RGB = 0xffffff;

    private final int width;
    private final int height;
    private final int[] pixels;

    /** {@code pixels} are 0xAARRGGBB, row by row; alpha is ignored. */
    public Picture(int width, int height, int[] pixels) {
        if (width < 0 || height < 0 || (long) width * height != pixels.length) {
            throw new IllegalArgumentException(pixels.length + " pixels for " + width + "x" + height);
        }
        this.width = width;
        this.height = height;
        this.pixels = pixels;
    }

    public int width() {
        return width;
    }

    public int height() {
        return height;
    }

    /** 0xRRGGBB of one pixel. */
    public int rgb(int x, int y) {
        if (x < 0 || x >= width || y < 0 || y >= height) {
            throw new IndexOutOfBoundsException("pixel " + x + "," + y + " of " + width + "x" + height);
        }
        return pixels[y * width + x] & RGB;
    }

    /** How many pixels have exactly this colour, 0xRRGGBB. */
    public int count(int rgb) {
        int count = 0;
        for (int pixel : pixels) {
            if ((pixel & RGB) == rgb) {
                count++;
            }
        }
        return count;
    }

    /** How many pixels differ; all of the larger one's when the sizes do. */
    public int differences(Picture other) {
        if (width != other.width || height != other.height) {
            return Math.max(pixels.length, other.pixels.length);
        }
        int count = 0;
        for (int i = 0; i < pixels.length; i++) {
            if (((pixels[i] ^ other.pixels[i]) & RGB) != 0) {
                count++;
            }
        }
        return count;
    }

    @Override
    public boolean equals(Object object) {
        return object instanceof Picture other && differences(other) == 0 && width == other.width;
    }

    @Override
    public int hashCode() {
        return 31 * width + Arrays.stream(pixels).map(pixel -> pixel & RGB).reduce(height, (a, b) -> 31 * a + b);
    }

    @Override
    public String toString() {
        return "picture " + width + "x" + height;
    }
}
