package dev.wayferry.examples.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.wayferry.examples.compositor.EmbeddedCompositor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class SyncLatencyTest {
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

    private static int run(String... args) {
        return new CommandLine(new SyncLatencyCommand()).execute(args);
    }

    @Test
    void severalClientsMeasureAtOnceAndAgain() throws IOException {
        try (SyncClients clients = new SyncClients(compositor.socket(), 3)) {
            assertEquals(150, clients.measure(50).getTotalCount());
            assertEquals(60, clients.measure(20).getTotalCount());
        }
    }

    @Test
    void figuresAreRoundTripsASecondAndMicroseconds() {
        Histogram histogram = new Histogram(SyncLatency.MAX_NANOS, SyncLatency.DIGITS);
        for (int micros = 1; micros <= 100; micros++) {
            histogram.recordValue(micros * 1_000L);
        }

        String[] figures = SyncLatency.figures(histogram, 50_000_000L).split(" ", -1);

        assertEquals("2000", figures[0]);
        double[] micros = Arrays.stream(figures).skip(1).mapToDouble(Double::parseDouble).toArray();
        assertEquals(4, micros.length);
        assertEquals(50, micros[0], 0.1);
        assertEquals(90, micros[1], 0.1);
        assertEquals(99, micros[2], 0.1);
        assertEquals(100, micros[3], 0.1);
    }

    @Test
    void failsWithoutACompositor() {
        assertEquals(1, run("--display=" + folder.resolve("nobody"), "--clients=2"));
        assertThrows(IOException.class, () -> new SyncClients(folder.resolve("nobody"), 2));
    }

    @Test
    void refusesNoRoundTripsAndNoClients() {
        assertEquals(2, run("--display=" + compositor.socket(), "--count=0"));
        assertEquals(2, run("--display=" + compositor.socket(), "--clients=0"));
        assertEquals(0, run("--display=" + compositor.socket(), "--count=5", "--clients=2"));
    }
}
