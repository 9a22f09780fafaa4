package dev.wayferry.proxy;

import static dev.wayferry.proxy.TestVm.assertOk;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.Posix;
import dev.wayferry.posix.Sockets;
import dev.wayferry.proxy.TestCompositor.Connection;
import dev.wayferry.proxy.limit.Limit;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Each limit in the process itself: what goes over it gets an error, a line of the log names it, and the rest goes on. */
@SuppressWarnings("NullAway.Init") // each test begins with serve
class LimitsTest {
    private static final int PAGE = 4096;
    private static final long FREE = 0x80_0000;
    private static final int BGRX = 2;

    /** Bytes of an image of 64x64 pixels. */
    private static final int IMAGE = 64 * 64 * 4;

    @TempDir
    private Path folder;

    private TestCompositor compositor;
    private CommandLineTest.Serving serving;
    private FrontEnd vmm;
    private TestGuest guest;

    @BeforeEach
    void listen() throws IOException {
        compositor = new TestCompositor(folder);
    }

    @AfterEach
    void end() throws IOException {
        vmm.hangUp();
        guest.close();
        vmm.close();
        serving.close();
        compositor.close();
    }

    private void serve(String limits, String... more) throws IOException {
        Path socket = folder.resolve("vm.sock");
        String[] arguments = new String[more.length + 4];
        System.arraycopy(more, 0, arguments, 4, more.length);
        arguments[0] = "--socket-path=" + socket;
        arguments[1] = "--wayland-display=" + compositor.path();
        arguments[2] = "--limit=" + limits;
        arguments[3] = "--log-level=info";
        serving = new CommandLineTest.Serving(CommandLineTest.wayferry(Map.of(), arguments));
        vmm = new FrontEnd(Sockets.connect(socket.toString()));
        vmm.negotiate();
        vmm.setMemory();
        guest = new TestGuest(vmm);
    }

    private void awaitLine(Limit limit) throws IOException {
        String line = serving.awaitLog("--limit=" + limit);
        assertTrue(line.contains("vm=vm"), line);
    }

    @Test
    void contexts() throws Exception {
        serve("contexts=2");
        guest.context(1);
        guest.context(2);
        assertEquals(TestGuest.ERR_OUT_OF_MEMORY, guest.ctxCreate(3));
        awaitLine(Limit.CONTEXTS);
        assertOk(guest.ctxDestroy(1));
        assertOk(guest.ctxCreate(3));
    }

    @Test
    void contextsPerSecond() throws Exception {
        serve("contexts=2,contexts-per-second=1");
        int response = TestGuest.OK_NODATA;
        for (int i = 0; i < 1000 && response == TestGuest.OK_NODATA; i++) {
            response = guest.ctxCreate(1);
            if (response == TestGuest.OK_NODATA) {
                assertOk(guest.ctxDestroy(1));
            }
        }
        assertEquals(TestGuest.ERR_OUT_OF_MEMORY, response);
        awaitLine(Limit.CONTEXTS_PER_SECOND);
        guest.barrier();
    }

    @Test
    void resources() throws Exception {
        serve("resources=3");
        for (int i = 1; i <= 3; i++) {
            assertOk(guest.guestBlob(i, FREE, PAGE));
        }
        assertEquals(TestGuest.ERR_OUT_OF_MEMORY, guest.guestBlob(4, FREE, PAGE));
        awaitLine(Limit.RESOURCES);
        assertOk(guest.request(TestGuest.unref(1)));
        assertOk(guest.guestBlob(4, FREE, PAGE));
    }

    @Test
    void attachments() throws Exception {
        serve("resources=1");
        for (int context = 1; context <= 3; context++) {
            assertOk(guest.ctxCreate(context));
        }
        assertOk(guest.guestBlob(1, FREE, PAGE));
        assertOk(guest.request(TestGuest.attach(1, 1)));
        assertOk(guest.request(TestGuest.attach(1, 2)));
        assertEquals(TestGuest.ERR_OUT_OF_MEMORY, guest.request(TestGuest.attach(1, 3)));
        awaitLine(Limit.RESOURCES);
        assertOk(guest.request(TestGuest.detach(1, 1)));
        assertOk(guest.request(TestGuest.attach(1, 3)));
    }

    @Test
    void backingEntries() throws Exception {
        serve("backing-entries=2");
        assertOk(guest.guestBlob(1, FREE, PAGE));
        byte[] twoPieces = TestGuest.guestBlob(2, 1, 2 * PAGE, FREE, PAGE, FREE + 2 * PAGE, PAGE);
        assertEquals(TestGuest.ERR_OUT_OF_MEMORY, guest.request(twoPieces));
        awaitLine(Limit.BACKING_ENTRIES);
        assertOk(guest.request(TestGuest.unref(1)));
        assertOk(guest.request(twoPieces));
    }

    @Test
    void blobBytes() throws Exception {
        serve("blob-bytes=31K");
        guest.channel(1);
        compositor.accept().close();
        long image = imageId();
        assertOk(guest.request(guest.hostBlob(1, 1, image, IMAGE)));
        assertEquals(TestGuest.ERR_OUT_OF_MEMORY, guest.request(guest.hostBlob(2, 1, image, IMAGE)));
        awaitLine(Limit.BLOB_BYTES);
        assertOk(guest.request(TestGuest.unref(1)));
        assertOk(guest.request(guest.hostBlob(2, 1, image, IMAGE)));
    }

    @Test
    void mappedBlobs() throws Exception {
        serve("mapped-blobs=1");
        guest.channel(1);
        compositor.accept().close();
        for (int i = 1; i <= 2; i++) {
            assertOk(guest.request(guest.hostBlob(i, 1, imageId(), IMAGE)));
        }
        assertEquals(TestGuest.OK_MAP_INFO, guest.request(TestGuest.map(1, 0)));
        assertEquals(TestGuest.ERR_INVALID_PARAMETER, guest.request(TestGuest.map(2, IMAGE)));
        awaitLine(Limit.MAPPED_BLOBS);
        assertOk(guest.request(TestGuest.unmap(1)));
        assertEquals(TestGuest.OK_MAP_INFO, guest.request(TestGuest.map(2, IMAGE)));
    }

    @Test
    void sharedBlobs() throws Exception {
        serve("shared-blobs=1", "--guest-shm=copy");
        refusesTheSecondGuestBlob(Limit.SHARED_BLOBS);
    }

    @Test
    void sharedBytes() throws Exception {
        serve("shared-bytes=4K", "--guest-shm=copy");
        refusesTheSecondGuestBlob(Limit.SHARED_BYTES);
    }

    private void refusesTheSecondGuestBlob(Limit limit) throws IOException {
        guest.channel(1);
        try (Connection client = compositor.accept()) {
            for (int blob = 1; blob <= 2; blob++) {
                assertOk(guest.guestBlob(blob, FREE + blob * PAGE, PAGE));
                assertOk(guest.request(TestGuest.attach(blob, 1)));
            }
            byte[] pool = MirroredBlobTest.firstPool(PAGE);
            assertOk(guest.request(TestGuest.send(1, pool, 1, TestGuest.BLOB)));
            assertEquals(pool.length, client.read(pool.length).length);
            assertEquals(TestGuest.ERR_INVALID_PARAMETER,
                    guest.request(TestGuest.send(1, MirroredBlobTest.nextPool(PAGE), 2, TestGuest.BLOB)));
            String line = serving.awaitLog("--limit=");
            assertTrue(line.contains(limit.toString()), line);
        }
    }

    @Test
    void imageBytes() throws Exception {
        serve("image-bytes=16K", "--scanout=png:" + folder.resolve("screen.png"));
        assertOk(guest.request(ScanoutGuest.create2d(1, BGRX, 64, 64)));
        assertEquals(TestGuest.ERR_OUT_OF_MEMORY, guest.request(ScanoutGuest.create2d(2, BGRX, 16, 16)));
        awaitLine(Limit.IMAGE_BYTES);
        assertOk(guest.request(TestGuest.unref(1)));
        assertOk(guest.request(ScanoutGuest.create2d(2, BGRX, 16, 16)));
    }

    @Test
    void contextItems() throws Exception {
        serve("context-items=2");
        refusesTheThirdItem();
    }

    @Test
    void items() throws Exception {
        // One context has four times what it leaves.
        serve("items=3");
        refusesTheThirdItem();
    }

    /** Of a guest that makes pipes, and of a compositor that sends files; other contexts go on. */
    private void refusesTheThirdItem() throws IOException {
        guest.channel(1);
        try (Connection client = compositor.accept()) {
            assertOk(guest.request(TestGuest.send(1, "two", 0x8000_0000, TestGuest.READ_PIPE, 0x8000_0001, TestGuest.READ_PIPE)));
            assertEquals(3, client.read(3).length);
            assertEquals(TestGuest.ERR_INVALID_PARAMETER,
                    guest.request(TestGuest.send(1, "third", 0x8000_0002, TestGuest.READ_PIPE)));
            awaitLine(Limit.CONTEXT_ITEMS);
        }
        assertOk(guest.ctxDestroy(1));
        guest.channel(2);
        try (Connection client = compositor.accept(); OwnedFd file = TestFiles.memfd("x", PAGE)) {
            TestGuest.Pending poll = guest.poll(2);
            client.send("three", file.number(), file.number(), file.number());
            awaitLine(Limit.CONTEXT_ITEMS);
            assertTrue(client.isHungUp());
            assertOk(guest.await(poll).type());
        }
        guest.barrier();
    }

    @Test
    void fileCopyBytes() throws Exception {
        serve("file-copy-bytes=4K");
        guest.channel(1);
        try (Connection client = compositor.accept(); OwnedFd file = TestFiles.memfd("x", PAGE + 1)) {
            client.send("f", file.number());
            int id = guest.receive(1).ids()[0];
            assertEquals(TestGuest.ERR_INVALID_PARAMETER, guest.request(guest.hostBlob(7, 1, id, 2 * PAGE)));
            awaitLine(Limit.FILE_COPY_BYTES);
        }
    }

    @Test
    void logLinesPerSecond() throws Exception {
        serve("log-lines-per-second=1");
        for (int i = 0; i < 100; i++) {
            assertEquals(TestGuest.ERR_INVALID_CONTEXT, guest.ctxDestroy(9));
        }
        // Time for two lines more.
        Thread.sleep(2000);
        assertEquals(TestGuest.ERR_INVALID_CONTEXT, guest.ctxDestroy(9));
        String line = serving.awaitLog("lines were left out");
        assertTrue(line.contains("vm=vm"), line);
    }

    @Test
    void logLinesOfThoseWhoAreTurnedAway() throws Exception {
        serve("log-lines-per-second=1");
        long begin = System.nanoTime();
        for (int i = 0; i < 1000; i++) {
            assertTurnedAway();
        }
        // Time for one line more.
        Thread.sleep(1500);
        assertTurnedAway();
        assertLeftOut("is turned away", begin);
    }

    /** Of those lines a burst of ten has come and one a second since {@code begin}, and what the guest causes comes besides. */
    private void assertLeftOut(String text, long begin) throws IOException {
        assertEquals(TestGuest.ERR_INVALID_CONTEXT, guest.ctxDestroy(9));
        int lines = 0;
        boolean said = false;
        for (String line = ""; !line.contains("CTX_DESTROY"); line = serving.awaitLog("vm=vm")) {
            lines += line.contains(text) ? 1 : 0;
            said |= line.contains("lines were left out");
        }
        assertTrue(lines <= 11 + TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - begin), lines + " lines");
        assertTrue(lines > 0 && said, lines + " lines");
    }

    private void assertTurnedAway() throws IOException {
        try (OwnedFd second = Sockets.connect(folder.resolve("vm.sock").toString())) {
            assertEquals(Posix.POLLHUP, Posix.poll(second.number(), 0, 20_000) & Posix.POLLHUP);
        }
    }

    @Test
    void logLinesOfAVmmThatTakesItsMemoryAwayAndBringsItBack() throws Exception {
        serve("log-lines-per-second=1");
        long begin = System.nanoTime();
        for (int i = 0; i < 100; i++) {
            assertEquals(0, vmm.acknowledged(
                    FrontEnd.REM_MEM_REG, FrontEnd.region(0, FrontEnd.RAM_SIZE, FrontEnd.USER_BASE)));
            vmm.setMemory();
        }
        // Time for two lines more.
        Thread.sleep(2000);
        assertLeftOut("queue 0 waits", begin);
    }

    private long imageId() {
        return guest.imageRequirements(1, 64, 64).getInt(48);
    }
}
