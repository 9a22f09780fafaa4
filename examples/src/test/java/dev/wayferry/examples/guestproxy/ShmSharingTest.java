package dev.wayferry.examples.guestproxy;

import static dev.wayferry.examples.guestproxy.GuestProxyFixture.NEXT;
import static dev.wayferry.examples.guestproxy.GuestProxyFixture.SHM;
import static dev.wayferry.examples.guestproxy.GuestProxyFixture.SURFACE;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wayferry.bridge.PageFiles;
import dev.wayferry.posix.Memory;
import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.Posix;
import dev.wayferry.posix.PosixException;
import dev.wayferry.wire.wayland.WaylandReader;
import dev.wayferry.wire.wayland.WlBuffer;
import dev.wayferry.wire.wayland.WlDisplay;
import dev.wayferry.wire.wayland.WlShm;
import dev.wayferry.wire.wayland.WlShmPool;
import dev.wayferry.wire.wayland.WlSurface;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A guest whose kernel imports dma-bufs of others, as no released one does while 3D is on: the scripted GPU is that kernel,
 * and files stand for the dma-bufs over them.
 */
@Timeout(60)
class ShmSharingTest {
    private static final int WIDTH = 64;
    private static final int HEIGHT = 32;
    private static final int STRIDE = WIDTH * 4;
    private static final int LENGTH = STRIDE * HEIGHT;
    private static final int POOL = NEXT;
    private static final int BUFFER = NEXT + 1;
    private static final int SECOND = NEXT + 2;

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    private final ScriptedGpu gpu = new ScriptedGpu();

    /** In place of the guest's /dev/udmabuf: the file itself stands for its pages. */
    private static final class WholeFiles implements PageFiles {
        private boolean closed;

        @Override
        public int listLimit() {
            return 1;
        }

        @Override
        public long sizeLimit() {
            return 1 << 20;
        }

        @Override
        public OwnedFd create(List<Piece> pieces) throws IOException {
            assertEquals(1, pieces.size());
            assertEquals(0, pieces.getFirst().offset());
            return OwnedFd.of(Posix.dup(pieces.getFirst().memfd()), "dup");
        }

        @Override
        public void close() {
            closed = true;
        }
    }

    private final WholeFiles files = new WholeFiles();

    /** A proxy that has found out that memory can be shared. */
    private GuestProxyFixture sharing() throws Exception {
        gpu.importsForeign = true;
        gpu.answerToFile = new byte[] {2, 0, 0, 0, 0, 0, 12, 0, 0, 0, 0, 0};
        ClientPages pages = ClientPages.probe(gpu, files);
        assertTrue(gpu.nextContext().isClosed(), "what was tried out is gone");
        return new GuestProxyFixture(folder, gpu, pages).withSurface();
    }

    private static OwnedFd memfd(int size) throws PosixException {
        OwnedFd file = OwnedFd.of(Memory.memfdCreate("program"), "memfd");
        PosixException.check(Memory.ftruncate(file.number(), size), "ftruncate");
        return file;
    }

    private static void createPool(TestClient client, OwnedFd file, int size) {
        client.request(SHM, WlShm.CREATE_POOL).putInt(POOL).putInt(size).end();
        client.file(Posix.dup(file.number()));
    }

    private static void createBuffer(TestClient client, int id, int offset) {
        client.request(POOL, WlShmPool.CREATE_BUFFER)
                .putInt(id).putInt(offset).putInt(WIDTH).putInt(HEIGHT).putInt(STRIDE).putInt(WlShm.FORMAT_XRGB8888).end();
    }

    /** The host's next message makes the pool of so many bytes; returns the resource. */
    private static int expectPool(HostView host, int size) throws Exception {
        WaylandReader create = host.expect(SHM, WlShm.CREATE_POOL);
        assertEquals(POOL, create.readInt());
        assertEquals(size, create.readInt());
        return host.file().id();
    }

    @Test
    void givesTheHostTheProgramsOwnMemory() throws Exception {
        try (GuestProxyFixture fixture = sharing(); OwnedFd file = memfd(2 * LENGTH)) {
            createPool(fixture.client, file, 2 * LENGTH);
            createBuffer(fixture.client, BUFFER, 0);
            createBuffer(fixture.client, SECOND, LENGTH);
            fixture.client.request(SURFACE, WlSurface.ATTACH).putInt(BUFFER).putInt(0).putInt(0).end();
            fixture.client.request(SURFACE, WlSurface.COMMIT).end();
            fixture.client.flush();
            int resource = expectPool(fixture.host, 2 * LENGTH);
            WaylandReader buffer = fixture.host.expect(POOL, WlShmPool.CREATE_BUFFER);
            assertEquals(BUFFER, buffer.readInt());
            assertEquals(0, buffer.readInt());
            assertEquals(SECOND, fixture.host.expect(POOL, WlShmPool.CREATE_BUFFER).readInt());
            fixture.host.expect(SURFACE, WlSurface.ATTACH);
            fixture.host.expect(SURFACE, WlSurface.COMMIT);
            byte[] drawn = {1, 2, 3, 4};
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment bytes = arena.allocateFrom(ValueLayout.JAVA_BYTE, drawn);
                assertEquals(4, Posix.pwrite(file.number(), bytes, 0));
            }
            assertArrayEquals(drawn, fixture.context.contentOf(resource, 4), "what is drawn later is seen at once");
            assertEquals(0, fixture.proxy.counters().shmBytesCopied.sum());
            assertEquals(2, fixture.proxy.counters().shmBuffersShared.sum());
            assertTrue((Memory.seals(file.number()) & Memory.F_SEAL_SHRINK) != 0, "it can't shrink under the compositor");
        }
        assertTrue(files.closed);
    }

    @Test
    void givesTheHostAnotherPoolWhenTheProgramsHasGrown() throws Exception {
        try (GuestProxyFixture fixture = sharing(); OwnedFd file = memfd(LENGTH)) {
            createPool(fixture.client, file, LENGTH);
            createBuffer(fixture.client, BUFFER, 0);
            fixture.client.flush();
            int first = expectPool(fixture.host, LENGTH);
            fixture.host.expect(POOL, WlShmPool.CREATE_BUFFER);
            assertEquals(0, Memory.ftruncate(file.number(), 2 * LENGTH));
            fixture.client.request(POOL, WlShmPool.RESIZE).putInt(2 * LENGTH).end();
            createBuffer(fixture.client, SECOND, LENGTH);
            fixture.client.flush();
            fixture.host.expect(POOL, WlShmPool.DESTROY);
            assertNotEquals(first, expectPool(fixture.host, 2 * LENGTH));
            fixture.host.expect(POOL, WlShmPool.CREATE_BUFFER);
        }
    }

    @Test
    void keepsTheBlobUntilThePoolAndItsBuffersAreGone() throws Exception {
        try (GuestProxyFixture fixture = sharing(); OwnedFd file = memfd(LENGTH)) {
            int before = fixture.context.liveBlobs();
            createPool(fixture.client, file, LENGTH);
            createBuffer(fixture.client, BUFFER, 0);
            fixture.client.request(POOL, WlShmPool.DESTROY).end();
            fixture.client.flush();
            int resource = expectPool(fixture.host, LENGTH);
            fixture.host.expect(POOL, WlShmPool.CREATE_BUFFER);
            fixture.host.expect(POOL, WlShmPool.DESTROY);
            assertEquals(LENGTH, fixture.context.contentOf(resource, LENGTH).length);
            fixture.client.request(BUFFER, WlBuffer.DESTROY).end();
            fixture.client.flush();
            fixture.host.expect(BUFFER, WlBuffer.DESTROY);
            fixture.context.receive(GuestProxyFixture.bytes(
                    writer -> writer.begin(GuestProxyFixture.DISPLAY, WlDisplay.DELETE_ID_EVENT).putInt(BUFFER).end()));
            while (fixture.context.liveBlobs() > before) {
                // The next request lets go of it.
                fixture.client.request(GuestProxyFixture.DISPLAY, WlDisplay.SYNC).putInt(SECOND).end();
                fixture.client.flush();
                fixture.host.expect(GuestProxyFixture.DISPLAY, WlDisplay.SYNC);
            }
        }
    }

    @Test
    void copiesAPoolThatIsLargerThanTheDeviceTakes() throws Exception {
        int large = 2 << 20;
        try (GuestProxyFixture fixture = sharing(); OwnedFd file = memfd(large)) {
            createPool(fixture.client, file, large);
            createBuffer(fixture.client, BUFFER, 0);
            fixture.client.flush();
            int unused = expectPool(fixture.host, LENGTH);
            assertEquals(0, fixture.proxy.counters().shmBuffersShared.sum());
        }
    }

    @Test
    void copiesAPoolWhoseFileIsShorterThanItSays() throws Exception {
        try (GuestProxyFixture fixture = sharing(); OwnedFd file = memfd(LENGTH / 2)) {
            createPool(fixture.client, file, LENGTH);
            createBuffer(fixture.client, BUFFER, 0);
            fixture.client.flush();
            int unused = expectPool(fixture.host, LENGTH);
            assertEquals(0, fixture.proxy.counters().shmBuffersShared.sum());
        }
    }

    private void assertCopies(ClientPages pages) throws Exception {
        assertTrue(files.closed);
        try (pages; OwnedFd file = memfd(4096)) {
            assertEquals(null, pages.wrap(file.number(), 4096));
        }
    }

    @Test
    void copiesWhereTheKernelImportsNoDmaBufsOfOthers() throws Exception {
        assertCopies(ClientPages.probe(gpu, files));
        assertTrue(gpu.nextContext().isClosed());
    }

    @Test
    void copiesWhereTheHostEndsTheConnectionOverAGuestBlob() throws Exception {
        gpu.importsForeign = true;
        gpu.answerToFile = new byte[0];
        assertCopies(ClientPages.probe(gpu, files));
        assertTrue(gpu.nextContext().isClosed());
    }
}
