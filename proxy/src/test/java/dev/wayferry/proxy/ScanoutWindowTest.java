package dev.wayferry.proxy;

import static dev.wayferry.proxy.ScanoutGuest.BGRX;
import static dev.wayferry.proxy.ScanoutGuest.flush;
import static dev.wayferry.proxy.ScanoutGuest.scanout;
import static dev.wayferry.proxy.ScanoutGuest.transfer;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wayferry.proxy.screen.ScanoutSettings;
import dev.wayferry.proxy.screen.ScanoutTarget;
import dev.wayferry.proxy.vhostuser.ShmemOffer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The scanout as a window, and the guest's screen following the window's size. */
@NullUnmarked // what is missing fails the test at once
@Timeout(60)
class ScanoutWindowTest {
    private static final int WIDTH = 100;
    private static final int HEIGHT = 60;
    private static final int MAXIMIZED = 1;
    private static final int RESIZING = 3;
    private static final int ACTIVATED = 4;
    private static final int RED = 0xff0000;
    private static final ScanoutSettings WINDOW =
            new ScanoutSettings(new ScanoutTarget(ScanoutTarget.Kind.WINDOW, null), WIDTH, HEIGHT);

    /** The guest shows a picture with a red pixel at 10, 10 in a window of its size. */
    private static ShellCompositor shown(TestVm vm, ScanoutGuest guest) throws Exception {
        int unused = displayInfo(vm)[0];
        guest.image(7, BGRX, WIDTH, HEIGHT);
        guest.draw(WIDTH, HEIGHT, 10, 10, 0x0000ff00);
        guest.ok(transfer(7, 0, 0, WIDTH, HEIGHT, 0));
        guest.ok(scanout(0, 7, 0, 0, WIDTH, HEIGHT));
        guest.ok(flush(7, 0, 0, WIDTH, HEIGHT));
        ShellCompositor shell = new ShellCompositor(vm.compositor.accept().socket);
        shell.until("a window", shell::hasToplevel);
        shell.configure(0, 0, ACTIVATED);
        shell.until("a picture", () -> shell.isShown(WIDTH, HEIGHT));
        assertEquals(RED, shell.pixel(10, 10));
        return shell;
    }

    /** Width, height and whether the display is enabled. */
    private static int[] displayInfo(TestVm vm) {
        byte[] info = vm.guest.await(vm.guest.submit(TestGuest.header(0x100, 24, 0).array())).response();
        ByteBuffer words = ByteBuffer.wrap(info).order(ByteOrder.LITTLE_ENDIAN);
        return new int[] {words.getInt(32), words.getInt(36), words.getInt(40)};
    }

    private static int events(TestVm vm) throws IOException {
        return vm.vmm.config(0, 4, 0).getInt(12);
    }

    /** As QEMU passes a write on: all of the configuration space. */
    private static void clearEvents(TestVm vm) throws IOException {
        assertEquals(0, vm.vmm.acknowledged(
                FrontEnd.SET_CONFIG, FrontEnd.bytes(12 + 16).putInt(4, 16).putInt(12, 1).putInt(16, 1).putInt(20, 1)));
    }

    private static void awaitNotices(TestVm vm, int count) throws Exception {
        while (vm.vmm.askedSoFar().size() < count) {
            Thread.sleep(5);
        }
        assertEquals(java.util.Collections.nCopies(count, "CONFIG_CHANGE"), vm.vmm.askedSoFar());
    }

    @Test
    void thePictureIsInAWindowWithTheVmsName() throws Exception {
        try (TestVm vm = new TestVm(WINDOW)) {
            ScanoutGuest guest = new ScanoutGuest(vm);
            try (ShellCompositor shell = shown(vm, guest)) {
                assertEquals("test", shell.title);
                assertEquals(0, shell.pixel(11, 10));
                guest.ok(scanout(0, 0, 0, 0, 0, 0));
                shell.frame();
                shell.until("black", () -> shell.pixel(10, 10) == 0);
                guest.ok(scanout(0, 7, 0, 0, WIDTH, HEIGHT));
                guest.ok(flush(7, 0, 0, 1, 1));
                shell.frame();
                shell.until("the picture again", () -> shell.pixel(10, 10) == RED);
            }
        }
    }

    @Test
    void onlyWhatWasFlushedIsDamaged() throws Exception {
        try (TestVm vm = new TestVm(WINDOW)) {
            ScanoutGuest guest = new ScanoutGuest(vm);
            try (ShellCompositor shell = shown(vm, guest)) {
                for (int i = 0; i < 6; i++) {
                    int x = 20 + 3 * i;
                    shell.damage.clear();
                    guest.draw(WIDTH, HEIGHT, x, 30, 0x0000ff00);
                    guest.ok(transfer(7, 0, 0, WIDTH, HEIGHT, 0));
                    guest.ok(flush(7, x, 30, 2, 1));
                    shell.frame();
                    shell.until("pixel " + i, () -> shell.pixel(x, 30) == RED);
                    assertEquals(List.of(x + ",30 2x1"), shell.damage);
                    for (int j = 0; j <= i; j++) {
                        assertEquals(RED, shell.pixel(20 + 3 * j, 30), "both buffers have what came before");
                    }
                }
            }
        }
    }

    @Test
    void aSizeThatComesAndGoesBetweenTwoFramesPaintsNothingOutsideTheBuffers() throws Exception {
        try (TestVm vm = new TestVm(WINDOW)) {
            ScanoutGuest guest = new ScanoutGuest(vm);
            try (ShellCompositor shell = shown(vm, guest)) {
                guest.image(8, BGRX, 2 * WIDTH, 2 * HEIGHT);
                guest.ok(transfer(8, 0, 0, 2 * WIDTH, 2 * HEIGHT, 0));
                guest.ok(scanout(0, 8, 0, 0, 2 * WIDTH, 2 * HEIGHT));
                guest.ok(flush(8, 0, 0, 2 * WIDTH, 2 * HEIGHT));
                guest.draw(WIDTH, HEIGHT, 20, 30, 0x0000ff00);
                guest.ok(transfer(7, 0, 0, WIDTH, HEIGHT, 0));
                guest.ok(scanout(0, 7, 0, 0, WIDTH, HEIGHT));
                guest.ok(flush(7, 0, 0, WIDTH, HEIGHT));
                shell.frame();
                shell.until("the first size again", () -> shell.isShown(WIDTH, HEIGHT) && shell.pixel(20, 30) == RED);
            }
        }
    }

    @Test
    void aCompositorThatTakesNoFramesHoldsNobodyUp() throws Exception {
        try (TestVm vm = new TestVm(WINDOW)) {
            ScanoutGuest guest = new ScanoutGuest(vm);
            try (ShellCompositor shell = shown(vm, guest)) {
                int commits = shell.commits;
                for (int i = 0; i < 300; i++) {
                    guest.draw(WIDTH, HEIGHT, i % WIDTH, 5, 0x0000ff00);
                    guest.ok(transfer(7, 0, 0, WIDTH, HEIGHT, 0));
                    guest.ok(flush(7, i % WIDTH, 5, 1, 1));
                }
                shell.frame();
                shell.until("all at once", () -> shell.pixel(99, 5) == RED && shell.pixel(0, 5) == RED);
                assertTrue(shell.commits <= commits + 2, "frames in between are left out");
            }
        }
    }

    @Test
    void closingTheWindowOrTheCompositorHurtsNobody() throws Exception {
        for (boolean closes : new boolean[] {true, false}) {
            try (TestVm vm = new TestVm(WINDOW)) {
                ScanoutGuest guest = new ScanoutGuest(vm);
                try (ShellCompositor shell = shown(vm, guest)) {
                    if (closes) {
                        shell.askToClose();
                        shell.untilGone();
                    }
                }
                for (int i = 0; i < 10; i++) {
                    guest.ok(transfer(7, 0, 0, WIDTH, HEIGHT, 0));
                    guest.ok(flush(7, 0, 0, WIDTH, HEIGHT));
                }
                guest.ok(scanout(0, 0, 0, 0, 0, 0));
                assertFalse(vm.compositor.isWaiting(), "it stays away");
            }
        }
    }

    @Test
    void withoutACompositorTheGuestHasItsScreenAllTheSame() throws Exception {
        try (TestVm vm = new TestVm(WINDOW)) {
            vm.compositor.close();
            ScanoutGuest guest = new ScanoutGuest(vm);
            guest.image(7, BGRX, WIDTH, HEIGHT);
            guest.ok(scanout(0, 7, 0, 0, WIDTH, HEIGHT));
            guest.ok(flush(7, 0, 0, WIDTH, HEIGHT));
        }
    }

    @Test
    void theGuestIsToldOfTheSizeThatTheUserGivesTheWindow() throws Exception {
        try (TestVm vm = new TestVm(WINDOW)) {
            ScanoutGuest guest = new ScanoutGuest(vm);
            try (ShellCompositor shell = shown(vm, guest)) {
                assertEquals(0, events(vm));
                shell.configure(300, 200, ACTIVATED, RESIZING);
                shell.until("a window of that size", () -> shell.isShown(300, 200));
                assertEquals(RED, shell.pixel(10 + 100, 10 + 70), "in the middle");
                assertEquals(List.of(), vm.vmm.askedSoFar(), "not in the midst of it");
                shell.configure(300, 200, ACTIVATED);
                shell.until("its end", () -> shell.acknowledged.size() == 3);
                awaitNotices(vm, 1);
                assertEquals(1, events(vm), "DISPLAY");
                int[] info = displayInfo(vm);
                assertEquals(300, info[0]);
                assertEquals(200, info[1]);
                clearEvents(vm);
                assertEquals(0, events(vm));

                guest.ok(TestGuest.unref(7));
                guest.image(7, BGRX, 300, 200);
                guest.draw(300, 200, 299, 199, 0x0000ff00);
                guest.ok(transfer(7, 0, 0, 300, 200, 0));
                guest.ok(scanout(0, 7, 0, 0, 300, 200));
                guest.ok(flush(7, 0, 0, 300, 200));
                shell.frame();
                shell.until("the new picture", () -> shell.isShown(300, 200) && shell.pixel(299, 199) == RED);
                assertEquals(1, vm.vmm.askedSoFar().size());
            }
        }
    }

    @Test
    void aSizeThatChangesBeforeTheGuestHasClearedTheEventIsNotLost() throws Exception {
        try (TestVm vm = new TestVm(WINDOW)) {
            try (ShellCompositor shell = shown(vm, new ScanoutGuest(vm))) {
                shell.configure(300, 200, ACTIVATED);
                shell.until("an acknowledgement", () -> shell.acknowledged.size() == 2);
                awaitNotices(vm, 1);
                assertEquals(300, displayInfo(vm)[0]);
                shell.configure(400, 250, ACTIVATED);
                shell.until("a window of that size", () -> shell.isShown(400, 250));
                vm.guest.barrier();
                while (displayInfoWithoutTelling(vm)) {
                    Thread.sleep(5);
                }
                clearEvents(vm);
                awaitNotices(vm, events(vm) + 1);
                assertEquals(400, displayInfo(vm)[0]);
            }
        }
    }

    private static boolean displayInfoWithoutTelling(TestVm vm) {
        byte[] edid = vm.guest.await(vm.guest.submit(TestGuest.header(0x10a, 32, 0).array())).response();
        return ((edid[32 + 54 + 2] & 0xff) | (edid[32 + 54 + 4] & 0xf0) << 4) != 400;
    }

    @Test
    void aMaximizedWindowKeepsItsSizeWhateverTheGuestShows() throws Exception {
        try (TestVm vm = new TestVm(WINDOW)) {
            ScanoutGuest guest = new ScanoutGuest(vm);
            try (ShellCompositor shell = shown(vm, guest)) {
                shell.configure(400, 300, ACTIVATED, MAXIMIZED);
                shell.until("that size", () -> shell.isShown(400, 300));
                guest.image(8, BGRX, 500, 200);
                guest.draw(500, 200, 250, 100, 0x0000ff00);
                guest.ok(transfer(8, 0, 0, 500, 200, 0));
                guest.ok(scanout(0, 8, 0, 0, 500, 200));
                guest.ok(flush(8, 0, 0, 500, 200));
                shell.frame();
                shell.until("its middle", () -> shell.isShown(400, 300) && shell.pixel(200, 150) == RED);
            }
        }
    }

    @Test
    void vmmsThatMayEndOverItAreNotToldOfTheSize() throws Exception {
        for (CrosvmFrontEnd.Release release : CrosvmFrontEnd.Release.values()) {
            TestVm.FrontEndFactory crosvm = socket -> new CrosvmFrontEnd(socket, release);
            ShmemOffer offer = release.shmem == 20 ? ShmemOffer.BIT20
                    : release.shmem == 21 ? ShmemOffer.BIT21 : ShmemOffer.AUTO;
            try (TestVm vm = new TestVm(crosvm, settings -> {
                settings.shmem = offer;
                settings.scanout = WINDOW;
            })) {
                try (ShellCompositor shell = shown(vm, new ScanoutGuest(vm))) {
                    shell.configure(300, 200, ACTIVATED);
                    shell.until("that size", () -> shell.isShown(300, 200));
                    while (displayInfo(vm)[0] != 300) {
                        Thread.sleep(5);
                    }
                    int expected = release.replyAck ? 1 : 0;
                    awaitNotices(vm, expected);
                }
            }
        }
    }
}
