package dev.wayferry.examples.guestproxy;

import static dev.wayferry.examples.guestproxy.GuestProxyFixture.DISPLAY;
import static dev.wayferry.examples.guestproxy.GuestProxyFixture.NEXT;
import static dev.wayferry.examples.guestproxy.GuestProxyFixture.SHM;
import static dev.wayferry.examples.guestproxy.GuestProxyFixture.SURFACE;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wayferry.posix.Memory;
import dev.wayferry.posix.Posix;
import dev.wayferry.wire.crossdomain.CrossDomain;
import dev.wayferry.wire.wayland.WaylandReader;
import dev.wayferry.wire.wayland.WlBuffer;
import dev.wayferry.wire.wayland.WlDisplay;
import dev.wayferry.wire.wayland.WlShm;
import dev.wayferry.wire.wayland.WlShmPool;
import dev.wayferry.wire.wayland.WlSurface;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class ShmMirrorTest {
    private static final int WIDTH = 200;
    private static final int HEIGHT = 100;
    private static final int STRIDE = WIDTH * 4;
    private static final int LENGTH = STRIDE * HEIGHT;
    private static final int POOL = NEXT;
    private static final int BUFFER = NEXT + 1;
    private static final int SECOND = NEXT + 2;

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    @SuppressWarnings("NullAway.Init")
    private GuestProxyFixture fixture;

    @SuppressWarnings("NullAway.Init")
    private TestClient client;

    @SuppressWarnings("NullAway.Init")
    private HostView host;

    @BeforeEach
    void connect() throws Exception {
        fixture = new GuestProxyFixture(folder).withSurface();
        client = fixture.client;
        host = fixture.host;
    }

    @AfterEach
    void close() throws Exception {
        fixture.close();
        assertTrue(fixture.context.isClosed());
    }

    private static byte[] noise(int length) {
        byte[] noise = new byte[length];
        new Random(length).nextBytes(noise);
        return noise;
    }

    private void createPool(int fd, int size) {
        client.request(SHM, WlShm.CREATE_POOL).putInt(POOL).putInt(size).end();
        client.file(fd);
    }

    private void createBuffer(int id, int offset) {
        client.request(POOL, WlShmPool.CREATE_BUFFER)
                .putInt(id).putInt(offset).putInt(WIDTH).putInt(HEIGHT).putInt(STRIDE).putInt(0)
                .end();
    }

    /** Sees a pool made on the host; returns the resource behind it. */
    private int expectPool(int size) throws Exception {
        WaylandReader pool = host.expect(SHM, WlShm.CREATE_POOL);
        assertEquals(POOL, pool.readInt());
        assertEquals(size, pool.readInt());
        HostView.File file = host.file();
        assertEquals(CrossDomain.ID_TYPE_VIRTGPU_BLOB, file.type());
        return file.id();
    }

    private void expectBuffer(int id) throws Exception {
        WaylandReader buffer = host.expect(POOL, WlShmPool.CREATE_BUFFER);
        int[] arguments = {buffer.readInt(), buffer.readInt(), buffer.readInt(), buffer.readInt(), buffer.readInt()};
        assertArrayEquals(new int[] {id, 0, WIDTH, HEIGHT, STRIDE}, arguments);
    }

    private void attach(int buffer) {
        client.request(SURFACE, WlSurface.ATTACH).putInt(buffer).putInt(0).putInt(0).end();
    }

    private void damage(int opcode, int x, int y, int width, int height) {
        client.request(SURFACE, opcode).putInt(x).putInt(y).putInt(width).putInt(height).end();
    }

    /** Commits; returns how many bytes were copied for it. */
    private long commit() throws Exception {
        long before = fixture.proxy.counters().shmBytesCopied.sum();
        client.request(SURFACE, WlSurface.COMMIT).end();
        client.flush();
        WaylandReader request = host.next();
        while (request.objectId() != SURFACE || request.opcode() != WlSurface.COMMIT) {
            request = host.next();
        }
        return fixture.proxy.counters().shmBytesCopied.sum() - before;
    }

    @Test
    void aBufferIsMirroredWholeAtItsFirstCommit() throws Exception {
        byte[] pixels = noise(LENGTH + 1000);
        createPool(TestClient.memoryFile(pixels), pixels.length);
        createBuffer(BUFFER, 1000);
        attach(BUFFER);
        damage(WlSurface.DAMAGE, 0, 0, 1, 1);
        client.request(SURFACE, WlSurface.COMMIT).end();
        client.flush();
        int resource = expectPool(LENGTH);
        expectBuffer(BUFFER);
        host.expect(SURFACE, WlSurface.ATTACH);
        host.expect(SURFACE, WlSurface.DAMAGE);
        host.expect(SURFACE, WlSurface.COMMIT);
        assertArrayEquals(
                Arrays.copyOfRange(pixels, 1000, 1000 + LENGTH), fixture.context.contentOf(resource, LENGTH));
        assertEquals(LENGTH, fixture.proxy.counters().shmBytesCopied.sum());
        assertEquals(0, host.filesLeft());
    }

    @Test
    void laterOnlyTheDamageIsCopied() throws Exception {
        int fd = TestClient.memoryFile(noise(LENGTH));
        int kept = Posix.dup(fd);
        createPool(fd, LENGTH);
        createBuffer(BUFFER, 0);
        attach(BUFFER);
        client.flush();
        int resource = expectPool(LENGTH);
        commit();
        byte[] mirror = fixture.context.contentOf(resource, LENGTH);
        byte[] changed = new byte[LENGTH];
        TestClient.overwrite(kept, 0, changed);

        attach(BUFFER);
        damage(WlSurface.DAMAGE_BUFFER, 10, 20, 30, 40);
        assertEquals(30 * 4 * 40, commit());
        for (int y = 20; y < 60; y++) {
            Arrays.fill(mirror, y * STRIDE + 10 * 4, y * STRIDE + 40 * 4, (byte) 0);
        }
        assertArrayEquals(mirror, fixture.context.contentOf(resource, LENGTH));

        attach(BUFFER);
        damage(WlSurface.DAMAGE, 0, 99, Integer.MAX_VALUE, Integer.MAX_VALUE);
        assertEquals(STRIDE, commit());
        Arrays.fill(mirror, 99 * STRIDE, LENGTH, (byte) 0);
        assertArrayEquals(mirror, fixture.context.contentOf(resource, LENGTH));

        attach(BUFFER);
        assertEquals(0, commit());
        Posix.close(kept);
    }

    @Test
    void damageAddsUpForTheBufferThatIsNotShown() throws Exception {
        int fd = TestClient.memoryFile(noise(2 * LENGTH));
        int kept = Posix.dup(fd);
        createPool(fd, 2 * LENGTH);
        createBuffer(BUFFER, 0);
        createBuffer(SECOND, LENGTH);
        client.flush();
        int first = expectPool(LENGTH);
        expectBuffer(BUFFER);
        host.expect(POOL, WlShmPool.DESTROY);
        int second = expectPool(LENGTH);
        expectBuffer(SECOND);
        attach(BUFFER);
        assertEquals(LENGTH, commit());
        attach(SECOND);
        damage(WlSurface.DAMAGE, 0, 0, 200, 10);
        assertEquals(LENGTH, commit());
        // The first buffer lacks what the second one's commit changed, and what this one's does.
        TestClient.overwrite(kept, 0, new byte[LENGTH]);
        attach(BUFFER);
        damage(WlSurface.DAMAGE, 0, 50, 200, 10);
        assertEquals(20 * STRIDE, commit());
        byte[] mirror = fixture.context.contentOf(first, LENGTH);
        byte[] expected = Arrays.copyOf(noise(2 * LENGTH), LENGTH);
        Arrays.fill(expected, 0, 10 * STRIDE, (byte) 0);
        Arrays.fill(expected, 50 * STRIDE, 60 * STRIDE, (byte) 0);
        assertArrayEquals(expected, mirror);
        attach(SECOND);
        assertEquals(10 * STRIDE, commit());
        assertFalse(first == second);
        Posix.close(kept);
    }

    @Test
    void scaledDamageIsCopiedExactlyAndRotatedDamageWhole() throws Exception {
        createPool(TestClient.memoryFile(noise(LENGTH)), LENGTH);
        createBuffer(BUFFER, 0);
        client.request(SURFACE, WlSurface.SET_BUFFER_SCALE).putInt(2).end();
        attach(BUFFER);
        commit();
        attach(BUFFER);
        damage(WlSurface.DAMAGE, 10, 10, 5, 5);
        assertEquals(10 * 4 * 10, commit());
        client.request(SURFACE, WlSurface.SET_BUFFER_TRANSFORM).putInt(1).end();
        attach(BUFFER);
        assertEquals(LENGTH, commit(), "the mapping changed");
        attach(BUFFER);
        damage(WlSurface.DAMAGE, 10, 10, 5, 5);
        assertEquals(LENGTH, commit());
        attach(BUFFER);
        damage(WlSurface.DAMAGE_BUFFER, 10, 10, 5, 5);
        assertEquals(5 * 4 * 5, commit());
    }

    @Test
    void aPoolGrowsWithoutTheHostsKnowledge() throws Exception {
        int fd = TestClient.memoryFile(noise(LENGTH));
        int kept = Posix.dup(fd);
        createPool(fd, LENGTH);
        createBuffer(BUFFER, 0);
        client.flush();
        expectPool(LENGTH);
        expectBuffer(BUFFER);
        Memory.ftruncate(kept, 3 * LENGTH);
        client.request(POOL, WlShmPool.RESIZE).putInt(3 * LENGTH).end();
        createBuffer(SECOND, 2 * LENGTH);
        attach(SECOND);
        client.flush();
        host.expect(POOL, WlShmPool.DESTROY);
        int resource = expectPool(LENGTH);
        expectBuffer(SECOND);
        assertEquals(LENGTH, commit());
        assertArrayEquals(new byte[LENGTH], fixture.context.contentOf(resource, LENGTH));
        Posix.close(kept);
    }

    @Test
    void theProgramSeesOnlyItsOwnDeletions() throws Exception {
        createPool(TestClient.memoryFile(noise(2 * LENGTH)), 2 * LENGTH);
        createBuffer(BUFFER, 0);
        createBuffer(SECOND, LENGTH);
        client.request(POOL, WlShmPool.DESTROY).end();
        client.flush();
        expectPool(LENGTH);
        expectBuffer(BUFFER);
        host.expect(POOL, WlShmPool.DESTROY);
        expectPool(LENGTH);
        expectBuffer(SECOND);
        host.expect(POOL, WlShmPool.DESTROY);
        fixture.context.receive(GuestProxyFixture.bytes(events -> {
            events.begin(DISPLAY, WlDisplay.DELETE_ID_EVENT).putInt(POOL).end();
            events.begin(DISPLAY, WlDisplay.DELETE_ID_EVENT).putInt(POOL).end();
            events.begin(BUFFER, WlBuffer.RELEASE_EVENT).end();
        }));
        assertTrue(client.next());
        assertEquals(DISPLAY, client.event().objectId());
        assertEquals(POOL, client.event().readInt());
        assertTrue(client.next());
        assertEquals(BUFFER, client.event().objectId());
    }

    @Test
    void aPoolWithoutBuffersIsThereBeforeLargerNumbers() throws Exception {
        createPool(TestClient.memoryFile(noise(LENGTH)), LENGTH);
        client.request(DISPLAY, WlDisplay.SYNC).putInt(NEXT + 1).end();
        client.flush();
        expectPool(ClientFiles.EMPTY_SIZE);
        host.expect(DISPLAY, WlDisplay.SYNC);
        createBuffer(SECOND, 0);
        client.flush();
        host.expect(POOL, WlShmPool.DESTROY);
        expectPool(LENGTH);
        expectBuffer(SECOND);
    }

    @Test
    void memoryIsUsedAgainOnceTheCompositorHasReleasedIt() throws Exception {
        createPool(TestClient.memoryFile(noise(LENGTH)), LENGTH);
        createBuffer(BUFFER, 0);
        attach(BUFFER);
        client.flush();
        int resource = expectPool(LENGTH);
        commit();
        fixture.context.receive(
                GuestProxyFixture.bytes(events -> events.begin(BUFFER, WlBuffer.RELEASE_EVENT).end()));
        client.next();
        client.request(BUFFER, WlBuffer.DESTROY).end();
        createBuffer(SECOND, 0);
        client.flush();
        host.expect(BUFFER, WlBuffer.DESTROY);
        host.expect(POOL, WlShmPool.DESTROY);
        assertEquals(resource, expectPool(LENGTH));
        expectBuffer(SECOND);
        attach(SECOND);
        commit();
        // Destroyed while the compositor may read it: its memory must not change any more.
        client.request(SECOND, WlBuffer.DESTROY).end();
        createBuffer(BUFFER, 0);
        client.flush();
        host.expect(SECOND, WlBuffer.DESTROY);
        host.expect(POOL, WlShmPool.DESTROY);
        assertFalse(resource == expectPool(LENGTH));
        assertEquals(1, fixture.proxy.counters().blobsReused.sum());
    }

    @Test
    void aSealedFileIsReadByMappingAndMayGrow() throws Exception {
        byte[] pixels = noise(2 * LENGTH);
        int fd = TestClient.memoryFile(Arrays.copyOf(pixels, LENGTH));
        Memory.addSeals(fd, Memory.F_SEAL_SHRINK);
        int kept = Posix.dup(fd);
        createPool(fd, LENGTH);
        createBuffer(BUFFER, 0);
        attach(BUFFER);
        client.flush();
        int resource = expectPool(LENGTH);
        assertEquals(LENGTH, commit());
        assertArrayEquals(Arrays.copyOf(pixels, LENGTH), fixture.context.contentOf(resource, LENGTH));
        Memory.ftruncate(kept, 2 * LENGTH);
        TestClient.overwrite(kept, 0, pixels);
        client.request(POOL, WlShmPool.RESIZE).putInt(2 * LENGTH).end();
        createBuffer(SECOND, LENGTH);
        client.flush();
        host.expect(POOL, WlShmPool.DESTROY);
        resource = expectPool(LENGTH);
        attach(SECOND);
        assertEquals(LENGTH, commit());
        assertArrayEquals(
                Arrays.copyOfRange(pixels, LENGTH, 2 * LENGTH), fixture.context.contentOf(resource, LENGTH));
        Posix.close(kept);
    }

    @Test
    void smallBuffersShareABlob() throws Exception {
        int count = 40;
        int size = 24 * 24 * 4;
        byte[] pixels = noise(count * size);
        createPool(TestClient.memoryFile(pixels), pixels.length);
        for (int i = 0; i < count; i++) {
            client.request(POOL, WlShmPool.CREATE_BUFFER)
                    .putInt(BUFFER + i).putInt(i * size).putInt(24).putInt(24).putInt(96).putInt(0)
                    .end();
            attach(BUFFER + i);
            client.request(SURFACE, WlSurface.COMMIT).end();
        }
        client.flush();
        int resource = 0;
        int[] offsets = new int[count];
        for (int i = 0; i < count; i++) {
            if (i > 0) {
                host.expect(POOL, WlShmPool.DESTROY);
            }
            host.expect(SHM, WlShm.CREATE_POOL);
            resource = host.file().id();
            WaylandReader buffer = host.expect(POOL, WlShmPool.CREATE_BUFFER);
            assertEquals(BUFFER + i, buffer.readInt());
            offsets[i] = buffer.readInt();
            host.expect(SURFACE, WlSurface.ATTACH);
            host.expect(SURFACE, WlSurface.COMMIT);
        }
        assertEquals(1, fixture.proxy.counters().blobsCreated.sum());
        byte[] shared = fixture.context.contentOf(resource, Slab.SIZE);
        for (int i = 0; i < count; i++) {
            assertArrayEquals(
                    Arrays.copyOfRange(pixels, i * size, (i + 1) * size),
                    Arrays.copyOfRange(shared, offsets[i], offsets[i] + size));
        }
        for (int i = 0; i < count; i++) {
            client.request(BUFFER + i, WlBuffer.DESTROY).end();
        }
        client.request(DISPLAY, WlDisplay.SYNC).putInt(BUFFER + count).end();
        client.flush();
        while (host.next().objectId() != DISPLAY) {}
        fixture.context.receive(GuestProxyFixture.bytes(
                events -> events.begin(DISPLAY, WlDisplay.DELETE_ID_EVENT).putInt(BUFFER + count).end()));
        client.next();
        assertEquals(2, fixture.context.liveBlobs(), "the shared blob is gone: its buffers were never released");
    }

    @Test
    void croppedDamageIsCopiedWhole() throws Exception {
        int viewporter = NEXT + 10;
        int viewport = NEXT + 11;
        createPool(TestClient.memoryFile(noise(LENGTH)), LENGTH);
        createBuffer(BUFFER, 0);
        fixture.bind(9, "wp_viewporter", 1, viewporter);
        client.request(viewporter, 1).putInt(viewport).putInt(SURFACE).end();
        attach(BUFFER);
        assertEquals(LENGTH, commit());
        attach(BUFFER);
        damage(WlSurface.DAMAGE, 0, 0, 1, 1);
        assertEquals(4, commit());
        client.request(viewport, Viewport.SET_DESTINATION).putInt(20).putInt(10).end();
        attach(BUFFER);
        damage(WlSurface.DAMAGE, 0, 0, 1, 1);
        assertEquals(LENGTH, commit());
        attach(BUFFER);
        damage(WlSurface.DAMAGE, 0, 0, 1, 1);
        assertEquals(LENGTH, commit());
        client.request(viewport, Viewport.DESTROY).end();
        attach(BUFFER);
        assertEquals(LENGTH, commit(), "the mapping changed");
        attach(BUFFER);
        damage(WlSurface.DAMAGE, 0, 0, 1, 1);
        assertEquals(4, commit());
    }

    @Test
    void aPictureOfTheScreenComesBack() throws Exception {
        int manager = NEXT + 10;
        int frame = NEXT + 11;
        int fd = TestClient.memoryFile(new byte[LENGTH]);
        int kept = Posix.dup(fd);
        createPool(fd, LENGTH);
        createBuffer(BUFFER, 0);
        fixture.bind(9, "zwlr_screencopy_manager_v1", 1, manager);
        client.request(manager, 0).putInt(frame).putInt(0).putInt(NEXT + 12).end();
        client.request(frame, 0).putInt(BUFFER).end();
        client.flush();
        int resource = expectPool(LENGTH);
        while (host.next().objectId() != frame) {}
        byte[] picture = noise(LENGTH);
        fixture.context.draw(resource, picture);
        fixture.context.receive(GuestProxyFixture.bytes(
                events -> events.begin(frame, 2).putInt(0).putInt(0).putInt(0).end()));
        client.next();
        assertEquals(frame, client.event().objectId());
        try (Arena arena = Arena.ofConfined()) {
            var content = arena.allocate(LENGTH);
            assertEquals(LENGTH, ClientFile.read(kept, content, 0));
            assertArrayEquals(picture, content.toArray(ValueLayout.JAVA_BYTE));
        }
        Posix.close(kept);
    }

    @Test
    void aTruncatedFileHarmsNobody() throws Exception {
        int fd = TestClient.memoryFile(noise(LENGTH));
        int kept = Posix.dup(fd);
        createPool(fd, LENGTH);
        createBuffer(BUFFER, 0);
        attach(BUFFER);
        Memory.ftruncate(kept, 100);
        assertEquals(100, commit());
        Memory.ftruncate(kept, 0);
        attach(BUFFER);
        damage(WlSurface.DAMAGE, 0, 0, 200, 100);
        assertEquals(0, commit());
        Posix.close(kept);
    }

    @Test
    void aBufferBeyondItsPoolIsAProtocolError() throws Exception {
        createPool(TestClient.memoryFile(noise(LENGTH)), LENGTH);
        createBuffer(BUFFER, 1);
        client.flush();
        expectError(POOL, WlShm.ERROR_INVALID_STRIDE);
    }

    @Test
    void aPoolThatShrinksIsAProtocolError() throws Exception {
        createPool(TestClient.memoryFile(noise(LENGTH)), LENGTH);
        client.request(POOL, WlShmPool.RESIZE).putInt(LENGTH - 1).end();
        client.flush();
        expectError(POOL, WlShm.ERROR_INVALID_FD);
    }

    @Test
    void aPoolOfSomethingElseThanMemoryIsAProtocolError() throws Exception {
        createPool(Posix.eventfd(), LENGTH);
        client.flush();
        expectError(SHM, WlShm.ERROR_INVALID_FD);
    }

    @Test
    void aHostWithoutMemoryIsToldToTheProgram() throws Exception {
        fixture.gpu.refusesImages = true;
        createPool(TestClient.memoryFile(noise(LENGTH)), LENGTH);
        createBuffer(BUFFER, 0);
        client.flush();
        expectError(DISPLAY, WlDisplay.ERROR_NO_MEMORY);
    }

    private void expectError(int object, int code) throws Exception {
        assertTrue(client.next());
        assertEquals(WlDisplay.ERROR_EVENT, client.event().opcode());
        assertEquals(object, client.event().readInt());
        assertEquals(code, client.event().readInt());
        assertFalse(client.next());
    }
}
