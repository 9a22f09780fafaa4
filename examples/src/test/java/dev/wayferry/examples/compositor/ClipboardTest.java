package dev.wayferry.examples.compositor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wayferry.wire.wayland.WlDataDevice;
import dev.wayferry.wire.wayland.WlDataSource;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ClipboardTest extends CompositorFixture {
    private static final String TEXT = "text/plain;charset=utf-8";

    @Test
    void aMegabyteGoesFromOneClientToAnotherThroughAPipe() throws Exception {
        byte[] content = new byte[1 << 20];
        new Random(3).nextBytes(content);
        TestClient giver = client();
        var giving = new TestData(giver);
        giver.shownWindow("giver", 50, 50, RED);
        giving.offerSelection(content, TEXT, "application/octet-stream");
        giver.roundTrip();
        TestClient taker = client();
        var taking = new TestData(taker);
        taker.shownWindow("taker", 50, 50, GREEN);
        taker.await("an offer", () -> taking.selection != null);
        assertEquals(List.of(TEXT, "application/octet-stream"), taking.selectionTypes());
        assertArrayEquals(content, TestData.transfer(giving, taking, taking.selection(), TEXT));
    }

    @Test
    void isOfferedToWhoeverHasTheKeyboard() throws IOException {
        TestClient giver = client();
        var giving = new TestData(giver);
        giver.shownWindow("giver", 50, 50, RED);
        TestClient other = client();
        var taking = new TestData(other);
        other.shownWindow("other", 50, 50, GREEN);
        giver.roundTrip();
        giving.offerSelection(bytes("late"), TEXT);
        giver.roundTrip();
        other.await("an offer", () -> taking.selection != null);
        assertEquals(List.of(TEXT), taking.selectionTypes());
        compositor.awaitSelection(TEXT);
    }

    @Test
    void aNewerContentTakesTheOldOnesPlace() throws Exception {
        TestClient giver = client();
        var giving = new TestData(giver);
        giver.shownWindow("giver", 50, 50, RED);
        giving.offerSelection(bytes("old"), TEXT);
        giver.roundTrip();
        TestClient other = client();
        var newer = new TestData(other);
        other.shownWindow("other", 50, 50, GREEN);
        newer.offerSelection(bytes("new"), TEXT);
        other.roundTrip();
        giver.await("cancelled", () -> giving.sourceEvents.contains("cancelled"));
        compositor.focus(info("giver"));
        giver.roundTrip();
        assertEquals("new", new String(TestData.transfer(newer, giving, giving.selection(), TEXT), StandardCharsets.UTF_8));
    }

    @Test
    void isEmptyWhenItsSourceIsGone() throws IOException {
        TestClient giver = client();
        var giving = new TestData(giver);
        giver.shownWindow("giver", 50, 50, RED);
        giving.offerSelection(bytes("short-lived"), TEXT);
        giver.roundTrip();
        TestClient taker = client();
        var taking = new TestData(taker);
        taker.shownWindow("taker", 50, 50, GREEN);
        taker.await("an offer", () -> taking.selection != null);
        int offer = taking.selection();
        kill(giver);
        taker.await("no offer", () -> taking.selection == null);
        // Asking the old offer still brings the end of the file, not a hang.
        assertEquals(0, taking.receive(offer, TEXT).readAllBytes().length);
    }

    @Test
    void aSourceServesOnce() throws IOException {
        TestClient giver = client();
        var giving = new TestData(giver);
        giver.shownWindow("giver", 50, 50, RED);
        int source = giving.offerSelection(bytes("x"), TEXT);
        giver.request(giving.device, WlDataDevice.SET_SELECTION)
                .putInt(source)
                .putInt(giver.serial)
                .end();
        assertTrue(giver.awaitRefusal().contains("error " + WlDataSource.ERROR_INVALID_SOURCE));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
