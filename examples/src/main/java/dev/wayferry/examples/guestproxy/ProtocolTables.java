package dev.wayferry.examples.guestproxy;

import dev.wayferry.wire.wayland.WaylandInterface;
import dev.wayferry.wire.wayland.WaylandInterfaces;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The signatures of every interface that the proxy knows: the core's classes, and the lines of protocols.txt. */
final class ProtocolTables {
    private static final String RESOURCE = "protocols.txt";
    private static final Map<String, WaylandInterface> EXTENSIONS = load();

    private ProtocolTables() {}

    /** The interface of that name, or null when it is unknown. */
    static @Nullable WaylandInterface named(String name) {
        WaylandInterface core = WaylandInterfaces.named(name);
        return core != null ? core : EXTENSIONS.get(name);
    }

    /** The interfaces of protocols.txt. */
    static Iterable<WaylandInterface> extensions() {
        return EXTENSIONS.values();
    }

    private static Map<String, WaylandInterface> load() {
        var interfaces = new HashMap<String, WaylandInterface>();
        try (InputStream stream = ProtocolTables.class.getResourceAsStream(RESOURCE)) {
            if (stream == null) {
                throw new IllegalStateException(RESOURCE + " is missing from the jar");
            }
            var lines = new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8));
            String name = "";
            int version = 0;
            var requests = new StringBuilder();
            var events = new StringBuilder();
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (line.startsWith("> ")) {
                    requests.append(line, 2, line.length()).append('\n');
                } else if (line.startsWith("< ")) {
                    events.append(line, 2, line.length()).append('\n');
                } else if (!line.startsWith("#")) {
                    put(interfaces, name, version, requests, events);
                    int space = line.indexOf(' ');
                    name = line.substring(0, space);
                    version = Integer.parseInt(line.substring(space + 1));
                }
            }
            put(interfaces, name, version, requests, events);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return interfaces;
    }

    private static void put(
            Map<String, WaylandInterface> interfaces,
            String name,
            int version,
            StringBuilder requests,
            StringBuilder events) {
        if (!name.isEmpty()) {
            interfaces.put(name, WaylandInterface.of(name, version, requests.toString(), events.toString()));
        }
        requests.setLength(0);
        events.setLength(0);
    }
}
