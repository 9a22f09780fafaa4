package dev.wayferry.examples.guestproxy;

import dev.wayferry.wire.wayland.WaylandInterface;
import dev.wayferry.wire.wayland.WaylandInterfaces;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The signatures of every interface that the proxy knows: the core's classes, and those of protocols.txt, each of which is
 * read when a program first uses it.
 */
final class ProtocolTables {
    private static final String RESOURCE = "protocols.txt";
    private static final String TEXT = load();
    private static final Map<String, WaylandInterface> EXTENSIONS = new ConcurrentHashMap<>();

    private ProtocolTables() {}

    /** The interface of that name, or null when it is unknown. */
    static @Nullable WaylandInterface named(String name) {
        WaylandInterface core = WaylandInterfaces.named(name);
        if (core != null) {
            return core;
        }
        WaylandInterface known = EXTENSIONS.get(name);
        if (known == null) {
            known = find(name);
            if (known != null) {
                EXTENSIONS.put(name, known);
            }
        }
        return known;
    }

    /** The names of the interfaces in protocols.txt. */
    static List<String> extensionNames() {
        var names = new ArrayList<String>();
        for (String line : TEXT.split("\n", -1)) {
            if (!line.isEmpty() && "#<>".indexOf(line.charAt(0)) < 0) {
                names.add(line.substring(0, line.indexOf(' ')));
            }
        }
        return names;
    }

    private static @Nullable WaylandInterface find(String name) {
        int start = isName(name) ? TEXT.indexOf("\n" + name + " ") : -1;
        if (start < 0) {
            return null;
        }
        int at = TEXT.indexOf('\n', start + 1);
        int version = Integer.parseInt(TEXT.substring(start + 2 + name.length(), at));
        StringBuilder requests = new StringBuilder();
        StringBuilder events = new StringBuilder();
        while (TEXT.startsWith("> ", at + 1) || TEXT.startsWith("< ", at + 1)) {
            int end = TEXT.indexOf('\n', at + 1);
            (TEXT.charAt(at + 1) == '>' ? requests : events).append(TEXT, at + 3, end + 1);
            at = end;
        }
        return WaylandInterface.of(name, version, requests.toString(), events.toString());
    }

    private static boolean isName(String name) {
        for (int i = 0; i < name.length(); i++) {
            char letter = name.charAt(i);
            if (letter != '_' && (letter < 'a' || letter > 'z') && (letter < '0' || letter > '9')) {
                return false;
            }
        }
        return !name.isEmpty();
    }

    private static String load() {
        try (InputStream stream = ProtocolTables.class.getResourceAsStream(RESOURCE)) {
            if (stream == null) {
                throw new IllegalStateException(RESOURCE + " is missing from the jar");
            }
            return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
