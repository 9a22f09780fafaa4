package dev.wayferry.proxy;

import static dev.wayferry.proxy.TestVm.assertOk;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wayferry.posix.PosixException;
import dev.wayferry.posix.Sockets;
import dev.wayferry.proxy.CommandLineTest.Serving;
import dev.wayferry.proxy.TestGuest.Pending;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A VMM that takes requests on the back-channel and never answers one: what waits for it has a bound. */
class UnansweringVmmTest {
    private static final int RESET_DEVICE = 34;
    private static final int IMAGE = 64 * 64 * 4;

    /** Drivers whose end may wait for the VMM. */
    private static final int RESETS = 16;

    @TempDir
    private Path folder;

    private Path socket() {
        return folder.resolve("vm.sock");
    }

    private FrontEnd connect() throws IOException {
        FrontEnd vmm = new FrontEnd(Sockets.connect(socket().toString()));
        vmm.negotiate();
        vmm.setMemory();
        return vmm;
    }

    /** Whether the device was reset; if not, the session is over. */
    private static boolean reset(FrontEnd vmm) {
        try {
            vmm.send(RESET_DEVICE, true, FrontEnd.bytes(0));
            return vmm.receive(RESET_DEVICE) != null;
        } catch (PosixException e) {
            return false;
        }
    }

    /** A guest makes an image, and asks for it to be mapped. */
    private static Pending map(TestGuest guest, TestCompositor compositor) throws IOException {
        guest.channel(1);
        compositor.accept().close();
        int id = guest.imageRequirements(1, 64, 64).getInt(48);
        assertOk(guest.request(guest.hostBlob(1, 1, id, IMAGE)));
        return guest.submit(TestGuest.map(1, 0));
    }

    @Test
    void oneThatResetsItsDeviceAgainAndAgainIsLetGoAndTheNextIsServed() throws Exception {
        try (TestCompositor compositor = new TestCompositor(folder);
                Serving serving = new Serving(CommandLineTest.wayferry(Map.of(), "--socket-path=" + socket(),
                        "--wayland-display=" + compositor.path(), "--log-level=info"))) {
            try (FrontEnd vmm = connect(); TestGuest guest = new TestGuest(vmm)) {
                vmm.mayAnswer.drainPermits();
                Pending map = map(guest, compositor);
                vmm.firstRequest.await();
                for (int i = 1; i < RESETS; i++) {
                    assertTrue(reset(vmm), "after " + i);
                    guest.boot();
                    map = map(guest, compositor);
                }
                assertTrue(reset(vmm));
                assertFalse(guest.isDone(map));
                assertFalse(reset(vmm), "the session is over");
                String line = serving.awaitLog("the session ends");
                assertTrue(line.contains("vm=vm the session ends: too much waits for the VMM of vm, which does not answer"),
                        line);
            }
            try (FrontEnd vmm = connect(); TestGuest guest = new TestGuest(vmm)) {
                assertEquals(TestGuest.OK_MAP_INFO, guest.await(map(guest, compositor)).type());
            }
        }
    }

    @Test
    void oneWhoseGuestNeverGetsAsFarAsADriverIsServedHoweverOftenItResets() throws Exception {
        try (TestVm vm = new TestVm()) {
            vm.vmm.mayAnswer.drainPermits();
            Pending map = map(vm.guest, vm.compositor);
            vm.vmm.firstRequest.await();
            assertFalse(vm.guest.isDone(map));
            for (int i = 0; i < 100 * RESETS; i++) {
                assertTrue(reset(vm.vmm));
            }
            vm.vmm.guestReset();
            vm.vmm.mayAnswer.release(1000);
            vm.guest.boot();
            assertEquals(TestGuest.OK_MAP_INFO, vm.guest.await(map(vm.guest, vm.compositor)).type());
        }
    }
}
