package dev.wayferry.proxy;

import static dev.wayferry.proxy.ScanoutGuest.BGRX;
import static dev.wayferry.proxy.ScanoutGuest.backing;
import static dev.wayferry.proxy.ScanoutGuest.create2d;
import static dev.wayferry.proxy.ScanoutGuest.create3d;
import static dev.wayferry.proxy.ScanoutGuest.flush;
import static dev.wayferry.proxy.ScanoutGuest.scanout;
import static dev.wayferry.proxy.ScanoutGuest.scanoutBlob;
import static dev.wayferry.proxy.ScanoutGuest.transfer;
import static dev.wayferry.proxy.ScanoutGuest.transfer3d;
import static dev.wayferry.proxy.TestGuest.ERR_INVALID_PARAMETER;
import static dev.wayferry.proxy.TestGuest.ERR_INVALID_RESOURCE;
import static dev.wayferry.proxy.TestGuest.OK_NODATA;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wayferry.posix.Memory;
import dev.wayferry.posix.PosixException;
import dev.wayferry.proxy.screen.ScanoutSettings;
import dev.wayferry.proxy.screen.ScanoutTarget;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.imageio.ImageIO;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The 2D path, and what is seen of it in a file. */
@NullUnmarked // what is missing fails the test at once
@Timeout(60)
class ScanoutTest {
    private static final int ERR_OUT_OF_MEMORY = 0x1201;
    private static final int ERR_INVALID_SCANOUT = 0x1202;
    private static final int WIDTH = 100;
    private static final int HEIGHT = 60;

    @TempDir
    private Path folder;

    private Path file() {
        return folder.resolve("screen.png");
    }

    private TestVm vm() throws IOException {
        return new TestVm(new ScanoutSettings(new ScanoutTarget(ScanoutTarget.Kind.PNG, file()), 640, 480));
    }

    /** Waits until the file has that pixel, 0xRRGGBB. */
    private BufferedImage awaitPixel(int x, int y, int rgb) throws Exception {
        BufferedImage picture = Files.exists(file()) ? ImageIO.read(file().toFile()) : null;
        while (picture == null || picture.getWidth() <= x || (picture.getRGB(x, y) & 0xffffff) != rgb) {
            Thread.sleep(20);
            picture = Files.exists(file()) ? ImageIO.read(file().toFile()) : null;
        }
        return picture;
    }

    private static ByteBuffer words(byte[] bytes) {
        return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    @Test
    void withAScreenTheGuestHasADisplayOfThatSize() throws Exception {
        try (TestVm vm = vm()) {
            ByteBuffer info = words(vm.guest.await(vm.guest.submit(TestGuest.header(0x100, 24, 0).array())).response());
            assertEquals(640, info.getInt(24 + 8));
            assertEquals(480, info.getInt(24 + 12));
            assertEquals(1, info.getInt(24 + 16), "enabled");
            byte[] edid = vm.guest.await(vm.guest.submit(TestGuest.header(0x10a, 32, 0).array())).response();
            int sum = 0;
            for (int i = 0; i < 128; i++) {
                sum += edid[32 + i];
            }
            assertEquals(0, sum & 0xff, "checksum");
            assertEquals(640, (edid[32 + 54 + 2] & 0xff) | (edid[32 + 54 + 4] & 0xf0) << 4, "the preferred width");
            assertEquals(480, (edid[32 + 54 + 5] & 0xff) | (edid[32 + 54 + 7] & 0xf0) << 4, "the preferred height");
            double hertz = ((edid[32 + 54] & 0xff) | (edid[32 + 55] & 0xff) << 8) * 10_000.0 / ((640 + 160) * (480 + 14));
            assertEquals(60, hertz, 0.6);
        }
    }

    @Test
    void withoutAScreenEverythingIsAnsweredAndNothingKept() throws Exception {
        try (TestVm vm = new TestVm()) {
            ScanoutGuest guest = new ScanoutGuest(vm);
            ByteBuffer info = words(vm.guest.await(vm.guest.submit(TestGuest.header(0x100, 24, 0).array())).response());
            assertEquals(0, info.getInt(24 + 16), "enabled");
            guest.ok(create2d(7, 99, -1, -1));
            guest.ok(transfer(7, 0, 0, -1, -1, -1));
            guest.ok(scanout(0, 7, 0, 0, -1, -1));
            guest.ok(flush(7, 0, 0, -1, -1));
            guest.ok(scanout(0, 0, 0, 0, 0, 0));
            assertEquals(ERR_INVALID_RESOURCE, guest.ask(scanout(0, 8, 0, 0, 1, 1)));
            assertEquals(ERR_INVALID_SCANOUT, guest.ask(scanout(1, 7, 0, 0, 1, 1)));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "1, 0x33221144", "2, 0x332211ff", "3, 0xff112233", "4, 0x00112233", "67, 0x112233ff", "68, 0x00332211",
        "121, 0xff332211", "134, 0x11223300"
    })
    void allFormatsAreSeenInTheirColours(int format, String bytes) throws Exception {
        try (TestVm vm = vm()) {
            ScanoutGuest guest = new ScanoutGuest(vm);
            guest.image(7, format, WIDTH, HEIGHT);
            guest.draw(WIDTH, HEIGHT, 99, 59, Integer.parseUnsignedInt(bytes.substring(2), 16));
            guest.ok(scanout(0, 7, 0, 0, WIDTH, HEIGHT));
            guest.ok(transfer(7, 0, 0, WIDTH, HEIGHT, 0));
            guest.ok(flush(7, 0, 0, WIDTH, HEIGHT));
            BufferedImage picture = awaitPixel(99, 59, 0x112233);
            assertEquals(WIDTH, picture.getWidth());
            assertEquals(HEIGHT, picture.getHeight());
            assertEquals(0, picture.getRGB(98, 59) & 0xffffff);
        }
    }

    @Test
    void onlyWhatIsTransferredAndFlushedIsSeen() throws Exception {
        try (TestVm vm = vm()) {
            ScanoutGuest guest = new ScanoutGuest(vm);
            guest.image(7, BGRX, WIDTH, HEIGHT);
            guest.ok(scanout(0, 7, 0, 0, WIDTH, HEIGHT));
            guest.ok(flush(7, 0, 0, WIDTH, HEIGHT));
            for (int y = 0; y < HEIGHT; y++) {
                for (int x = 0; x < WIDTH; x++) {
                    guest.draw(WIDTH, HEIGHT, x, y, 0x0000ff00);
                }
            }
            // What lies round it differs, so a row too many or a column too few is seen.
            guest.ok(transfer(7, 10, 20, 30, 5, (20 * WIDTH + 10) * 4));
            guest.ok(flush(7, 10, 21, 25, 10));
            guest.ok(flush(7, 0, 50, 1, 1));
            BufferedImage picture = awaitPixel(10, 21, 0xff0000);
            for (int y = 0; y < HEIGHT; y++) {
                for (int x = 0; x < WIDTH; x++) {
                    boolean red = x >= 10 && x < 35 && y >= 21 && y < 25;
                    assertEquals(red ? 0xff0000 : 0, picture.getRGB(x, y) & 0xffffff, x + "," + y);
                }
            }
        }
    }

    @Test
    void aPartOfAResourceMayBeTheScanout() throws Exception {
        try (TestVm vm = vm()) {
            ScanoutGuest guest = new ScanoutGuest(vm);
            guest.image(7, BGRX, WIDTH, HEIGHT);
            guest.draw(WIDTH, HEIGHT, 40, 30, 0x0000ff00);
            guest.ok(transfer(7, 0, 0, WIDTH, HEIGHT, 0));
            guest.ok(scanout(0, 7, 30, 20, 50, 40));
            guest.ok(flush(7, 0, 0, WIDTH, HEIGHT));
            BufferedImage picture = awaitPixel(10, 10, 0xff0000);
            assertEquals(50, picture.getWidth());
            assertEquals(40, picture.getHeight());
        }
    }

    @Test
    void aFlatTextureIsA2dResource() throws Exception {
        try (TestVm vm = vm()) {
            ScanoutGuest guest = new ScanoutGuest(vm);
            guest.ok(create3d(7, BGRX, WIDTH, HEIGHT).array());
            guest.ok(backing(7, ScanoutGuest.PIXELS, 400 * 4096));
            vm.vmm.ram.set(ValueLayout.JAVA_INT, ScanoutGuest.PIXELS + 8 + 5 * 4096, 0x00123456);
            guest.ok(scanout(0, 7, 0, 0, WIDTH, HEIGHT));
            guest.ok(transfer3d(7, 3, 4, 2, 6, 8, 4096).array());
            guest.ok(flush(7, 0, 0, WIDTH, HEIGHT));
            assertEquals(0, awaitPixel(3, 9, 0x123456).getRGB(4, 9) & 0xffffff);
            assertEquals(ERR_INVALID_PARAMETER, guest.ask(transfer3d(7, 0, 0, 1, 1, 0, 0).putInt(60, 1).array()), "level");
            assertEquals(ERR_INVALID_PARAMETER, guest.ask(transfer3d(7, 0, 0, 1, 1, 0, 0).putInt(32, 1).array()), "z");
            // Others are numbers, with which nothing comes of a transfer.
            guest.ok(create3d(8, BGRX, WIDTH, HEIGHT).putInt(28, 5).array());
            guest.ok(transfer3d(8, 0, 0, 1, 1, 0, 0).array());
            assertEquals(ERR_INVALID_PARAMETER, guest.ask(scanout(0, 8, 0, 0, 1, 1)));
        }
    }

    @Test
    void aGuestBlobIsSeenWithoutATransfer() throws Exception {
        try (TestVm vm = vm()) {
            ScanoutGuest guest = new ScanoutGuest(vm);
            assertEquals(OK_NODATA, vm.guest.guestBlob(9, ScanoutGuest.PIXELS, 1 << 20));
            guest.ok(scanoutBlob(9, 67, WIDTH, HEIGHT, 512, 4096).array());
            vm.vmm.ram.set(ValueLayout.JAVA_INT, ScanoutGuest.PIXELS + 4096 + 59 * 512 + 99 * 4, 0x00563412);
            guest.ok(flush(9, 0, 0, WIDTH, HEIGHT));
            assertEquals(WIDTH, awaitPixel(99, 59, 0x123456).getWidth());
            guest.ok(TestGuest.unref(9));
            guest.ok(scanout(0, 0, 0, 0, 0, 0));
        }
    }

    @Test
    void aHostBlobIsSeenAsTheGuestHasMappedIt() throws Exception {
        try (TestVm vm = vm()) {
            ScanoutGuest guest = new ScanoutGuest(vm);
            vm.guest.channel(1);
            try (TestCompositor.Connection unused = vm.compositor.accept()) {
                ByteBuffer answer = vm.guest.imageRequirements(1, WIDTH, HEIGHT);
                int stride = answer.getInt(0);
                long size = answer.getLong(40);
                guest.ok(vm.guest.hostBlob(9, 1, answer.getInt(48), size));
                assertEquals(TestGuest.OK_MAP_INFO, vm.guest.request(TestGuest.map(9, 0)));
                guest.ok(scanoutBlob(9, BGRX, WIDTH, HEIGHT, stride, 0).array());
                vm.vmm.mapped(0).set(ValueLayout.JAVA_INT, 59L * stride + 4 * 99, 0x123456);
                guest.ok(flush(9, 0, 0, WIDTH, HEIGHT));
                assertEquals(WIDTH, awaitPixel(99, 59, 0x123456).getWidth());
                guest.ok(TestGuest.unmap(9));
                guest.ok(TestGuest.unref(9));
            }
        }
    }

    @Test
    void theFileKeepsTheLastPictureWhenTheScanoutIsSwitchedOff() throws Exception {
        try (TestVm vm = vm()) {
            ScanoutGuest guest = new ScanoutGuest(vm);
            guest.image(7, BGRX, WIDTH, HEIGHT);
            guest.draw(WIDTH, HEIGHT, 0, 0, 0x0000ff00);
            guest.ok(transfer(7, 0, 0, WIDTH, HEIGHT, 0));
            guest.ok(scanout(0, 7, 0, 0, WIDTH, HEIGHT));
            guest.ok(flush(7, 0, 0, WIDTH, HEIGHT));
            guest.ok(scanout(0, 0, 0, 0, 0, 0));
            guest.ok(flush(7, 0, 0, WIDTH, HEIGHT));
        }
        // Written at the latest when the session ends.
        assertEquals(0xff0000, ImageIO.read(file().toFile()).getRGB(0, 0) & 0xffffff);
        assertFalse(Files.exists(folder.resolve("screen.png.part")));
    }

    @Test
    void unrefOfAShownResourceTakesItFromTheScanout() throws Exception {
        try (TestVm vm = vm()) {
            ScanoutGuest guest = new ScanoutGuest(vm);
            for (int i = 0; i < 20; i++) {
                guest.image(7, BGRX, 2000, 1000);
                guest.ok(scanout(0, 7, 0, 0, 2000, 1000));
                guest.ok(transfer(7, 0, 0, 2000, 1000, 0));
                guest.ok(flush(7, 0, 0, 2000, 1000));
                guest.ok(TestGuest.unref(7));
            }
            assertEquals(ERR_INVALID_RESOURCE, guest.ask(flush(7, 0, 0, 1, 1)));
            guest.image(7, BGRX, WIDTH, HEIGHT);
            guest.ok(flush(7, 0, 0, 1, 1));
        }
    }

    @Test
    void detachIsAnsweredOnlyWhenNobodyReadsThePagesAnyMore() throws Exception {
        try (TestVm vm = vm()) {
            ScanoutGuest guest = new ScanoutGuest(vm);
            guest.image(7, BGRX, 2048, 1024);
            TestGuest.Pending[] transfers = new TestGuest.Pending[50];
            for (int i = 0; i < transfers.length; i++) {
                transfers[i] = vm.guest.submit(transfer(7, 0, 0, 2048, 1024, 0));
            }
            guest.ok(TestGuest.resource(0x107, 7, 0));
            for (TestGuest.Pending transfer : transfers) {
                assertTrue(vm.guest.isDone(transfer));
                assertEquals(OK_NODATA, transfer.type());
            }
            assertEquals(ERR_INVALID_PARAMETER, guest.ask(transfer(7, 0, 0, 1, 1, 0)), "there is no backing");
        }
    }

    @Test
    void wrongNumbersAreRefused() throws Exception {
        try (TestVm vm = vm()) {
            ScanoutGuest guest = new ScanoutGuest(vm);
            for (int[] size : new int[][] {
                {0, 1}, {1, 0}, {-1, 1}, {1, -1}, {-1, -1}, {1 << 16, 1 << 16}, {4096, 4097}, {Integer.MIN_VALUE, 2}
            }) {
                assertEquals(ERR_INVALID_PARAMETER, guest.ask(create2d(7, BGRX, size[0], size[1])));
                assertEquals(ERR_INVALID_PARAMETER, guest.ask(create3d(7, BGRX, size[0], size[1]).array()));
            }
            for (int format : new int[] {0, 5, -1, 66, 135}) {
                assertEquals(ERR_INVALID_PARAMETER, guest.ask(create2d(7, format, 8, 8)));
            }
            guest.image(7, BGRX, WIDTH, HEIGHT);
            int[][] outside = {
                {0, 0, WIDTH + 1, 1}, {0, 0, 1, HEIGHT + 1}, {WIDTH, 0, 1, 1}, {-1, 0, 1, 1}, {0, -1, 1, 1}, {1, 0, -1, 1},
                {0, 1, 1, -1}, {Integer.MAX_VALUE, 0, Integer.MAX_VALUE, 1}, {0, 1 << 31, 1, 1 << 31}
            };
            guest.ok(scanout(0, 7, 0, 0, WIDTH, HEIGHT));
            for (int[] r : outside) {
                assertEquals(ERR_INVALID_PARAMETER, guest.ask(transfer(7, r[0], r[1], r[2], r[3], 0)));
                assertEquals(ERR_INVALID_PARAMETER, guest.ask(transfer3d(7, r[0], r[1], r[2], r[3], 0, 0).array()));
                assertEquals(ERR_INVALID_PARAMETER, guest.ask(scanout(0, 7, r[0], r[1], r[2], r[3])));
                assertEquals(ERR_INVALID_PARAMETER, guest.ask(flush(7, r[0], r[1], r[2], r[3])));
            }
            assertEquals(ERR_INVALID_PARAMETER, guest.ask(scanout(0, 7, 0, 0, 0, 0)));
            long size = (4L * WIDTH * HEIGHT + 4095) & -4096;
            for (long offset : new long[] {size, size - 3, -1, Long.MIN_VALUE, Long.MAX_VALUE, 1L << 32}) {
                assertEquals(ERR_INVALID_PARAMETER, guest.ask(transfer(7, 0, 0, 1, 1, offset)), "offset " + offset);
            }
            guest.ok(transfer(7, 0, 0, 1, 1, size - 4));
            guest.ok(transfer(7, 5, 5, 0, 0, 0));
            guest.ok(flush(7, 5, 5, 0, 0));
            assertEquals(ERR_INVALID_PARAMETER, guest.ask(transfer3d(7, 0, 0, 1, 3, 0, -1).array()), "stride");
            assertEquals(ERR_INVALID_RESOURCE, guest.ask(transfer(8, 0, 0, 1, 1, 0)));
            assertEquals(ERR_INVALID_RESOURCE, guest.ask(scanout(0, 8, 0, 0, 1, 1)));
            assertEquals(ERR_INVALID_SCANOUT, guest.ask(scanout(-1, 7, 0, 0, 1, 1)));
        }
    }

    @Test
    void wrongNumbersOfBlobsAreRefused() throws Exception {
        try (TestVm vm = vm()) {
            ScanoutGuest guest = new ScanoutGuest(vm);
            assertEquals(OK_NODATA, vm.guest.guestBlob(9, ScanoutGuest.PIXELS, 65536));
            guest.ok(scanoutBlob(9, BGRX, 64, 64, 256, 65536 - 64 * 256).array());
            for (int[] wrong : new int[][] {
                {BGRX, 64, 64, 255, 0}, {BGRX, 64, 64, 0, 0}, {BGRX, 64, 64, 256, 65536 - 64 * 256 + 1},
                {BGRX, 64, 64, -1, 0}, {BGRX, 64, 64, 256, -1}, {9, 64, 64, 256, 0}, {BGRX, 0, 64, 256, 0},
                {BGRX, -1, -1, -1, 0}, {BGRX, 4096, 4096, 16384, 0}, {BGRX, 65536, 65536, 0x40000, 0}
            }) {
                byte[] request = scanoutBlob(9, wrong[0], wrong[1], wrong[2], wrong[3], wrong[4]).array();
                assertEquals(ERR_INVALID_PARAMETER, guest.ask(request));
            }
            assertEquals(ERR_INVALID_PARAMETER, guest.ask(scanoutBlob(9, BGRX, 8, 8, 32, 0).putInt(32, 9).array()));
            guest.image(7, BGRX, 8, 8);
            assertEquals(ERR_INVALID_PARAMETER, guest.ask(scanoutBlob(7, BGRX, 8, 8, 32, 0).array()), "no blob");
            // A blob with fewer pages than it says is refused when it is read.
            byte[] poor = TestGuest.header(0x10c, 56 + 16, 0).putInt(24, 10).putInt(28, 1).putInt(36, 1).putLong(48, 65536)
                    .putLong(56, ScanoutGuest.PIXELS).putInt(64, 4096).array();
            guest.ok(poor);
            guest.ok(scanoutBlob(10, BGRX, 64, 64, 256, 0).array());
            assertEquals(TestGuest.ERR_UNSPEC, guest.ask(flush(10, 0, 0, 64, 64)));
        }
    }

    @Test
    void aSideOfAPictureIsBounded() throws Exception {
        try (TestVm vm = vm()) {
            ScanoutGuest guest = new ScanoutGuest(vm);
            assertEquals(TestGuest.ERR_INVALID_PARAMETER, guest.ask(create2d(20, BGRX, 1 << 24, 1)));
            assertEquals(TestGuest.ERR_INVALID_PARAMETER, guest.ask(create2d(20, BGRX, 1, 16385)));
            guest.ok(create2d(20, BGRX, 16384, 1));
        }
    }

    @Test
    void imagesTogetherAreBounded() throws Exception {
        try (TestVm vm = vm()) {
            ScanoutGuest guest = new ScanoutGuest(vm);
            for (int i = 0; i < 4; i++) {
                guest.ok(create2d(10 + i, BGRX, 4096, 4096));
            }
            assertEquals(ERR_OUT_OF_MEMORY, guest.ask(create2d(20, BGRX, 1, 1)));
            guest.ok(TestGuest.unref(10));
            guest.ok(create2d(20, BGRX, 1, 1));
        }
    }

    @Test
    void aTextConsoleHasAContextOfNoCapset() throws Exception {
        byte[] create = TestGuest.header(0x200, 96, 1).array();
        try (TestVm vm = vm()) {
            ScanoutGuest guest = new ScanoutGuest(vm);
            guest.ok(create);
            guest.image(7, BGRX, WIDTH, HEIGHT);
            guest.ok(TestGuest.attach(7, 1));
            assertEquals(ERR_INVALID_PARAMETER, vm.guest.request(TestGuest.init(1, 20)), "it takes no commands");
            assertEquals(ERR_INVALID_PARAMETER, vm.guest.request(vm.guest.hostBlob(9, 1, 1, 4096)));
            guest.ok(TestGuest.detach(7, 1));
            guest.ok(TestGuest.header(0x201, 24, 1).array());
        }
        try (TestVm vm = new TestVm()) {
            assertEquals(ERR_INVALID_PARAMETER, vm.guest.request(create), "where there is no screen");
        }
    }

    @Test
    void aDriverThatStartsAnewFindsNothing() throws Exception {
        try (TestVm vm = vm()) {
            ScanoutGuest guest = new ScanoutGuest(vm);
            for (int i = 0; i < 3; i++) {
                for (int resource = 10; resource < 14; resource++) {
                    guest.ok(create2d(resource, BGRX, 4096, 4096));
                }
                guest.ok(backing(10, ScanoutGuest.PIXELS, 4096));
                guest.ok(transfer(10, 0, 0, 1024, 1, 0));
                guest.ok(scanout(0, 10, 0, 0, 4096, 4096));
                assertNotEquals(0, vm.guest.stop().length);
                vm.guest.boot();
                assertEquals(ERR_INVALID_RESOURCE, guest.ask(flush(10, 0, 0, 1, 1)));
            }
        }
    }

    @Test
    void othersAreNotKeptWaitingByALongTransfer() throws Exception {
        try (TestVm vm = vm()) {
            ScanoutGuest guest = new ScanoutGuest(vm);
            vm.guest.channel(1);
            try (TestCompositor.Connection client = vm.compositor.accept()) {
                guest.ok(create2d(7, BGRX, 2048, 2048));
                guest.ok(backing(7, ScanoutGuest.PIXELS, 16 << 20));
                TestGuest.Pending[] transfers = new TestGuest.Pending[100];
                for (int i = 0; i < transfers.length; i++) {
                    transfers[i] = vm.guest.submit(transfer(7, 0, 0, 2048, 2048, 0));
                }
                TestGuest.Pending send = vm.guest.submit(TestGuest.send(1, "hello"));
                assertEquals("hello", client.readText(5));
                TestGuest.Pending last = vm.guest.await(transfers[transfers.length - 1]);
                assertTrue(send.isAnsweredBefore(last), "it has not waited for all 1.6 GB");
                TestVm.assertOk(vm.guest.await(send).type());
            }
        }
    }

    @Test
    void aVmmThatCutsItsMemoryOffUnderATransferEndsOnlyItsSession() throws Exception {
        try (TestVm vm = vm()) {
            ScanoutGuest guest = new ScanoutGuest(vm);
            guest.ok(create2d(7, BGRX, 64, 64));
            guest.ok(backing(7, FrontEnd.RAM_SIZE - 16384, 16384));
            PosixException.check(Memory.ftruncate(vm.vmm.ramFile.number(), FrontEnd.RAM_SIZE - 8192), "ftruncate");
            vm.guest.submit(transfer(7, 0, 0, 64, 64, 0));
            assertTrue(vm.vmm.isHungUp());
        }
        try (TestVm vm = vm()) {
            vm.guest.barrier();
        }
    }

    @Test
    void memoryMayBeSwappedUnderTransfers() throws Exception {
        try (TestVm vm = vm()) {
            ScanoutGuest guest = new ScanoutGuest(vm);
            guest.ok(create2d(7, BGRX, 2048, 1024));
            guest.ok(backing(7, ScanoutGuest.PIXELS, 8 << 20));
            for (int i = 0; i < 30; i++) {
                TestGuest.Pending[] transfers = new TestGuest.Pending[10];
                for (int j = 0; j < transfers.length; j++) {
                    transfers[j] = vm.guest.submit(transfer(7, 0, 0, 2048, 1024, 0));
                }
                assertEquals(0, vm.vmm.acknowledged(
                        FrontEnd.SET_MEM_TABLE, FrontEnd.memoryTable(), vm.vmm.ramFile.number()));
                for (TestGuest.Pending transfer : transfers) {
                    assertEquals(OK_NODATA, vm.guest.await(transfer).type());
                }
            }
        }
    }

    @Test
    void aFileThatCannotBeWrittenHurtsNobody() throws Exception {
        ScanoutTarget nowhere = new ScanoutTarget(ScanoutTarget.Kind.PNG, folder.resolve("missing/screen.png"));
        try (TestVm vm = new TestVm(new ScanoutSettings(nowhere, 640, 480))) {
            ScanoutGuest guest = new ScanoutGuest(vm);
            guest.image(7, BGRX, WIDTH, HEIGHT);
            guest.ok(scanout(0, 7, 0, 0, WIDTH, HEIGHT));
            for (int i = 0; i < 5; i++) {
                guest.ok(flush(7, 0, 0, WIDTH, HEIGHT));
            }
        }
    }
}
