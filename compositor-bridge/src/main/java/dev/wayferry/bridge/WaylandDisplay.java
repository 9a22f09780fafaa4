package dev.wayferry.bridge;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Where the compositor's socket is, found as libwayland's {@code wl_display_connect} finds it. */
public final class WaylandDisplay {
    private static final String DEFAULT_NAME = "wayland-0";

    private WaylandDisplay() {}

    /**
     * The socket of the display {@code name}: itself if it is an absolute path, else under XDG_RUNTIME_DIR.
     *
     * @param name the display, or null for WAYLAND_DISPLAY's value, or {@code wayland-0}
     * @throws IOException when the name is relative and there is no XDG_RUNTIME_DIR
     */
    public static Path socket(@Nullable String name, Map<String, String> environment) throws IOException {
        String display = name;
        if (display == null || display.isEmpty()) {
            display = environment.getOrDefault("WAYLAND_DISPLAY", "");
        }
        if (display.isEmpty()) {
            display = DEFAULT_NAME;
        }
        Path path = Path.of(display);
        if (path.isAbsolute()) {
            return path;
        }
        String runtimeDir = environment.getOrDefault("XDG_RUNTIME_DIR", "");
        if (runtimeDir.isEmpty() || !Path.of(runtimeDir).isAbsolute()) {
            throw new IOException(
                    "display " + display + " is a relative name and XDG_RUNTIME_DIR is not set to an absolute path");
        }
        return Path.of(runtimeDir).resolve(display);
    }
}
