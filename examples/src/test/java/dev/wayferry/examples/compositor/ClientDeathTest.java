package dev.wayferry.examples.compositor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wayferry.examples.client.ClientConnection;
import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.Posix;
import dev.wayferry.wire.wayland.WlDataOffer;
import java.io.IOException;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ClientDeathTest extends CompositorFixture {
    @Test
    void itsWindowsVanishAndNoDescriptorIsLeft() throws Exception {
        Map<String, Integer> before = OpenFiles.count();
        TestClient client = client();
        client.shownWindow("a", 100, 100, RED);
        client.shownWindow("b", 100, 100, GREEN);
        new TestData(client).offerSelection(new byte[10], "text/plain");
        try (OwnedFd file = TestClient.memoryFile(4096)) {
            client.pool(file.number(), 4096);
        }
        client.roundTrip();
        compositor.pointerMotion(10, 10);
        compositor.pointerButton(EmbeddedCompositor.BTN_LEFT, true);
        kill(client);
        compositor.awaitClients(0);
        assertEquals(WIDTH * HEIGHT, onScreen(EmbeddedCompositor.BACKGROUND));
        OpenFiles.awaitNoMoreThan(before);
    }

    @Test
    void inTheMiddleOfAMessageIsNoTrouble() throws Exception {
        Map<String, Integer> before = OpenFiles.count();
        TestClient client = client();
        client.shownWindow("a", 100, 100, RED);
        client.connection.queueFd(Posix.eventfd());
        client.request(client.surface(), 0);
        kill(client);
        compositor.awaitClients(0);
        OpenFiles.awaitNoMoreThan(before);
    }

    @Test
    void descriptorsThatNobodyAskedForAreClosed() throws Exception {
        Map<String, Integer> before = OpenFiles.count();
        TestClient client = client();
        for (int i = 0; i < 50; i++) {
            long pipe = Posix.pipe();
            client.connection.queueFd(Posix.readEnd(pipe));
            client.connection.queueFd(Posix.writeEnd(pipe));
            client.surface();
        }
        client.roundTrip();
        kill(client);
        compositor.awaitClients(0);
        OpenFiles.awaitNoMoreThan(before);
    }

    @Test
    void withDataOnItsWayLeavesNoDescriptor() throws Exception {
        Map<String, Integer> before = OpenFiles.count();
        TestClient giver = client();
        var giving = new TestData(giver);
        giver.shownWindow("giver", 50, 50, RED);
        giving.offerSelection(new byte[1], "text/plain");
        giver.roundTrip();
        TestClient taker = client();
        var taking = new TestData(taker);
        taker.shownWindow("taker", 50, 50, GREEN);
        taker.await("an offer", () -> taking.selection != null);
        for (int i = 0; i < 40; i++) {
            long pipe = Posix.pipe();
            Posix.close(Posix.readEnd(pipe));
            taker.connection.queueFd(Posix.writeEnd(pipe));
            taker.request(taking.selection(), WlDataOffer.RECEIVE).putString("text/plain").end();
        }
        taker.roundTrip();
        kill(taker);
        kill(giver);
        compositor.awaitClients(0);
        OpenFiles.awaitNoMoreThan(before);
    }

    @Test
    void manyClientsComeAndGoWithoutATrace() throws Exception {
        Map<String, Integer> before = OpenFiles.count();
        for (int i = 0; i < 50; i++) {
            TestClient client = client();
            client.shownWindow("w" + i, 20, 20, RED);
            kill(client);
        }
        compositor.awaitClients(0);
        OpenFiles.awaitNoMoreThan(before);
    }

    @Test
    void randomRequestsEndTheirClientOnly() throws Exception {
        Map<String, Integer> before = OpenFiles.count();
        TestClient witness = client();
        witness.shownWindow("witness", 20, 20, BLUE);
        var random = new Random(11);
        for (int round = 0; round < 200; round++) {
            TestClient client = client();
            client.shownWindow("w", 10, 10, RED);
            try {
                for (int i = 0; i < 50; i++) {
                    var request = client.request(random.nextInt(20), random.nextInt(12));
                    for (int words = random.nextInt(7); words > 0; words--) {
                        request.putInt(random.nextInt(8) == 0 ? random.nextInt() : random.nextInt(40));
                    }
                    request.end();
                }
                client.roundTrip();
            } catch (IOException expected) {
                // It was refused.
            }
            kill(client);
        }
        compositor.awaitClients(1);
        assertEquals(20 * 20, onScreen(BLUE));
        kill(witness);
        compositor.awaitClients(0);
        OpenFiles.awaitNoMoreThan(before);
    }

    @Test
    void aClientThatNeverReadsIsGivenUp() throws IOException {
        TestClient witness = client();
        ClientConnection deaf = ClientConnection.connect(compositor.socket());
        compositor.awaitClients(2);
        try {
            while (compositor.clientCount() == 2) {
                for (int i = 0; i < 10_000; i++) {
                    int callback = deaf.newObject();
                    deaf.request(1, 0).putInt(callback).end();
                }
                deaf.flush();
            }
        } catch (IOException hungUp) {
            // Sooner than expected.
        }
        deaf.close();
        compositor.awaitClients(1);
        witness.roundTrip();
    }

    @Test
    void theCompositorsOwnEndIsSeenByItsClients() throws IOException {
        TestClient client = client();
        client.shownWindow("a", 100, 100, RED);
        compositor.close();
        String why = client.awaitRefusal();
        assertTrue(why.startsWith("the compositor hung up"), why);
    }
}
