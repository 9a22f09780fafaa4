package dev.wayferry.proxy;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.wayferry.proxy.TestCompositor.Connection;
import dev.wayferry.proxy.vhostuser.ShmemOffer;
import org.junit.jupiter.api.Test;

/** libkrun's vhost-user devices, simulated: no host-visible memory, so messages and pipes only. */
class LibkrunLifeTest {
    @Test
    void carriesMessagesWithoutHostVisibleMemory() throws Exception {
        try (TestVm vm = new TestVm(LibkrunFrontEnd::new, ShmemOffer.AUTO)) {
            vm.guest.channel(1);
            try (Connection client = vm.compositor.accept()) {
                client.send("hello");
                assertEquals("hello", vm.guest.receive(1).text());
                int id = vm.guest.imageRequirements(1, 64, 64).getInt(48);
                assertEquals(TestGuest.OK_NODATA, vm.guest.request(vm.guest.hostBlob(10, 1, id, 16384)));
                assertEquals(TestGuest.ERR_INVALID_PARAMETER, vm.guest.request(TestGuest.map(10, 0)));
            }
        }
    }
}
