package dev.wayferry.examples.guestproxy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wayferry.posix.Posix;
import dev.wayferry.wire.wayland.WaylandWriter;
import dev.wayferry.wire.wayland.WlDisplay;
import dev.wayferry.wire.wayland.WlRegistry;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Programs and hosts that say anything at all. */
@Timeout(60)
class HostilityTest {
    private static final String[] INTERFACES = {
        "wl_shm", "wl_compositor", "wp_viewporter", "zwp_linux_dmabuf_v1", "wl_seat", "zwlr_screencopy_manager_v1", "none"
    };
    private static final int ROUNDS = 150;
    private static final int PATIENCE_MILLIS = 50_000;

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    @Test
    void programsThatTalkNonsenseHarmNobody() throws Exception {
        Random random = new Random(1);
        try (GuestProxyFixture fixture = new GuestProxyFixture(folder)) {
            for (int round = 0; round < ROUNDS; round++) {
                try (TestClient client = new TestClient(fixture.proxy.socket())) {
                    ScriptedGpu.Context context = fixture.gpu.nextContext();
                    talkNonsense(client, random);
                    client.close();
                    awaitClosed(context);
                }
            }
            stillWorks(fixture);
        }
    }

    private static void talkNonsense(TestClient client, Random random) throws IOException {
        client.request(1, WlDisplay.GET_REGISTRY).putInt(2).end();
        int next = 3;
        for (String each : INTERFACES) {
            client.request(2, WlRegistry.BIND).putInt(1).putString(each).putInt(1).putInt(next++).end();
        }
        int requests = random.nextInt(60);
        for (int i = 0; i < requests; i++) {
            WaylandWriter request = client.request(1 + random.nextInt(next), random.nextInt(6));
            int words = random.nextInt(8);
            for (int word = 0; word < words; word++) {
                request.putInt(argument(random, next));
            }
            request.end();
            if (random.nextInt(3) == 0) {
                next++;
            }
            if (random.nextInt(3) == 0) {
                client.file(file(random));
            }
        }
        int unused = client.connection.flush();
    }

    private static int argument(Random random, int next) {
        return switch (random.nextInt(4)) {
            case 0 -> 1 + random.nextInt(next + 2);
            case 1 -> random.nextInt(5000);
            case 2 -> 64;
            default -> random.nextInt();
        };
    }

    private static int file(Random random) throws IOException {
        return switch (random.nextInt(3)) {
            case 0 -> TestClient.memoryFile(new byte[random.nextInt(10_000)]);
            case 1 -> Posix.eventfd();
            default -> {
                long pipe = Posix.pipe();
                Posix.close(Posix.readEnd(pipe));
                yield Posix.writeEnd(pipe);
            }
        };
    }

    @Test
    void hostsThatTalkNonsenseHarmNobody() throws Exception {
        Random random = new Random(2);
        try (GuestProxyFixture fixture = new GuestProxyFixture(folder)) {
            for (int round = 0; round < ROUNDS; round++) {
                try (TestClient client = new TestClient(fixture.proxy.socket())) {
                    ScriptedGpu.Context context = fixture.gpu.nextContext();
                    for (int i = 0; i < 5; i++) {
                        byte[] nonsense = new byte[random.nextInt(3000)];
                        random.nextBytes(nonsense);
                        if (random.nextBoolean()) {
                            context.receive(nonsense, random.nextInt(6), random.nextInt(), 0);
                        } else {
                            context.read(random.nextInt(), nonsense, random.nextBoolean());
                        }
                    }
                    client.close();
                    awaitClosed(context);
                }
            }
            stillWorks(fixture);
        }
    }

    private static void awaitClosed(ScriptedGpu.Context context) throws InterruptedException {
        for (int i = 0; i < PATIENCE_MILLIS && !context.isClosed(); i++) {
            Thread.sleep(1);
        }
        assertTrue(context.isClosed());
    }

    private static void stillWorks(GuestProxyFixture fixture) throws Exception {
        fixture.client.request(1, WlDisplay.SYNC).putInt(2).end();
        fixture.client.flush();
        fixture.host.expect(1, WlDisplay.SYNC);
        awaitEnded(fixture);
    }

    /** A program's end is counted after its context is closed. */
    private static void awaitEnded(GuestProxyFixture fixture) throws InterruptedException {
        for (int i = 0; i < PATIENCE_MILLIS && fixture.proxy.counters().ended.sum() < ROUNDS; i++) {
            Thread.sleep(1);
        }
        assertEquals(ROUNDS, fixture.proxy.counters().ended.sum());
    }
}
