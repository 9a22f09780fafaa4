package dev.wayferry.proxy;

import static dev.wayferry.proxy.TestVm.assertOk;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wayferry.posix.Posix;
import dev.wayferry.proxy.TestCompositor.Connection;
import dev.wayferry.proxy.TestGuest.Pending;
import java.util.List;
import org.junit.jupiter.api.Test;

/** QMP's stop and cont, and a guest's reset. */
class PauseTest {
    @Test
    void neitherLosesNorDoublesWhatComesDuringAPause() throws Exception {
        try (TestVm vm = new TestVm()) {
            vm.guest.channel(1);
            try (Connection client = vm.compositor.accept()) {
                Pending poll = vm.guest.poll(1);
                vm.guest.barrier();
                for (int i = 0; i < 20; i++) {
                    int[] bases = vm.guest.stop();
                    client.send("during pause " + i);
                    // The VMM asks this and that meanwhile, so that the loop has had its turns.
                    vm.vmm.ask(FrontEnd.GET_FEATURES, FrontEnd.bytes(0));
                    assertFalse(vm.guest.isDone(poll), "nothing is written while the guest is stopped");
                    vm.guest.start(bases[0], bases[1]);
                    vm.guest.await(poll);
                    assertEquals("during pause " + i, vm.guest.message(1).text());
                    poll = vm.guest.poll(1);
                    client.send("running");
                    vm.guest.await(poll);
                    assertEquals("running", vm.guest.message(1).text());
                    poll = vm.guest.poll(1);
                    vm.guest.barrier();
                }
                assertFalse(vm.guest.isDone(poll));
                assertOk(vm.guest.ctxDestroy(1));
                vm.guest.await(poll);
            }
        }
    }

    @Test
    void keepsAPollOverAPauseInWhichNothingComes() throws Exception {
        try (TestVm vm = new TestVm()) {
            vm.guest.channel(1);
            try (Connection client = vm.compositor.accept()) {
                Pending poll = vm.guest.poll(1);
                vm.guest.barrier();
                int[] bases = vm.guest.stop();
                vm.guest.start(bases[0], bases[1]);
                vm.guest.barrier();
                assertFalse(vm.guest.isDone(poll), "a POLL is not completed because something stops");
                client.send("after");
                vm.guest.await(poll);
                assertEquals("after", vm.guest.message(1).text());
            }
        }
    }

    @Test
    void takesUpRequestsThatCameDuringAPause() throws Exception {
        try (TestVm vm = new TestVm()) {
            vm.guest.channel(1);
            try (Connection client = vm.compositor.accept()) {
                int[] bases = vm.guest.stop();
                Pending send = vm.guest.submit(TestGuest.send(1, "sent in the dark"));
                vm.vmm.ask(FrontEnd.GET_FEATURES, FrontEnd.bytes(0));
                assertFalse(vm.guest.isDone(send));
                vm.guest.start(bases[0], bases[1]);
                assertOk(vm.guest.await(send).type());
                assertEquals("sent in the dark", client.readText(16));
            }
        }
    }

    @Test
    void answersAfterTheResumeWhatTheKeeperFinishedDuringAPause() throws Exception {
        try (TestVm vm = new TestVm()) {
            vm.guest.channel(1);
            vm.compositor.accept().close();
            int id = vm.guest.imageRequirements(1, 64, 64).getInt(48);
            assertOk(vm.guest.request(vm.guest.hostBlob(10, 1, id, 16384)));
            vm.vmm.mayAnswer.drainPermits();
            Pending map = vm.guest.submit(TestGuest.map(10, 0));
            vm.vmm.firstRequest.await();
            int[] bases = vm.guest.stop();
            vm.vmm.mayAnswer.release(1000);
            assertFalse(vm.guest.isDone(map));
            vm.guest.start(bases[0], bases[1]);
            assertEquals(TestGuest.OK_MAP_INFO, vm.guest.await(map).type());
            assertOk(vm.guest.request(TestGuest.unref(10)));
        }
    }

    @Test
    void resumesWithMemoryThatWasAwayDuringThePause() throws Exception {
        try (TestVm vm = new TestVm()) {
            vm.guest.channel(1);
            try (Connection client = vm.compositor.accept()) {
                Pending poll = vm.guest.poll(1);
                vm.guest.barrier();
                int[] bases = vm.guest.stop();
                assertEquals(0, vm.vmm.acknowledged(FrontEnd.REM_MEM_REG,
                        FrontEnd.region(0, FrontEnd.RAM_SIZE, FrontEnd.USER_BASE)));
                client.send("no memory");
                vm.vmm.setMemory();
                vm.guest.start(bases[0], bases[1]);
                vm.guest.await(poll);
                assertEquals("no memory", vm.guest.message(1).text());
            }
        }
    }

    @Test
    void goesOnWhenTheMemoryTableIsReplacedUnderARunningRing() throws Exception {
        try (TestVm vm = new TestVm()) {
            vm.guest.channel(1);
            try (Connection client = vm.compositor.accept()) {
                Pending poll = vm.guest.poll(1);
                vm.guest.barrier();
                for (int i = 0; i < 5; i++) {
                    assertEquals(0, vm.vmm.acknowledged(FrontEnd.SET_MEM_TABLE, FrontEnd.bytes(40)
                            .putInt(0, 1)
                            .putLong(16, FrontEnd.RAM_SIZE)
                            .putLong(24, FrontEnd.USER_BASE), vm.vmm.ramFile.number()));
                    client.send("swapped " + i);
                    vm.guest.await(poll);
                    assertEquals("swapped " + i, vm.guest.message(1).text());
                    poll = vm.guest.poll(1);
                    vm.guest.barrier();
                }
            }
        }
    }

    @Test
    void goesOnWhenTheMemoryOfARunningRingComesBack() throws Exception {
        try (TestVm vm = new TestVm()) {
            vm.guest.channel(1);
            try (Connection client = vm.compositor.accept()) {
                Pending poll = vm.guest.poll(1);
                vm.guest.barrier();
                assertEquals(0, vm.vmm.acknowledged(FrontEnd.REM_MEM_REG,
                        FrontEnd.region(0, FrontEnd.RAM_SIZE, FrontEnd.USER_BASE)));
                Pending send = vm.guest.submit(TestGuest.send(1, "in the dark"));
                client.send("no memory");
                vm.vmm.ask(FrontEnd.GET_FEATURES, FrontEnd.bytes(0));
                assertFalse(vm.guest.isDone(send));
                vm.vmm.setMemory();
                assertOk(vm.guest.await(send).type());
                assertEquals("in the dark", client.readText(11));
                vm.guest.await(poll);
                assertEquals("no memory", vm.guest.message(1).text());
            }
        }
    }

    @Test
    void takesNothingButEventfdsForARing() throws Exception {
        try (TestVm vm = new TestVm()) {
            for (int request : new int[] {FrontEnd.SET_VRING_KICK, FrontEnd.SET_VRING_CALL, FrontEnd.SET_VRING_ERR}) {
                assertEquals(1, vm.vmm.acknowledged(request, FrontEnd.u64(0), vm.vmm.ramFile.number()));
            }
            vm.guest.barrier();
        }
    }

    @Test
    void closesTheFilesOfAMemoryTableThatOverlapsItself() throws Exception {
        try (TestVm vm = new TestVm()) {
            // What is left open is found when the VM is closed.
            assertEquals(1, vm.vmm.acknowledged(FrontEnd.SET_MEM_TABLE, FrontEnd.bytes(72)
                    .putInt(0, 2)
                    .putLong(16, FrontEnd.RAM_SIZE)
                    .putLong(24, FrontEnd.USER_BASE)
                    .putLong(48, FrontEnd.RAM_SIZE)
                    .putLong(56, FrontEnd.USER_BASE), vm.vmm.ramFile.number(), vm.vmm.ramFile.number()));
            vm.guest.barrier();
        }
    }

    @Test
    void startsAnewAfterAResetAndForgetsWhatWas() throws Exception {
        try (TestVm vm = new TestVm()) {
            for (int i = 0; i < 3; i++) {
                vm.guest.channel(1);
                try (Connection client = vm.compositor.accept()) {
                    Pending forgotten = vm.guest.poll(1);
                    vm.guest.barrier();
                    vm.guest.stop();
                    client.send("for nobody");
                    vm.guest.boot();
                    assertFalse(vm.guest.isDone(forgotten));
                    assertTrue(client.isHungUp(), "the context of the guest that was is gone");
                }
            }
        }
    }

    @Test
    void forgetsARequestThatTheKeeperHadAtAReset() throws Exception {
        try (TestVm vm = new TestVm()) {
            vm.guest.channel(1);
            vm.compositor.accept().close();
            int id = vm.guest.imageRequirements(1, 64, 64).getInt(48);
            for (int i = 10; i < 14; i++) {
                assertOk(vm.guest.request(vm.guest.hostBlob(i, 1, id, 16384)));
            }
            assertEquals(TestGuest.OK_MAP_INFO, vm.guest.request(TestGuest.map(13, 0x20000)));
            vm.vmm.mayAnswer.drainPermits();
            Pending mapping = vm.guest.submit(TestGuest.map(10, 0));
            Pending waiting = vm.guest.submit(TestGuest.map(11, 0x4000));
            Pending unref = vm.guest.submit(TestGuest.unref(12));
            Pending unmapping = vm.guest.submit(TestGuest.unref(13));
            vm.guest.barrier();
            while (!vm.vmm.mayAnswer.hasQueuedThreads()) {
                // Until the VMM has the first MAP, there is nothing to be undone.
                Thread.sleep(1);
            }
            vm.guest.stop();
            vm.vmm.dropMappings();
            vm.guest.boot();
            vm.vmm.mayAnswer.release(1000);
            // The new driver uses the same places.
            vm.guest.channel(1);
            vm.compositor.accept().close();
            assertOk(vm.guest.request(vm.guest.hostBlob(10, 1, vm.guest.imageRequirements(1, 64, 64).getInt(48), 16384)));
            assertEquals(TestGuest.OK_MAP_INFO, vm.guest.request(TestGuest.map(10, 0)));
            assertFalse(vm.vmm.askedSoFar().contains("MAP 0x4000+0x4000"), "asked for by a driver that is gone");
            assertTrue(vm.vmm.askedSoFar().subList(1, 3).equals(List.of("MAP 0x0+0x4000", "UNMAP 0x0+0x4000")),
                    () -> "what was under way is undone: " + vm.vmm.askedSoFar());
            for (Pending forgotten : List.of(mapping, waiting, unref, unmapping)) {
                assertFalse(vm.guest.isDone(forgotten));
            }
        }
    }

    @Test
    void interruptsAnewThroughACallDescriptorThatReplacesAnother() throws Exception {
        try (TestVm vm = new TestVm();
                dev.wayferry.posix.OwnedFd call = dev.wayferry.posix.OwnedFd.of(Posix.eventfd(), "eventfd")) {
            vm.guest.barrier();
            assertEquals(0, vm.vmm.acknowledged(FrontEnd.SET_VRING_CALL, FrontEnd.u64(0), call.number()));
            assertTrue(Posix.poll(call.number(), Posix.POLLIN, 20_000) > 0, "what the last one was told may be lost");
        }
    }

    @Test
    void answersTheBaseOfARingThatNeverRan() throws Exception {
        try (TestVm vm = new TestVm()) {
            int[] bases = vm.guest.stop();
            assertEquals(0, bases[1]);
            vm.vmm.send(FrontEnd.SET_VRING_BASE, false, FrontEnd.state(1, 77));
            assertEquals(77, vm.vmm.ask(FrontEnd.GET_VRING_BASE, FrontEnd.state(1, 0)).getInt(4));
            assertEquals(bases[0], vm.vmm.ask(FrontEnd.GET_VRING_BASE, FrontEnd.state(0, 0)).getInt(4));
        }
    }
}
