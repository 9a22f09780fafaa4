package dev.wayferry.examples.compositor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wayferry.posix.Memory;
import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.Posix;
import dev.wayferry.posix.PosixException;
import dev.wayferry.wire.wayland.WlShm;
import dev.wayferry.wire.wayland.WlShmPool;
import java.io.IOException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SharedMemoryTest extends CompositorFixture {
    @AfterEach
    void stillServesOthers() throws IOException {
        client().shownWindow("witness", 20, 20, BLUE);
        assertEquals(20 * 20, onScreen(BLUE));
    }

    @Test
    void refusesAPoolThatIsLargerThanItsFile() throws IOException {
        TestClient client = client();
        try (OwnedFd file = TestClient.memoryFile(4096)) {
            client.pool(file.number(), 4097);
        }
        String refusal = client.awaitRefusal();
        assertTrue(refusal.contains("a pool of 4097 bytes in a file of 4096 bytes"), refusal);
    }

    @Test
    void refusesAPoolThatIsNoMemory() throws IOException {
        TestClient client = client();
        long pipe = Posix.pipe();
        client.pool(Posix.readEnd(pipe), 4096);
        assertTrue(client.awaitRefusal().contains("not a memory file"));
        Posix.close(Posix.readEnd(pipe));
        Posix.close(Posix.writeEnd(pipe));
    }

    @Test
    void aFileThatShrinksUnderItsBufferOnlyCostsItsClient() throws IOException {
        TestClient client = client();
        TestClient.Window window = client.window("w");
        window.configure();
        try (OwnedFd file = TestClient.memoryFile(100 * 100 * 4)) {
            int pool = client.pool(file.number(), 100 * 100 * 4);
            int buffer = client.buffer(pool, 0, 100, 100, 400, WlShm.FORMAT_XRGB8888);
            client.roundTrip();
            PosixException.check(Memory.ftruncate(file.number(), 5000), "ftruncate");
            window.show(buffer);
            String refusal = client.awaitRefusal();
            assertTrue(refusal.contains("it is shorter"), refusal);
        }
        compositor.awaitClients(0);
    }

    @Test
    void aPoolGrowsWithItsFileAndNeverShrinks() throws IOException {
        TestClient client = client();
        TestClient.Window window = client.window("w");
        window.configure();
        try (OwnedFd file = TestClient.memoryFile(4096)) {
            int pool = client.pool(file.number(), 4096);
            PosixException.check(Memory.ftruncate(file.number(), 8192), "ftruncate");
            client.request(pool, WlShmPool.RESIZE).putInt(8192).end();
            window.show(client.buffer(pool, 4096, 32, 32, 128, WlShm.FORMAT_XRGB8888));
            client.roundTrip();
            assertEquals(32 * 32, onScreen(0));
            client.request(pool, WlShmPool.RESIZE).putInt(4096).end();
        }
        assertTrue(client.awaitRefusal().contains("cannot shrink"));
    }

    @Test
    void refusesToGrowAPoolBeyondItsFile() throws IOException {
        TestClient client = client();
        try (OwnedFd file = TestClient.memoryFile(4096)) {
            int pool = client.pool(file.number(), 4096);
            client.request(pool, WlShmPool.RESIZE).putInt(1 << 30).end();
        }
        assertTrue(client.awaitRefusal().contains("in a file of 4096 bytes"));
    }

    @Test
    void aBufferOutlivesItsPool() throws IOException {
        TestClient client = client();
        TestClient.Window window = client.window("w");
        window.configure();
        int buffer;
        try (OwnedFd file = TestClient.memoryFile(4096)) {
            int pool = client.pool(file.number(), 4096);
            buffer = client.buffer(pool, 0, 32, 32, 128, WlShm.FORMAT_XRGB8888);
            client.request(pool, WlShmPool.DESTROY).end();
        }
        client.roundTrip();
        window.show(buffer);
        client.roundTrip();
        assertEquals(32 * 32, onScreen(0));
    }

    @Test
    void refusesBuffersThatDoNotFitTheirPool() throws IOException {
        assertTrue(refusedBuffer(0, 33, 32, 132, WlShm.FORMAT_XRGB8888).contains("error " + WlShm.ERROR_INVALID_STRIDE));
        assertTrue(refusedBuffer(4, 32, 32, 128, WlShm.FORMAT_XRGB8888).contains("error " + WlShm.ERROR_INVALID_STRIDE));
        assertTrue(refusedBuffer(-4, 32, 32, 128, WlShm.FORMAT_XRGB8888).contains("error " + WlShm.ERROR_INVALID_STRIDE));
        assertTrue(refusedBuffer(0, 32, 32, 124, WlShm.FORMAT_XRGB8888).contains("error " + WlShm.ERROR_INVALID_STRIDE));
        assertTrue(refusedBuffer(0, 0, 32, 128, WlShm.FORMAT_XRGB8888).contains("error " + WlShm.ERROR_INVALID_STRIDE));
        assertTrue(refusedBuffer(0, 1 << 30, 4, 1 << 30, WlShm.FORMAT_XRGB8888)
                .contains("error " + WlShm.ERROR_INVALID_STRIDE));
        assertTrue(refusedBuffer(0, 32, 32, 128, 0x20203852).contains("error " + WlShm.ERROR_INVALID_FORMAT));
    }

    private String refusedBuffer(int offset, int width, int height, int stride, int format) throws IOException {
        TestClient client = client();
        try (OwnedFd file = TestClient.memoryFile(4096)) {
            client.buffer(client.pool(file.number(), 4096), offset, width, height, stride, format);
        }
        return client.awaitRefusal();
    }

    @Test
    void aClientThatWantsTooManyPixelsIsRefused() throws IOException {
        TestClient client = client();
        try (OwnedFd file = TestClient.memoryFile(1 << 30)) {
            int pool = client.pool(file.number(), 1 << 30);
            int buffer = client.buffer(pool, 0, 1 << 14, 1 << 14, 1 << 16, WlShm.FORMAT_XRGB8888);
            int surface = client.surface();
            client.attach(surface, buffer);
            client.commit(surface);
            assertTrue(client.awaitRefusal().contains("pixels together"));
        }
    }
}
