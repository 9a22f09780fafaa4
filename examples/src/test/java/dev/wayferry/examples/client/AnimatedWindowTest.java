package dev.wayferry.examples.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wayferry.examples.compositor.EmbeddedCompositor;
import dev.wayferry.examples.compositor.SurfaceInfo;
import dev.wayferry.examples.picture.Picture;
import java.io.IOException;
import java.nio.file.Path;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class AnimatedWindowTest {
    private static final long NEVER = Long.MAX_VALUE / 2;

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    @SuppressWarnings("NullAway.Init")
    private EmbeddedCompositor compositor;

    @BeforeEach
    void start() throws IOException {
        compositor = EmbeddedCompositor.start(folder.resolve("wayland-test"), 800, 600);
    }

    @AfterEach
    void stop() {
        compositor.close();
    }

    private int run(String... args) {
        return new CommandLine(new ClientCommand()).execute(args);
    }

    @Test
    void isItsColourButForTheBar() throws IOException {
        try (ClientConnection connection = ClientConnection.connect(compositor.socket());
                AnimatedWindow window = new AnimatedWindow(connection, 0xff8800, 320, 200, "orange")) {
            window.run(1, System.nanoTime() + NEVER);
            connection.roundTrip();
            assertEquals(320 * 200 - 40 * AnimatedWindow.BAR_HEIGHT, window.coloredPixels());
            assertEquals(window.coloredPixels(), compositor.screenshot().count(0xff8800));
            assertEquals(40 * AnimatedWindow.BAR_HEIGHT, compositor.screenshot().count(0x0077ff));
        }
    }

    @Test
    void everyFrameDiffersAndOnlyTheBarMoves() throws IOException {
        try (ClientConnection connection = ClientConnection.connect(compositor.socket());
                AnimatedWindow window = new AnimatedWindow(connection, 0x336699, 64, 64, "moving")) {
            window.run(1, System.nanoTime() + NEVER);
            connection.roundTrip();
            Picture last = compositor.screenshot();
            // Far enough for the bar to start over.
            for (int frame = 2; frame <= 40; frame++) {
                window.run(frame, System.nanoTime() + NEVER);
                connection.roundTrip();
                Picture now = compositor.screenshot();
                assertNotEquals(last, now);
                assertEquals(window.coloredPixels(), now.count(0x336699));
                last = now;
            }
            SurfaceInfo info = compositor.awaitSurface("the window", SurfaceInfo::isWindow);
            assertEquals(40, info.frames());
        }
    }

    @Test
    void theSmallestWindowWorksToo() throws IOException {
        try (ClientConnection connection = ClientConnection.connect(compositor.socket());
                AnimatedWindow window = new AnimatedWindow(connection, 0x336699, 1, 1, "tiny")) {
            window.run(3, System.nanoTime() + NEVER);
            assertEquals(3, window.frames());
        }
    }

    @Test
    void endsWellAfterItsFramesOrItsTime() {
        String display = compositor.socket().toString();
        assertEquals(0, run("--display=" + display, "--frames=5", "--seconds=600"));
        assertEquals(0, run("--display=" + display, "--seconds=0.2"));
        assertEquals(1, run("--display=" + display, "--frames=1000000", "--seconds=0.2"));
    }

    @Test
    void endsWhenTheUserClosesTheWindow() throws Exception {
        var closer = Thread.ofPlatform()
                .start(() -> compositor.close(compositor.awaitSurface("a shown window", SurfaceInfo::isWindow)));
        assertEquals(0, run("--display=" + compositor.socket(), "--seconds=600"));
        closer.join();
    }

    @Test
    void failsWhenThereIsNoCompositorOrItGoesAway() throws Exception {
        assertEquals(1, run("--display=" + folder.resolve("nobody"), "--seconds=1"));
        var killer = Thread.ofPlatform().start(() -> {
            compositor.awaitSurface("a shown window", SurfaceInfo::isWindow);
            compositor.close();
        });
        assertEquals(1, run("--display=" + compositor.socket(), "--seconds=600"));
        killer.join();
    }

    @Test
    void refusesWhatIsNoColourOrSize() {
        assertEquals(2, run("--display=" + compositor.socket(), "--color=red"));
        assertEquals(2, run("--display=" + compositor.socket(), "--width=0"));
    }

    @Test
    void roundTripsAreMeasured() throws IOException {
        try (ClientConnection connection = ClientConnection.connect(compositor.socket())) {
            Histogram histogram = SyncLatency.measure(connection, 100);
            assertEquals(100, histogram.getTotalCount());
            assertTrue(histogram.getMinValue() > 0);
            String line = SyncLatency.describe(histogram);
            assertTrue(line.matches("100 round trips of wl_display.sync: p50 [0-9]+\\.[0-9] us, p99 [0-9]+\\.[0-9] us"), line);
        }
    }
}
