package dev.wayferry.proxy.screen;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Where what the guest shows on its screen is to be seen.
 *
 * @param path of the file, for {@link Kind#PNG}
 */
public record ScanoutTarget(Kind kind, @Nullable Path path) {
    /** Nowhere: the guest has no screen. */
    public static final ScanoutTarget NONE = new ScanoutTarget(Kind.NONE, null);

    /** Kinds of places. */
    public enum Kind {
        NONE,
        /** A file. */
        PNG,
        /** A window on the compositor. */
        WINDOW
    }

    private static final String PNG_PREFIX = "png:";

    /**
     * Reads {@code none}, {@code png:PATH} or {@code window}.
     *
     * @throws IllegalArgumentException for anything else
     */
    public static ScanoutTarget of(String text) {
        if (text.equals("none")) {
            return NONE;
        }
        if (text.equals("window")) {
            return new ScanoutTarget(Kind.WINDOW, null);
        }
        if (text.startsWith(PNG_PREFIX) && text.length() > PNG_PREFIX.length()) {
            return new ScanoutTarget(Kind.PNG, Path.of(text.substring(PNG_PREFIX.length())).toAbsolutePath());
        }
        throw new IllegalArgumentException("--scanout: '" + text + "' is neither none, png:PATH nor window");
    }
}
