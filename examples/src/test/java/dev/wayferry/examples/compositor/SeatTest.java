package dev.wayferry.examples.compositor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wayferry.posix.Memory;
import dev.wayferry.posix.Posix;
import dev.wayferry.posix.PosixException;
import dev.wayferry.wire.wayland.WlCompositor;
import dev.wayferry.wire.wayland.WlRegion;
import dev.wayferry.wire.wayland.WlSurface;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.util.List;
import org.junit.jupiter.api.Test;

class SeatTest extends CompositorFixture {
    private static final int KEY_A = 30;
    private static final int KEY_LEFTSHIFT = 42;
    private static final int KEY_CAPSLOCK = 58;

    @Test
    void theKeymapsFileHasTheRightBytesAndNobodyCanChangeThem() throws IOException {
        TestClient client = client();
        assertArrayEquals(Keymap.text(), client.keymap);
        assertEquals(0, client.keymap[client.keymap.length - 1]);
        int fd = client.keymapFile().number();
        assertEquals(Posix.O_RDONLY, Posix.statusFlags(fd) & Posix.O_ACCMODE);
        int seals = Memory.F_SEAL_SHRINK | Memory.F_SEAL_GROW | Memory.F_SEAL_WRITE | Memory.F_SEAL_SEAL;
        assertEquals(seals, Memory.seals(fd));
        try (Arena arena = Arena.ofConfined()) {
            assertThrows(
                    PosixException.class,
                    () -> Memory.map(fd, 0, client.keymap.length, Memory.PROT_READ | Memory.PROT_WRITE, arena));
        }
    }

    @Test
    void theNewestWindowHasTheKeyboard() throws IOException {
        TestClient first = client();
        TestClient second = client();
        TestClient.Window a = first.shownWindow("a", 50, 50, RED);
        first.awaitInput("keyboard enter " + a.surface);
        TestClient.Window b = second.shownWindow("b", 50, 50, GREEN);
        second.awaitInput("keyboard enter " + b.surface);
        first.awaitInput("keyboard leave " + a.surface);
        assertTrue(info("b").activated());
        assertFalse(info("a").activated());
        b.destroy();
        second.roundTrip();
        first.roundTrip();
        assertEquals("keyboard enter " + a.surface, last(first.input, "keyboard"));
        assertTrue(info("a").activated());
    }

    @Test
    void keysGoToTheWindowWithTheKeyboardOnly() throws IOException {
        TestClient first = client();
        TestClient second = client();
        first.shownWindow("a", 50, 50, RED);
        second.shownWindow("b", 50, 50, GREEN);
        compositor.key(KEY_LEFTSHIFT, true);
        compositor.key(KEY_A, true);
        compositor.key(KEY_A, false);
        compositor.key(KEY_LEFTSHIFT, false);
        second.awaitInput("key " + KEY_LEFTSHIFT + " 0");
        second.roundTrip();
        assertEquals(
                List.of("key 42 1", "modifiers 1 0", "key 30 1", "key 30 0", "key 42 0", "modifiers 0 0"),
                second.input.subList(second.input.size() - 6, second.input.size()));
        first.roundTrip();
        assertFalse(first.input.contains("key 30 1"));
    }

    @Test
    void capsLockStaysUntilPressedAgain() throws IOException {
        TestClient client = client();
        client.shownWindow("a", 50, 50, RED);
        compositor.key(KEY_CAPSLOCK, true);
        compositor.key(KEY_CAPSLOCK, false);
        client.awaitInput("modifiers 0 2");
    }

    @Test
    void thePointerEntersAndMovesInSurfaceCoordinates() throws IOException {
        TestClient client = client();
        TestClient.Window window = client.shownWindow("a", 100, 100, RED);
        compositor.move(info("a"), 200, 100);
        compositor.pointerMotion(210, 120.5);
        client.awaitInput("enter " + window.surface + " 10.0 20.5");
        compositor.pointerMotion(299, 199);
        client.awaitInput("motion 99.0 99.0");
        compositor.pointerMotion(300, 199);
        client.awaitInput("leave " + window.surface);
    }

    @Test
    void theSurfaceWhereAButtonIsHeldKeepsThePointer() throws IOException {
        TestClient client = client();
        TestClient.Window window = client.shownWindow("a", 100, 100, RED);
        compositor.pointerMotion(50, 50);
        compositor.pointerButton(EmbeddedCompositor.BTN_LEFT, true);
        compositor.pointerMotion(500, 400);
        client.awaitInput("motion 500.0 400.0");
        assertFalse(client.input.contains("leave " + window.surface));
        compositor.pointerButton(EmbeddedCompositor.BTN_LEFT, false);
        client.awaitInput("leave " + window.surface);
        assertTrue(client.input.contains("button 272 1"));
        assertTrue(client.input.contains("button 272 0"));
    }

    @Test
    void aClickBringsItsWindowToTheFrontWithTheKeyboard() throws IOException {
        TestClient client = client();
        TestClient.Window a = client.shownWindow("a", 100, 100, RED);
        client.shownWindow("b", 100, 100, GREEN);
        compositor.move(info("b"), 50, 0);
        assertEquals(50 * 100, onScreen(RED));
        compositor.click(10, 10);
        assertEquals(100 * 100, onScreen(RED));
        client.roundTrip();
        assertEquals("keyboard enter " + a.surface, last(client.input, "keyboard"));
    }

    @Test
    void theWheelTurnsUnderThePointer() throws IOException {
        TestClient client = client();
        client.shownWindow("a", 100, 100, RED);
        compositor.pointerMotion(10, 10);
        compositor.pointerWheel(-3);
        client.awaitInput("axis 0 -30.0");
    }

    @Test
    void whatIsOutsideTheInputRegionLetsThePointerThrough() throws IOException {
        TestClient client = client();
        TestClient.Window window = client.shownWindow("a", 100, 100, RED);
        int region = client.connection.newObject();
        client.request(client.compositor, WlCompositor.CREATE_REGION).putInt(region).end();
        client.request(region, WlRegion.ADD).putInt(0).putInt(0).putInt(100).putInt(50).end();
        client.request(region, WlRegion.SUBTRACT).putInt(0).putInt(0).putInt(20).putInt(20).end();
        client.request(window.surface, WlSurface.SET_INPUT_REGION).putInt(region).end();
        client.request(region, WlRegion.DESTROY).end();
        client.commit(window.surface);
        client.roundTrip();
        compositor.pointerMotion(10, 10);
        compositor.pointerMotion(10, 70);
        compositor.pointerMotion(30, 30);
        client.awaitInput("enter " + window.surface + " 30.0 30.0");
        assertEquals(1, client.input.stream().filter(line -> line.startsWith("enter")).count());
    }

    private static String last(List<String> input, String start) {
        return input.stream().filter(line -> line.startsWith(start)).reduce("", (earlier, later) -> later);
    }
}
