package dev.wayferry.proxy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.Sockets;
import dev.wayferry.proxy.vhostuser.ShmemOffer;
import java.io.IOException;
import org.junit.jupiter.api.Test;

/** QEMU 11.1 with {@code -device vhost-user-test-device-pci}, simulated. */
class QemuLifeTest extends VmmLife {
    @Override
    FrontEnd frontEnd(OwnedFd socket) throws IOException {
        return new FrontEnd(socket);
    }

    /** QEMU's own GPU device takes RING_RESET, which nobody has offered, and passes no blobs on. */
    @Test
    void startsItsOwnGpuDeviceThoughThatCanNotCarryCrossDomain() throws Exception {
        try (TestVm vm = new TestVm(GpuPciFrontEnd::new, ShmemOffer.AUTO)) {
            vm.guest.barrier();
            assertEquals(TestGuest.OK_NODATA, vm.guest.ctxCreate(1));
        }
    }

    private static final class GpuPciFrontEnd extends FrontEnd {
        private static final int GPU_SET_SOCKET = 33;

        GpuPciFrontEnd(OwnedFd socket) throws IOException {
            super(socket);
        }

        @Override
        void negotiate() throws IOException {
            super.negotiate();
            OwnedFd[] display = Sockets.pair();
            send(GPU_SET_SOCKET, false, bytes(0), display[1].number());
            display[0].close();
            display[1].close();
        }

        @Override
        long driverFeatures() {
            return offered & ~(1L << 3 | 1L << 4) | 1L << 40;
        }
    }

    @Test
    void refusesFeaturesThatWouldChangeItsRings() throws Exception {
        try (TestVm vm = vm()) {
            for (int bit : new int[] {33, 34, 35, 38}) {
                assertEquals(1, vm.vmm.acknowledged(FrontEnd.SET_FEATURES, FrontEnd.u64(vm.vmm.offered | 1L << bit)));
            }
            vm.guest.barrier();
        }
    }

    @Test
    void isNotAskedToUnmapWhatItDropsItselfAtAReset() throws Exception {
        try (TestVm vm = vm()) {
            vm.guest.channel(1);
            vm.compositor.accept().close();
            int id = vm.guest.imageRequirements(1, 64, 64).getInt(48);
            assertEquals(TestGuest.OK_NODATA, vm.guest.request(vm.guest.hostBlob(10, 1, id, 16384)));
            assertEquals(TestGuest.OK_MAP_INFO, vm.guest.request(TestGuest.map(10, 0)));
            vm.guest.stop();
            vm.vmm.guestReset();
            vm.guest.boot();
            vm.guest.channel(1);
            vm.compositor.accept().close();
            assertEquals(TestGuest.OK_NODATA,
                    vm.guest.request(vm.guest.hostBlob(10, 1, vm.guest.imageRequirements(1, 64, 64).getInt(48), 16384)));
            assertEquals(TestGuest.OK_MAP_INFO, vm.guest.request(TestGuest.map(10, 0)));
            assertTrue(vm.vmm.askedSoFar().stream().noneMatch(asked -> asked.startsWith("UNMAP")));
        }
    }
}
