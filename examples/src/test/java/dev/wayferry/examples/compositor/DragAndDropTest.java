package dev.wayferry.examples.compositor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wayferry.wire.wayland.WlDataDevice;
import dev.wayferry.wire.wayland.WlDataDeviceManager;
import dev.wayferry.wire.wayland.WlDataOffer;
import dev.wayferry.wire.wayland.WlDataSource;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class DragAndDropTest extends CompositorFixture {
    private static final String TYPE = "text/uri-list";
    private static final int COPY = WlDataDeviceManager.DND_ACTION_COPY;
    private static final int MOVE = WlDataDeviceManager.DND_ACTION_MOVE;

    @SuppressWarnings("NullAway.Init")
    private TestData giving;

    @SuppressWarnings("NullAway.Init")
    private TestData taking;

    @SuppressWarnings("NullAway.Init")
    private TestClient.Window from;

    @SuppressWarnings("NullAway.Init")
    private TestClient.Window to;

    private int source;

    /** One window at 0,0 and another at 100,0, and a drag that has started in the first. */
    @BeforeEach
    void drag() throws IOException {
        giving = new TestData(client());
        from = giving.client.shownWindow("from", 100, 100, RED);
        taking = new TestData(client());
        to = taking.client.shownWindow("to", 100, 100, GREEN);
        compositor.pointerMotion(50, 50);
        compositor.pointerButton(EmbeddedCompositor.BTN_LEFT, true);
        giving.client.awaitInput("button 272 1");
        source = giving.source("file:///here".getBytes(StandardCharsets.UTF_8), TYPE);
        giving.client.request(source, WlDataSource.SET_ACTIONS).putInt(COPY | MOVE).end();
        giving.client
                .request(giving.device, WlDataDevice.START_DRAG)
                .putInt(source)
                .putInt(from.surface)
                .putInt(0)
                .putInt(giving.client.serial)
                .end();
        giving.client.roundTrip();
        compositor.awaitDrag();
    }

    private void enter() throws IOException {
        compositor.pointerMotion(130, 40);
        taking.client.await("a drag's enter", () -> taking.dragOffer != null);
    }

    private void accept(int preferred) throws IOException {
        taking.client
                .request(taking.dragOffer(), WlDataOffer.ACCEPT)
                .putInt(taking.dragSerial)
                .putString(TYPE)
                .end();
        taking.client
                .request(taking.dragOffer(), WlDataOffer.SET_ACTIONS)
                .putInt(COPY | MOVE)
                .putInt(preferred)
                .end();
        taking.client.roundTrip();
    }

    private void letGo() {
        compositor.pointerButton(EmbeddedCompositor.BTN_LEFT, false);
    }

    @Test
    void whatIsDroppedIsGivenThroughAPipe() throws IOException {
        enter();
        assertTrue(taking.dragEvents.contains("enter " + to.surface + " 30.0 40.0"));
        assertEquals(List.of(TYPE), taking.offers.get(taking.dragOffer()));
        assertTrue(taking.dragEvents.contains("source actions " + (COPY | MOVE)));
        accept(MOVE);
        assertTrue(taking.dragEvents.contains("action " + MOVE));
        giving.client.await("its target", () -> giving.sourceEvents.contains("target " + TYPE));
        letGo();
        taking.client.await("drop", () -> taking.dragEvents.contains("drop"));
        byte[] content = TestData.transfer(giving, taking, taking.dragOffer(), TYPE);
        assertEquals("file:///here", new String(content, StandardCharsets.UTF_8));
        taking.client.request(taking.dragOffer(), WlDataOffer.FINISH).end();
        taking.client.roundTrip();
        giving.client.await("finished", () -> giving.sourceEvents.contains("finished"));
        assertTrue(giving.sourceEvents.contains("dropped"));
        assertTrue(giving.sourceEvents.contains("action " + MOVE));
        assertFalse(compositor.isDragging());
    }

    @Test
    void thePointerIsTheDragsUntilItIsOver() throws IOException {
        assertTrue(giving.client.input.contains("leave " + from.surface));
        enter();
        compositor.pointerMotion(140, 45);
        taking.client.await("motion", () -> taking.dragEvents.contains("motion 40.0 45.0"));
        assertFalse(taking.client.input.stream().anyMatch(line -> line.startsWith("enter")));
        letGo();
        taking.client.awaitInput("enter " + to.surface + " 40.0 45.0");
    }

    @Test
    void aDropThatNobodyAcceptsIsCancelled() throws IOException {
        enter();
        letGo();
        giving.client.await("cancelled", () -> giving.sourceEvents.contains("cancelled"));
        taking.client.await("leave", () -> taking.dragEvents.contains("leave"));
    }

    @Test
    void aDropOnNothingIsCancelled() throws IOException {
        compositor.pointerMotion(400, 400);
        letGo();
        giving.client.await("cancelled", () -> giving.sourceEvents.contains("cancelled"));
    }

    @Test
    void aDropThatIsNeverFetchedIsCancelled() throws IOException {
        enter();
        accept(COPY);
        letGo();
        taking.client.await("drop", () -> taking.dragEvents.contains("drop"));
        taking.client.request(taking.dragOffer(), WlDataOffer.DESTROY).end();
        taking.client.roundTrip();
        giving.client.await("cancelled", () -> giving.sourceEvents.contains("cancelled"));
    }

    @Test
    void endsWhenTheDraggingClientDies() throws IOException {
        enter();
        kill(giving.client);
        taking.client.await("leave", () -> taking.dragEvents.contains("leave"));
        assertFalse(compositor.isDragging());
        taking.client.awaitInput("enter " + to.surface + " 30.0 40.0");
        letGo();
        compositor.pointerMotion(150, 50);
        taking.client.awaitInput("motion 50.0 50.0");
    }

    @Test
    void goesOnWhenTheClientUnderItDies() throws IOException {
        enter();
        accept(COPY);
        kill(taking.client);
        compositor.awaitClients(1);
        letGo();
        giving.client.await("cancelled", () -> giving.sourceEvents.contains("cancelled"));
    }

    @Test
    void doesNotStartWithoutAHeldButton() throws IOException {
        letGo();
        giving.client.await("cancelled", () -> giving.sourceEvents.contains("cancelled"));
        giving.sourceEvents.clear();
        int another = giving.source(new byte[0], TYPE);
        giving.client
                .request(giving.device, WlDataDevice.START_DRAG)
                .putInt(another)
                .putInt(from.surface)
                .putInt(0)
                .putInt(giving.client.serial)
                .end();
        giving.client.await("cancelled", () -> giving.sourceEvents.contains("cancelled"));
        assertFalse(compositor.isDragging());
    }
}
