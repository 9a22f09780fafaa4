package dev.wayferry.proxy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/** A recorded session, event by event; the file's own head says what the events are. */
final class Recording {
    /** One line of it: what it is, and its fields by name. */
    record Event(String kind, Map<String, String> fields) {
        String text(String name) {
            String value = fields.get(name);
            if (value == null) {
                throw new AssertionError(kind + " without " + name);
            }
            return value;
        }

        int number(String name) {
            return Integer.parseInt(text(name));
        }

        long hex(String name) {
            return Long.parseLong(text(name), 16);
        }

        /** The field of this name, whose parts are separated by commas. */
        List<String> list(String name) {
            return text(name).isEmpty() ? List.of() : List.of(text(name).split(","));
        }

        ByteBuffer bytes() {
            ByteArrayOutputStream all = new ByteArrayOutputStream();
            String[] parts = text("bytes").split("\\.");
            for (int i = 0; i < parts.length; i++) {
                all.writeBytes(i % 2 == 0 ? HexFormat.of().parseHex(parts[i]) : new byte[Integer.parseInt(parts[i])]);
            }
            return ByteBuffer.wrap(all.toByteArray()).order(ByteOrder.LITTLE_ENDIAN);
        }
    }

    private Recording() {}

    static List<Event> read(String resource) throws IOException {
        try (InputStream stream = Recording.class.getResourceAsStream(resource)) {
            if (stream == null) {
                throw new AssertionError("no resource " + resource);
            }
            return new String(stream.readAllBytes(), StandardCharsets.UTF_8).lines()
                    .filter(line -> !line.startsWith("#"))
                    .map(Recording::parse)
                    .toList();
        }
    }

    private static Event parse(String line) {
        String[] words = line.split(" ");
        Map<String, String> fields = new HashMap<>();
        for (int i = 1; i < words.length; i++) {
            int equals = words[i].indexOf('=');
            fields.put(words[i].substring(0, equals), words[i].substring(equals + 1));
        }
        return new Event(words[0], fields);
    }
}
