package dev.wayferry.examples.guestproxy;

import dev.wayferry.wire.wayland.MalformedMessageException;
import dev.wayferry.wire.wayland.WaylandInterface;
import dev.wayferry.wire.wayland.WaylandMessage;
import dev.wayferry.wire.wayland.WaylandReader;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** How many files the requests take that are received but not yet translated. */
final class FileDemand {
    private FileDemand() {}

    /** The files of those requests behind the reader's current one that have a known signature. */
    static int ofKnownRequests(WaylandReader current, ObjectTable objects) {
        long next = current.messageOffset() + current.size();
        WaylandReader reader = new WaylandReader().wrap(current.buffer(), next, current.limit() - next);
        Map<Integer, String> made = new HashMap<>();
        int files = 0;
        try {
            while (reader.next()) {
                WaylandMessage signature = signature(reader, objects, made);
                if (signature != null) {
                    files += signature.fdCount();
                    noteNewObjects(reader, signature, made);
                }
            }
        } catch (MalformedMessageException e) {
            // Translating that request will say so.
            return files;
        }
        return files;
    }

    private static @Nullable WaylandMessage signature(
            WaylandReader reader, ObjectTable objects, Map<Integer, String> made) {
        String name = made.get(reader.objectId());
        if (name == null) {
            WaylandObject object = objects.get(reader.objectId());
            if (object == null) {
                return null;
            }
            name = object.interfaceName();
        }
        WaylandInterface type = ProtocolTables.named(name);
        return type == null ? null : type.request(reader.opcode());
    }

    private static void noteNewObjects(WaylandReader reader, WaylandMessage signature, Map<Integer, String> made)
            throws MalformedMessageException {
        String text = null;
        for (WaylandMessage.Argument argument : signature.arguments()) {
            switch (argument.type()) {
                case WaylandMessage.FD -> {}
                case WaylandMessage.STRING -> text = reader.readNullableString();
                case WaylandMessage.ARRAY -> reader.readArray();
                case WaylandMessage.NEW_ID -> {
                    String name = argument.interfaceName() != null ? argument.interfaceName() : text;
                    made.put(reader.readInt(), name != null ? name : "");
                }
                default -> reader.readInt();
            }
        }
    }
}
