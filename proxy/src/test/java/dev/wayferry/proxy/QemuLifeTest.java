package dev.wayferry.proxy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wayferry.posix.OwnedFd;
import java.io.IOException;
import org.junit.jupiter.api.Test;

/** QEMU 11.1 with {@code -device vhost-user-test-device-pci}, simulated. */
class QemuLifeTest extends VmmLife {
    @Override
    FrontEnd frontEnd(OwnedFd socket) throws IOException {
        return new FrontEnd(socket);
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
