package dev.wayferry.proxy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.wayferry.posix.OwnedFd;
import dev.wayferry.proxy.TestCompositor.Connection;
import dev.wayferry.proxy.TestGuest.Pending;
import java.io.IOException;
import org.junit.jupiter.api.Test;

/** cloud-hypervisor with Spectrum's patches, simulated. */
class SpectrumLifeTest extends VmmLife {
    @Override
    FrontEnd frontEnd(OwnedFd socket) throws IOException {
        return new SpectrumFrontEnd(socket);
    }

    @Test
    void keepsPollsWhenRingsAreDisabledAndEnabledAgain() throws Exception {
        try (TestVm vm = vm()) {
            vm.guest.channel(1);
            try (Connection client = vm.compositor.accept()) {
                Pending poll = vm.guest.poll(1);
                vm.guest.barrier();
                SpectrumFrontEnd vmm = (SpectrumFrontEnd) vm.vmm;
                vmm.enable(2, 0);
                assertEquals(1, vmm.config(8, 4, 1).getInt(12));
                client.send("while disabled");
                assertFalse(vm.guest.isDone(poll));
                vmm.enable(2, 1);
                vm.guest.await(poll);
                assertEquals("while disabled", vm.guest.message(1).text());
            }
        }
    }
}
