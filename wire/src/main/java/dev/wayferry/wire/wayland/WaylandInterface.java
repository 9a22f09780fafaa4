package dev.wayferry.wire.wayland;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The signatures of an interface.
 *
 * @param name the protocol's name
 * @param version the newest version that the table knows; a later one may have more messages behind these
 * @param requests from client to compositor, by opcode
 * @param events from compositor to client, by opcode
 */
public record WaylandInterface(
        String name, int version, List<WaylandMessage> requests, List<WaylandMessage> events) {

    /**
     * Reads the compact form: a message a line, {@code name[@since][!] argument...}, where {@code !} marks a destructor and
     * an argument is {@code [?]letter[:interface]} with the letters of {@link WaylandMessage}.
     */
    public static WaylandInterface of(String name, int version, String requests, String events) {
        return new WaylandInterface(name, version, messages(requests), messages(events));
    }

    /** The request of that opcode, or null when the table knows none. */
    public @Nullable WaylandMessage request(int opcode) {
        return opcode < requests.size() ? requests.get(opcode) : null;
    }

    /** The event of that opcode, or null when the table knows none. */
    public @Nullable WaylandMessage event(int opcode) {
        return opcode < events.size() ? events.get(opcode) : null;
    }

    private static List<WaylandMessage> messages(String table) {
        var messages = new ArrayList<WaylandMessage>();
        int start = 0;
        while (start < table.length()) {
            int end = table.indexOf('\n', start);
            messages.add(message(table.substring(start, end)));
            start = end + 1;
        }
        return List.copyOf(messages);
    }

    private static WaylandMessage message(String line) {
        int nameEnd = line.indexOf(' ');
        String name = nameEnd < 0 ? line : line.substring(0, nameEnd);
        boolean destructor = name.endsWith("!");
        if (destructor) {
            name = name.substring(0, name.length() - 1);
        }
        int since = 1;
        int at = name.indexOf('@');
        if (at >= 0) {
            since = Integer.parseInt(name.substring(at + 1));
            name = name.substring(0, at);
        }
        var arguments = new ArrayList<WaylandMessage.Argument>();
        int fdCount = 0;
        while (nameEnd >= 0) {
            int next = line.indexOf(' ', nameEnd + 1);
            String word = next < 0 ? line.substring(nameEnd + 1) : line.substring(nameEnd + 1, next);
            boolean nullable = word.charAt(0) == '?';
            char type = word.charAt(nullable ? 1 : 0);
            int colon = word.indexOf(':');
            arguments.add(new WaylandMessage.Argument(type, nullable, colon < 0 ? null : word.substring(colon + 1)));
            if (type == WaylandMessage.FD) {
                fdCount++;
            }
            nameEnd = next;
        }
        return new WaylandMessage(name, since, destructor, List.copyOf(arguments), fdCount);
    }
}
