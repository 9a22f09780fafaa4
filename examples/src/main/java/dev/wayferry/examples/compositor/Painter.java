package dev.wayferry.examples.compositor;

import dev.wayferry.examples.picture.Picture;
import java.util.Arrays;

/** Paints the scene into a picture. */
final class Painter implements Scene.Visitor {
    private static final int OPAQUE = 0xff;

    private final int width;
    private final int height;
    private final int[] pixels;

    private Painter(int width, int height, int background) {
        this.width = width;
        this.height = height;
        this.pixels = new int[width * height];
        Arrays.fill(pixels, background);
    }

    /** What is on screen, over {@code background}, an opaque colour. */
    static Picture paint(Scene scene, int background) {
        var painter = new Painter(scene.width(), scene.height(), background);
        scene.visit(painter);
        return new Picture(painter.width, painter.height, painter.pixels);
    }

    @Override
    public void visit(Surface surface, int left, int top) {
        SurfaceImage image = surface.image();
        if (image == null) {
            return;
        }
        Rectangle visible = Rectangle.clipped(left, top, surface.width(), surface.height(), width, height);
        boolean straight = surface.scale() == 1 && surface.transform() == 0;
        for (int y = visible.y(); y < visible.y() + visible.height(); y++) {
            if (straight && image.opaque()) {
                int from = (y - top) * image.width() + visible.x() - left;
                System.arraycopy(image.pixels(), from, pixels, y * width + visible.x(), visible.width());
                continue;
            }
            for (int x = visible.x(); x < visible.x() + visible.width(); x++) {
                int at = y * width + x;
                pixels[at] = over(sample(surface, image, x - left, y - top), pixels[at]);
            }
        }
    }

    /** The buffer's pixel at a place of the surface, by scale and {@code wl_output.transform}. */
    private static int sample(Surface surface, SurfaceImage image, int surfaceX, int surfaceY) {
        int right = image.width() - 1;
        int bottom = image.height() - 1;
        int x = surfaceX * surface.scale();
        int y = surfaceY * surface.scale();
        return switch (surface.transform()) {
            case 1 -> image.argb(right - y, x);
            case 2 -> image.argb(right - x, bottom - y);
            case 3 -> image.argb(y, bottom - x);
            case 4 -> image.argb(right - x, y);
            case 5 -> image.argb(y, x);
            case 6 -> image.argb(x, bottom - y);
            case 7 -> image.argb(right - y, bottom - x);
            default -> image.argb(x, y);
        };
    }

    /** A premultiplied pixel over an opaque one. */
    private static int over(int source, int target) {
        int alpha = source >>> 24;
        if (alpha == OPAQUE) {
            return source;
        }
        int rest = OPAQUE - alpha;
        int red = blend(source >> 16, target >> 16, rest);
        int green = blend(source >> 8, target >> 8, rest);
        int blue = blend(source, target, rest);
        return OPAQUE << 24 | red << 16 | green << 8 | blue;
    }

    private static int blend(int source, int target, int rest) {
        return Math.min(OPAQUE, (source & 0xff) + ((target & 0xff) * rest + OPAQUE / 2) / OPAQUE);
    }
}
