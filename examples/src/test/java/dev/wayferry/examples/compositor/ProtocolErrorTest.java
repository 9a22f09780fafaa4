package dev.wayferry.examples.compositor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wayferry.wire.wayland.WlCompositor;
import dev.wayferry.wire.wayland.WlDisplay;
import dev.wayferry.wire.wayland.WlRegistry;
import dev.wayferry.wire.wayland.WlSeat;
import dev.wayferry.wire.wayland.WlSurface;
import dev.wayferry.wire.wayland.XdgSurface;
import dev.wayferry.wire.wayland.XdgToplevel;
import dev.wayferry.wire.wayland.XdgWmBase;
import java.io.IOException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ProtocolErrorTest extends CompositorFixture {
    private static final int DISPLAY = 1;
    private static final int REGISTRY = 2;

    @SuppressWarnings("NullAway.Init")
    private TestClient client;

    @SuppressWarnings("NullAway.Init")
    private TestClient witness;

    @BeforeEach
    void connect() throws IOException {
        client = client();
        witness = client();
    }

    @AfterEach
    void onlyTheOffenderIsDisconnected() throws IOException {
        compositor.awaitClients(1);
        witness.roundTrip();
    }

    private void assertRefused(int objectId, int code) {
        String refusal = client.awaitRefusal();
        assertTrue(refusal.contains("object " + objectId + " error " + code + ":"), refusal);
    }

    @Test
    void anObjectThatIsNotThere() {
        client.request(4711, 0).end();
        assertRefused(DISPLAY, WlDisplay.ERROR_INVALID_OBJECT);
    }

    @Test
    void anObjectThatIsGone() throws IOException {
        int surface = client.surface();
        client.request(surface, WlSurface.DESTROY).end();
        client.request(surface, WlSurface.COMMIT).end();
        assertRefused(DISPLAY, WlDisplay.ERROR_INVALID_OBJECT);
    }

    @Test
    void aRequestThatIsNotThere() {
        client.request(client.compositor, 99).end();
        assertRefused(DISPLAY, WlDisplay.ERROR_INVALID_METHOD);
    }

    @Test
    void aRequestOfALaterVersion() {
        // wl_surface.offset came with version 5.
        client.request(client.surface(), WlSurface.OFFSET).putInt(0).putInt(0).end();
        assertRefused(DISPLAY, WlDisplay.ERROR_INVALID_METHOD);
    }

    @Test
    void anArgumentThatIsMissing() {
        client.request(client.surface(), WlSurface.ATTACH).putInt(0).end();
        assertRefused(DISPLAY, WlDisplay.ERROR_INVALID_METHOD);
    }

    @Test
    void aDescriptorThatIsMissing() {
        client.request(client.shm, 0).putInt(client.connection.newObject()).putInt(4096).end();
        assertRefused(DISPLAY, WlDisplay.ERROR_INVALID_METHOD);
    }

    @Test
    void anArgumentOfTheWrongInterface() {
        client.attach(client.surface(), client.seat);
        assertRefused(DISPLAY, WlDisplay.ERROR_INVALID_OBJECT);
    }

    @Test
    void anIdThatIsTaken() {
        client.request(client.compositor, WlCompositor.CREATE_SURFACE).putInt(client.seat).end();
        assertRefused(DISPLAY, WlDisplay.ERROR_INVALID_OBJECT);
    }

    @Test
    void anIdOfTheCompositorsOwn() {
        client.request(client.compositor, WlCompositor.CREATE_SURFACE).putInt(0xff000000).end();
        assertRefused(DISPLAY, WlDisplay.ERROR_INVALID_OBJECT);
    }

    @Test
    void aGlobalThatIsNotThereOrNotThatNew() throws IOException {
        client.request(REGISTRY, WlRegistry.BIND)
                .putInt(999)
                .putString("wl_seat")
                .putInt(1)
                .putInt(client.connection.newObject())
                .end();
        assertRefused(REGISTRY, WlDisplay.ERROR_INVALID_OBJECT);
        client = client();
        client.request(REGISTRY, WlRegistry.BIND)
                .putInt(1)
                .putString("wl_compositor")
                .putInt(99)
                .putInt(client.connection.newObject())
                .end();
        assertRefused(REGISTRY, WlDisplay.ERROR_INVALID_OBJECT);
    }

    @Test
    void aBufferBeforeTheFirstConfiguration() throws IOException {
        TestClient.Window window = client.window("hasty");
        window.show(client.buffer(10, 10, RED));
        assertRefused(window.shellSurface, XdgSurface.ERROR_UNCONFIGURED_BUFFER);
    }

    @Test
    void aConfigurationThatWasNeverSent() {
        TestClient.Window window = client.window("liar");
        client.request(window.shellSurface, XdgSurface.ACK_CONFIGURE).putInt(12345).end();
        assertRefused(window.shellSurface, XdgSurface.ERROR_INVALID_SERIAL);
    }

    @Test
    void aSecondRole() {
        TestClient.Window window = client.window("w");
        client.request(window.shellSurface, XdgSurface.GET_TOPLEVEL)
                .putInt(client.connection.newObject())
                .end();
        assertRefused(window.shellSurface, XdgSurface.ERROR_ALREADY_CONSTRUCTED);
    }

    @Test
    void aShellSurfaceDestroyedBeforeItsRole() {
        TestClient.Window window = client.window("w");
        client.request(window.shellSurface, XdgSurface.DESTROY).end();
        assertRefused(client.wmBase, XdgWmBase.ERROR_DEFUNCT_SURFACES);
    }

    @Test
    void aTouchScreenThatIsNotThere() {
        client.request(client.seat, WlSeat.GET_TOUCH).putInt(client.connection.newObject()).end();
        assertRefused(client.seat, WlSeat.ERROR_MISSING_CAPABILITY);
    }

    @Test
    void aScaleOfNothing() {
        int surface = client.surface();
        client.request(surface, WlSurface.SET_BUFFER_SCALE).putInt(0).end();
        assertRefused(surface, WlSurface.ERROR_INVALID_SCALE);
    }

    @Test
    void aWindowThatIsDestroyedWithTheRestLeftBehindIsNone() throws IOException {
        TestClient.Window window = client.shownWindow("w", 10, 10, RED);
        client.request(window.toplevel, XdgToplevel.DESTROY).end();
        client.roundTrip();
        assertEquals(0, onScreen(RED));
        kill(client);
    }
}
