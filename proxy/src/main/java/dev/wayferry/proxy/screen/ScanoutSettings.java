package dev.wayferry.proxy.screen;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What the command line says of the guest's screen.
 *
 * @param width of the display that the guest is told of first, in pixels
 */
public record ScanoutSettings(ScanoutTarget target, int width, int height) {
    /** The least width and height. */
    public static final int MIN_SIDE = 64;

    /** The most that an EDID can tell of. */
    public static final int MAX_SIDE = 4095;

    /** No screen. */
    public static final ScanoutSettings NONE = new ScanoutSettings(ScanoutTarget.NONE, 1280, 800);

    /**
     * Reads the values of {@code --scanout} and {@code --scanout-size}.
     *
     * @throws IllegalArgumentException naming the option that can't be understood
     */
    public static ScanoutSettings of(String target, String size) {
        // Made here, since this class is used before the process listens, where it would delay that.
        Matcher matcher = Pattern.compile("(\\d{2,4})x(\\d{2,4})").matcher(size);
        int width = matcher.matches() ? Integer.parseInt(matcher.group(1)) : 0;
        int height = matcher.matches() ? Integer.parseInt(matcher.group(2)) : 0;
        if (width < MIN_SIDE || width > MAX_SIDE || height < MIN_SIDE || height > MAX_SIDE) {
            throw new IllegalArgumentException("--scanout-size: '" + size + "' is no size from " + MIN_SIDE + "x" + MIN_SIDE
                    + " to " + MAX_SIDE + "x" + MAX_SIDE);
        }
        return new ScanoutSettings(ScanoutTarget.of(target), width, height);
    }
}
