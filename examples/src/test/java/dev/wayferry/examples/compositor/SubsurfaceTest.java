package dev.wayferry.examples.compositor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wayferry.examples.picture.Picture;
import dev.wayferry.wire.wayland.WlSubsurface;
import dev.wayferry.wire.wayland.WlSurface;
import java.io.IOException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class SubsurfaceTest extends CompositorFixture {
    @SuppressWarnings("NullAway.Init")
    private TestClient client;

    @SuppressWarnings("NullAway.Init")
    private TestClient.Window window;

    private int part;
    private int subsurface;

    @BeforeEach
    void makeAPart() throws IOException {
        client = client();
        window = client.shownWindow("parent", 100, 100, RED);
        part = client.surface();
        subsurface = client.subsurface(part, window.surface);
    }

    private void setPosition(int x, int y) {
        client.request(subsurface, WlSubsurface.SET_POSITION).putInt(x).putInt(y).end();
    }

    @Test
    void liesWhereItWasPutOnItsParent() throws IOException {
        setPosition(30, 40);
        client.attach(part, client.buffer(20, 10, GREEN));
        client.commit(part);
        client.commit(window.surface);
        client.roundTrip();
        Picture picture = compositor.screenshot();
        assertEquals(20 * 10, picture.count(GREEN & 0xffffff));
        assertTrue(isAt(picture, 30, 40, GREEN));
        assertTrue(isAt(picture, 49, 49, GREEN));
        compositor.move(info("parent"), 100, 100);
        assertTrue(isAt(compositor.screenshot(), 149, 149, GREEN));
    }

    @Test
    void waitsForItsParentsCommit() throws IOException {
        client.commit(window.surface);
        client.attach(part, client.buffer(20, 10, GREEN));
        client.commit(part);
        client.roundTrip();
        assertEquals(0, onScreen(GREEN));
        client.commit(window.surface);
        client.roundTrip();
        assertEquals(20 * 10, onScreen(GREEN));
    }

    @Test
    void desynchronizedItGoesItsOwnWay() throws IOException {
        client.commit(window.surface);
        client.request(subsurface, WlSubsurface.SET_DESYNC).end();
        client.attach(part, client.buffer(20, 10, GREEN));
        client.commit(part);
        client.roundTrip();
        assertEquals(20 * 10, onScreen(GREEN));
    }

    @Test
    void canLieBelowItsParent() throws IOException {
        client.request(subsurface, WlSubsurface.PLACE_BELOW).putInt(window.surface).end();
        setPosition(90, 0);
        client.attach(part, client.buffer(20, 10, GREEN));
        client.commit(part);
        client.commit(window.surface);
        client.roundTrip();
        assertEquals(10 * 10, onScreen(GREEN));
    }

    @Test
    void getsThePointerInItsOwnCoordinates() throws IOException {
        setPosition(30, 40);
        client.attach(part, client.buffer(20, 10, GREEN));
        client.commit(part);
        client.commit(window.surface);
        client.roundTrip();
        compositor.pointerMotion(35, 42);
        client.awaitInput("enter " + part + " 5.0 2.0");
        compositor.pointerMotion(5, 5);
        client.awaitInput("enter " + window.surface + " 5.0 5.0");
    }

    @Test
    void vanishesWithItsParent() throws IOException {
        client.attach(part, client.buffer(20, 10, GREEN));
        client.commit(part);
        client.commit(window.surface);
        window.destroy();
        client.roundTrip();
        assertEquals(0, onScreen(GREEN));
    }

    @Test
    void vanishesWhenItIsDestroyed() throws IOException {
        client.attach(part, client.buffer(20, 10, GREEN));
        client.commit(part);
        client.commit(window.surface);
        client.request(subsurface, WlSubsurface.DESTROY).end();
        client.roundTrip();
        assertEquals(0, onScreen(GREEN));
        client.request(part, WlSurface.DESTROY).end();
        client.roundTrip();
    }

    @Test
    void cannotBePartOfItself() {
        client.subsurface(window.surface, part);
        assertTrue(client.awaitRefusal().contains("part of itself"));
    }

    @Test
    void cannotBeAWindowToo() {
        client.subsurface(part, window.surface);
        assertTrue(client.awaitRefusal().contains("another role"));
    }
}
