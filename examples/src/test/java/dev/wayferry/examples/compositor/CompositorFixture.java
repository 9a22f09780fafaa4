package dev.wayferry.examples.compositor;

import dev.wayferry.examples.picture.Picture;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A compositor of 640 by 480 pixels for each test, and the clients that it has. */
abstract class CompositorFixture {
    static final int WIDTH = 640;
    static final int HEIGHT = 480;

    static final int RED = 0xffff0000;
    static final int GREEN = 0xff00ff00;
    static final int BLUE = 0xff0000ff;

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    @SuppressWarnings("NullAway.Init")
    EmbeddedCompositor compositor;

    private final List<TestClient> clients = new ArrayList<>();

    @BeforeEach
    void start() throws IOException {
        compositor = EmbeddedCompositor.start(folder.resolve("wayland-test"), WIDTH, HEIGHT);
    }

    @AfterEach
    void stop() {
        for (TestClient client : clients) {
            client.close();
        }
        compositor.close();
    }

    /** A client that is closed after the test, at the latest. */
    TestClient client() throws IOException {
        var client = new TestClient(compositor);
        clients.add(client);
        return client;
    }

    /** Closes a client's socket without any farewell, as its sudden death does. */
    void kill(TestClient client) {
        clients.remove(client);
        client.close();
    }

    SurfaceInfo info(String title) {
        return compositor.awaitSurface("window " + title, surface -> surface.isWindow() && surface.title().equals(title));
    }

    /** How many pixels on screen have that colour, 0xAARRGGBB. */
    int onScreen(int argb) {
        return compositor.screenshot().count(argb & 0xffffff);
    }

    static boolean isAt(Picture picture, int x, int y, int argb) {
        return picture.rgb(x, y) == (argb & 0xffffff);
    }
}
