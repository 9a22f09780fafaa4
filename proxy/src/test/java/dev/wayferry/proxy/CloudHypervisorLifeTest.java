package dev.wayferry.proxy;

import static dev.wayferry.proxy.TestVm.assertOk;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.wayferry.proxy.TestCompositor.Connection;
import dev.wayferry.proxy.TestGuest.Pending;
import dev.wayferry.proxy.vhostuser.ShmemOffer;
import java.util.List;
import org.junit.jupiter.api.Test;

/** cloud-hypervisor as it is released, simulated: it can have the device, but no cross-domain. */
class CloudHypervisorLifeTest {
    private static TestVm vm() throws Exception {
        return new TestVm(CloudHypervisorFrontEnd::new, ShmemOffer.AUTO);
    }

    @Test
    void attachesWithoutAskingForAnythingThatItDoesNotKnow() throws Exception {
        try (TestVm vm = vm()) {
            vm.guest.barrier();
            assertOk(vm.guest.ctxCreate(1));
            int[] bases = vm.guest.stop();
            vm.guest.start(bases[0], bases[1]);
            vm.guest.barrier();
            vm.guest.stop();
            vm.vmm.guestReset();
            vm.guest.boot();
            vm.guest.barrier();
        }
    }

    @Test
    void losesNoRequestWhenTheBackEndDies() throws Exception {
        try (TestVm vm = vm()) {
            for (int ctx = 1; ctx <= 3; ctx++) {
                vm.guest.channel(ctx);
            }
            List<Pending> polls = List.of(vm.guest.poll(1), vm.guest.poll(2), vm.guest.poll(3));
            vm.guest.barrier();
            for (int ctx = 1; ctx <= 3; ctx++) {
                vm.compositor.accept().close();
            }
            // Empty RECEIVEs: the compositor's connections are closed. New POLLs are parked for ever.
            polls.forEach(vm.guest::await);
            List<Pending> parked = List.of(vm.guest.poll(1), vm.guest.poll(2), vm.guest.poll(3));
            vm.guest.barrier();
            parked.forEach(poll -> assertFalse(vm.guest.isDone(poll)));
            vm.restartBackEnd();
            // The base that the VMM names is where the driver is, not where the back-end was.
            Pending meanwhile = vm.guest.submit(TestGuest.header(0x100, 24, 0).array());
            vm.guest.start(0, 0);
            for (Pending lost : parked) {
                vm.guest.await(lost);
                assertEquals(TestGuest.ERR_UNSPEC, lost.type());
                assertEquals(lost.fence, lost.fenceId());
            }
            assertEquals(0x1101, vm.guest.await(meanwhile).type());
            // Everything that the guest had is gone, but the device serves.
            assertEquals(TestGuest.ERR_INVALID_CONTEXT, vm.guest.ctxDestroy(1));
            vm.guest.channel(4);
            try (Connection client = vm.compositor.accept()) {
                client.send("anew");
                assertEquals("anew", vm.guest.receive(4).text());
            }
        }
    }
}
