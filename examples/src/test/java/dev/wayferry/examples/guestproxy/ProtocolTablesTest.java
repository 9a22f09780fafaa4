package dev.wayferry.examples.guestproxy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wayferry.wire.wayland.WaylandInterface;
import dev.wayferry.wire.wayland.WaylandMessage;
import dev.wayferry.wire.wayland.WlShm;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ProtocolTablesTest {
    @Test
    void holdsTheCoreAndItsExtensions() {
        assertEquals(WlShm.INTERFACE, ProtocolTables.named("wl_shm"));
        WaylandInterface params = ProtocolTables.named("zwp_linux_buffer_params_v1");
        assertNotNull(params);
        assertEquals("add", params.requests().get(1).name());
        assertEquals(1, params.requests().get(1).fdCount());
        assertEquals("zwp_linux_buffer_params_v1", params.name());
    }

    private static List<WaylandInterface> extensions() {
        List<WaylandInterface> all = new ArrayList<>();
        for (String name : ProtocolTables.extensionNames()) {
            WaylandInterface each = ProtocolTables.named(name);
            assertNotNull(each, name);
            assertEquals(name, each.name());
            all.add(each);
        }
        assertTrue(all.size() > 150);
        return all;
    }

    @Test
    void whatIsNoNameIsUnknown() {
        for (String name : List.of("", " ", "<", "> destroy!", "wp_viewport 1", "wp_viewport\n> destroy!", "#")) {
            assertNull(ProtocolTables.named(name), name);
        }
    }

    @Test
    void everyMessageIsWellFormed() {
        for (WaylandInterface each : extensions()) {
            for (List<WaylandMessage> messages : List.of(each.requests(), each.events())) {
                Set<String> names = new HashSet<>();
                for (WaylandMessage message : messages) {
                    assertTrue(names.add(message.name()), each.name() + "." + message.name() + " is there twice");
                    for (WaylandMessage.Argument argument : message.arguments()) {
                        assertTrue("iufsonah".indexOf(argument.type()) >= 0, each.name() + "." + message.name());
                    }
                }
            }
        }
    }

    /** Otherwise a program could make objects whose files nobody counts. */
    @Test
    void everyInterfaceThatAMessageMakesIsKnown() {
        var missing = new ArrayList<String>();
        for (WaylandInterface each : extensions()) {
            for (List<WaylandMessage> messages : List.of(each.requests(), each.events())) {
                for (WaylandMessage message : messages) {
                    for (WaylandMessage.Argument argument : message.arguments()) {
                        String name = argument.interfaceName();
                        if (argument.type() == WaylandMessage.NEW_ID && name != null && ProtocolTables.named(name) == null) {
                            missing.add(each.name() + "." + message.name() + " makes " + name);
                        }
                    }
                }
            }
        }
        assertEquals(List.of(), missing);
    }
}
