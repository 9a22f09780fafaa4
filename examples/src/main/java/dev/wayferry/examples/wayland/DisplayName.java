package dev.wayferry.examples.wayland;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Where a client finds its compositor, by libwayland's rules. */
public final class DisplayName {
    private DisplayName() {}

    /**
     * The socket that {@code display} names, or {@code WAYLAND_DISPLAY}, or {@code wayland-0}: itself when absolute, else
     * under {@code XDG_RUNTIME_DIR}.
     *
     * @throws IllegalStateException when the name is relative and there is no {@code XDG_RUNTIME_DIR}
     */
    public static Path resolve(@Nullable String display) {
        String name = display;
        if (name == null) {
            name = System.getenv("WAYLAND_DISPLAY");
        }
        if (name == null || name.isEmpty()) {
            name = "wayland-0";
        }
        Path path = Path.of(name);
        if (path.isAbsolute()) {
            return path;
        }
        String runtime = System.getenv("XDG_RUNTIME_DIR");
        if (runtime == null || runtime.isEmpty()) {
            throw new IllegalStateException(
                    "XDG_RUNTIME_DIR is not set: give the display as an absolute path instead of " + name);
        }
        return Path.of(runtime).resolve(path);
    }
}
