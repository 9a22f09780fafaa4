package dev.wayferry.examples.compositor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wayferry.examples.picture.Picture;
import dev.wayferry.wire.wayland.MalformedMessageException;
import dev.wayferry.wire.wayland.WaylandReader;
import dev.wayferry.wire.wayland.WlSurface;
import dev.wayferry.wire.wayland.XdgPopup;
import dev.wayferry.wire.wayland.XdgPositioner;
import dev.wayferry.wire.wayland.XdgSurface;
import dev.wayferry.wire.wayland.XdgWmBase;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class PopupTest extends CompositorFixture {
    @SuppressWarnings("NullAway.Init")
    private TestClient client;

    @SuppressWarnings("NullAway.Init")
    private TestClient.Window window;

    private int surface;
    private int shellSurface;
    private int popup;
    private final List<String> events = new ArrayList<>();

    /** A window at 0,0, whose popup of 40 by 30 goes to 20,10. */
    @BeforeEach
    void makeAPopup() throws IOException {
        client = client();
        window = client.shownWindow("parent", 100, 100, RED);
        surface = client.surface();
        shellSurface = client.connection.newObject(this::shellSurfaceEvent);
        client.request(client.wmBase, XdgWmBase.GET_XDG_SURFACE)
                .putInt(shellSurface)
                .putInt(surface)
                .end();
        int positioner = positioner(20);
        popup = client.connection.newObject(this::popupEvent);
        client.request(shellSurface, XdgSurface.GET_POPUP)
                .putInt(popup)
                .putInt(window.shellSurface)
                .putInt(positioner)
                .end();
        client.request(positioner, XdgPositioner.DESTROY).end();
    }

    private int positioner(int x) {
        int positioner = client.connection.newObject();
        client.request(client.wmBase, XdgWmBase.CREATE_POSITIONER).putInt(positioner).end();
        client.request(positioner, XdgPositioner.SET_SIZE).putInt(40).putInt(30).end();
        client.request(positioner, XdgPositioner.SET_ANCHOR_RECT)
                .putInt(x)
                .putInt(10)
                .putInt(0)
                .putInt(0)
                .end();
        client.request(positioner, XdgPositioner.SET_GRAVITY)
                .putInt(XdgPositioner.GRAVITY_BOTTOM_RIGHT)
                .end();
        return positioner;
    }

    private void shellSurfaceEvent(int opcode, WaylandReader args) throws MalformedMessageException {
        client.request(shellSurface, XdgSurface.ACK_CONFIGURE).putInt(args.readInt()).end();
        events.add("configured");
    }

    private void popupEvent(int opcode, WaylandReader args) throws MalformedMessageException {
        switch (opcode) {
            case XdgPopup.CONFIGURE_EVENT -> events.add("configure " + args.readInt() + " " + args.readInt() + " "
                    + args.readInt() + " " + args.readInt());
            case XdgPopup.REPOSITIONED_EVENT -> events.add("repositioned " + args.readInt());
            default -> events.add("done");
        }
    }

    private void show() throws IOException {
        client.commit(surface);
        client.await("a configuration", () -> events.contains("configured"));
        client.attach(surface, client.buffer(40, 30, GREEN));
        client.commit(surface);
        client.roundTrip();
    }

    private void grab() {
        client.request(popup, XdgPopup.GRAB).putInt(client.seat).putInt(client.serial).end();
    }

    @Test
    void liesWhereItsPositionerSays() throws IOException {
        show();
        assertTrue(events.contains("configure 20 10 40 30"));
        Picture picture = compositor.screenshot();
        assertEquals(40 * 30, picture.count(GREEN & 0xffffff));
        assertTrue(isAt(picture, 20, 10, GREEN));
        compositor.move(info("parent"), 200, 200);
        assertTrue(isAt(compositor.screenshot(), 220, 210, GREEN));
    }

    @Test
    void canBeMoved() throws IOException {
        show();
        int positioner = positioner(70);
        client.request(popup, XdgPopup.REPOSITION).putInt(positioner).putInt(99).end();
        client.await("its new place", () -> events.contains("configure 70 10 40 30"));
        assertTrue(events.contains("repositioned 99"));
    }

    @Test
    void withAGrabItHasTheKeyboardUntilTheUserTurnsElsewhere() throws IOException {
        grab();
        show();
        client.awaitInput("keyboard enter " + surface);
        compositor.click(30, 20);
        client.roundTrip();
        assertFalse(events.contains("done"), "a click on it is no reason to go");
        compositor.click(500, 400);
        client.await("its dismissal", () -> events.contains("done"));
        client.request(popup, XdgPopup.DESTROY).end();
        client.request(shellSurface, XdgSurface.DESTROY).end();
        client.request(surface, WlSurface.DESTROY).end();
        client.roundTrip();
        assertEquals(0, onScreen(GREEN));
        assertEquals("keyboard enter " + window.surface, client.input.get(client.input.size() - 2));
    }

    @Test
    void goesWithItsClient() throws IOException {
        grab();
        show();
        kill(client);
        compositor.awaitClients(0);
        assertEquals(WIDTH * HEIGHT, onScreen(EmbeddedCompositor.BACKGROUND));
    }
}
