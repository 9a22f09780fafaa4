package dev.wayferry.examples.compositor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wayferry.examples.picture.Picture;
import dev.wayferry.wire.wayland.WlSurface;
import dev.wayferry.wire.wayland.XdgSurface;
import dev.wayferry.wire.wayland.XdgToplevel;
import java.io.IOException;
import org.junit.jupiter.api.Test;

class WindowTest extends CompositorFixture {
    @Test
    void anEmptyScreenHasOneColour() {
        assertEquals(WIDTH * HEIGHT, onScreen(EmbeddedCompositor.BACKGROUND));
    }

    @Test
    void aWindowsContentIsOnScreen() throws IOException {
        client().shownWindow("red", 100, 50, RED);
        assertEquals(100 * 50, onScreen(RED));
        SurfaceInfo info = info("red");
        assertEquals("test.red", info.appId());
        assertEquals(100, info.width());
        assertEquals(50, info.height());
        assertEquals(1, info.frames());
        assertEquals(ProcessHandle.current().pid(), info.pid());
    }

    @Test
    void windowsAreSideBySideWhileThereIsRoom() throws IOException {
        TestClient client = client();
        client.shownWindow("a", 300, 200, RED);
        client.shownWindow("b", 300, 200, GREEN);
        client.shownWindow("c", 300, 200, BLUE);
        assertEquals(300 * 200, onScreen(RED));
        assertEquals(300 * 200, onScreen(GREEN));
        assertEquals(300 * 200, onScreen(BLUE));
    }

    @Test
    void aWindowWithoutRoomOfItsOwnIsOnTop() throws IOException {
        TestClient client = client();
        client.shownWindow("a", WIDTH, HEIGHT, RED);
        client.shownWindow("b", 100, 100, GREEN);
        assertEquals(100 * 100, onScreen(GREEN));
    }

    @Test
    void onlyWhatIsDamagedIsTakenOver() throws IOException {
        TestClient client = client();
        TestClient.Window window = client.shownWindow("w", 100, 100, RED);
        client.damage(window.surface, 10, 20, 30, 40);
        window.show(client.buffer(100, 100, GREEN));
        client.roundTrip();
        Picture picture = compositor.screenshot();
        assertEquals(30 * 40, picture.count(GREEN & 0xffffff));
        assertTrue(isAt(picture, 10, 20, GREEN));
        assertTrue(isAt(picture, 39, 59, GREEN));
        assertTrue(isAt(picture, 40, 60, RED));
    }

    @Test
    void damageMayBeLargerThanAnything() throws IOException {
        TestClient client = client();
        TestClient.Window window = client.shownWindow("w", 100, 100, RED);
        client.damage(window.surface, 0, 0, Integer.MAX_VALUE, Integer.MAX_VALUE);
        client.damage(window.surface, Integer.MIN_VALUE, Integer.MIN_VALUE, Integer.MAX_VALUE, -1);
        window.show(client.buffer(100, 100, GREEN));
        client.roundTrip();
        assertEquals(100 * 100, onScreen(GREEN));
    }

    @Test
    void aBufferIsReleasedOnceItIsTakenOver() throws IOException {
        TestClient client = client();
        TestClient.Window window = client.window("w");
        window.configure();
        int buffer = client.buffer(10, 10, RED);
        window.show(buffer);
        client.roundTrip();
        TestClient.Window other = client.window("x");
        other.configure();
        other.show(buffer);
        client.roundTrip();
        assertEquals(2 * 10 * 10, onScreen(RED));
    }

    @Test
    void halfTransparentPixelsShowWhatIsBelow() throws IOException {
        TestClient client = client();
        client.shownWindow("below", WIDTH, HEIGHT, 0xff0000ff);
        client.shownWindow("above", 50, 50, 0x80800000);
        assertEquals(50 * 50, onScreen(0x80007f));
    }

    @Test
    void aSurfaceOfScaleTwoHasHalfTheSizeOfItsBuffer() throws IOException {
        TestClient client = client();
        TestClient.Window window = client.window("w");
        client.request(window.surface, WlSurface.SET_BUFFER_SCALE).putInt(2).end();
        window.configure();
        window.show(client.buffer(100, 60, RED));
        client.roundTrip();
        assertEquals(50 * 30, onScreen(RED));
        assertEquals(50, info("w").width());
    }

    @Test
    void aTurnedSurfaceIsTurnedBack() throws IOException {
        TestClient client = client();
        TestClient.Window window = client.window("w");
        // wl_output.transform 90: the client drew its content turned by 90 degrees.
        client.request(window.surface, WlSurface.SET_BUFFER_TRANSFORM).putInt(1).end();
        window.configure();
        window.show(client.buffer(2, 1, new int[] {RED, GREEN}));
        client.roundTrip();
        Picture picture = compositor.screenshot();
        assertTrue(isAt(picture, 0, 0, GREEN));
        assertTrue(isAt(picture, 0, 1, RED));
    }

    @Test
    void theWindowGeometryIsWhatIsPlaced() throws IOException {
        TestClient client = client();
        TestClient.Window window = client.window("shadowed");
        window.configure();
        client.request(window.shellSurface, XdgSurface.SET_WINDOW_GEOMETRY)
                .putInt(10)
                .putInt(10)
                .putInt(80)
                .putInt(80)
                .end();
        window.show(client.buffer(100, 100, RED));
        client.roundTrip();
        assertEquals(-10, info("shadowed").x());
        assertEquals(90 * 90, onScreen(RED));
    }

    @Test
    void aWindowWithoutContentIsHiddenAndMayComeBack() throws IOException {
        TestClient client = client();
        TestClient.Window window = client.shownWindow("w", 50, 50, RED);
        window.show(0);
        client.roundTrip();
        assertEquals(0, onScreen(RED));
        int configures = window.configures;
        client.commit(window.surface);
        client.await("another configuration", () -> window.configures > configures);
        window.show(client.buffer(50, 50, GREEN));
        client.roundTrip();
        assertEquals(50 * 50, onScreen(GREEN));
    }

    @Test
    void aDestroyedWindowIsGone() throws IOException {
        TestClient client = client();
        TestClient.Window window = client.shownWindow("w", 50, 50, RED);
        window.destroy();
        client.roundTrip();
        assertEquals(0, onScreen(RED));
        assertTrue(compositor.surfaces().isEmpty());
    }

    @Test
    void aFullscreenWindowIsToldTheScreensSize() throws IOException {
        TestClient client = client();
        TestClient.Window window = client.shownWindow("w", 50, 50, RED);
        compositor.move(info("w"), 100, 100);
        int configures = window.configures;
        client.request(window.toplevel, XdgToplevel.SET_FULLSCREEN).putInt(0).end();
        client.await("another configuration", () -> window.configures > configures);
        client.damage(window.surface, 0, 0, WIDTH, HEIGHT);
        window.show(client.buffer(WIDTH, HEIGHT, GREEN));
        client.roundTrip();
        assertEquals(WIDTH * HEIGHT, onScreen(GREEN));
    }

    @Test
    void theUserMayAskToCloseAWindow() throws IOException {
        TestClient client = client();
        TestClient.Window window = client.shownWindow("w", 50, 50, RED);
        assertFalse(window.closeAsked);
        compositor.close(info("w"));
        client.await("close", () -> window.closeAsked);
    }

    @Test
    void framesComeAtMostAboutSixtyTimesASecond() throws IOException {
        TestClient client = client();
        TestClient.Window window = client.shownWindow("w", 50, 50, RED);
        int frames = 31;
        long start = System.nanoTime();
        for (int i = 0; i < frames; i++) {
            boolean[] done = new boolean[1];
            int callback = client.connection.newObject((opcode, args) -> done[0] = true);
            client.request(window.surface, WlSurface.FRAME).putInt(callback).end();
            client.commit(window.surface);
            client.await("a frame", () -> done[0]);
        }
        // The first may come at once, and one that was late may be followed by the next on time.
        long atLeast = (frames - 2) * 1_000_000_000L / 60;
        assertTrue(System.nanoTime() - start >= atLeast);
    }
}
