package dev.wayferry.wire.wayland;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.Field;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;

class WaylandInterfacesTest {
    @Test
    void findsAnInterfaceByItsName() {
        assertEquals(WlSurface.INTERFACE, WaylandInterfaces.named("wl_surface"));
        assertNull(WaylandInterfaces.named("wl_unheard_of"));
    }

    @Test
    void aSignatureSaysTypesNullnessAndSince() {
        WaylandMessage attach = WlSurface.INTERFACE.requests().get(WlSurface.ATTACH);
        assertEquals("attach", attach.name());
        assertEquals(
                List.of(
                        new WaylandMessage.Argument(WaylandMessage.OBJECT, true, "wl_buffer"),
                        new WaylandMessage.Argument(WaylandMessage.INT, false, null),
                        new WaylandMessage.Argument(WaylandMessage.INT, false, null)),
                attach.arguments());
        WaylandMessage release = WlSeat.INTERFACE.requests().get(WlSeat.RELEASE);
        assertEquals(5, release.since());
        assertTrue(release.destructor());
        assertEquals(1, WlShm.INTERFACE.requests().get(WlShm.CREATE_POOL).fdCount());
        assertEquals(1, WlKeyboard.INTERFACE.events().get(WlKeyboard.KEYMAP_EVENT).fdCount());
        assertEquals(4, WlRegistry.INTERFACE.requests().get(WlRegistry.BIND).arguments().size());
        assertNull(WlSurface.INTERFACE.request(99));
        assertNull(WlSurface.INTERFACE.event(99));
    }

    @Test
    void everyOpcodeConstantNamesTheMessageAtItsPlace() throws ReflectiveOperationException {
        for (WaylandInterface each : WaylandInterfaces.ALL) {
            Class<?> constants = Class.forName(getClass().getPackageName() + "." + className(each.name()));
            for (int opcode = 0; opcode < each.requests().size(); opcode++) {
                assertEquals(opcode, constant(constants, each.requests().get(opcode).name()));
            }
            for (int opcode = 0; opcode < each.events().size(); opcode++) {
                assertEquals(opcode, constant(constants, each.events().get(opcode).name() + "_event"));
            }
        }
    }

    @Test
    void everyInterfaceThatAMessageNamesHasATableHere() {
        for (WaylandInterface each : WaylandInterfaces.ALL) {
            for (List<WaylandMessage> messages : List.of(each.requests(), each.events())) {
                for (WaylandMessage message : messages) {
                    for (WaylandMessage.Argument argument : message.arguments()) {
                        if (argument.interfaceName() != null) {
                            assertNotNull(
                                    WaylandInterfaces.named(argument.interfaceName()), each.name() + "." + message.name());
                        }
                    }
                }
            }
        }
    }

    private static int constant(Class<?> constants, String name) throws ReflectiveOperationException {
        Field field = constants.getField(name.toUpperCase(Locale.ROOT));
        return field.getInt(null);
    }

    private static String className(String interfaceName) {
        var name = new StringBuilder();
        for (String part : interfaceName.split("_", -1)) {
            name.append(Character.toUpperCase(part.charAt(0))).append(part, 1, part.length());
        }
        return name.toString();
    }
}
