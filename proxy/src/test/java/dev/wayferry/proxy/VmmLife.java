package dev.wayferry.proxy;

import static dev.wayferry.proxy.TestVm.assertOk;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wayferry.posix.Memory;
import dev.wayferry.posix.OwnedFd;
import dev.wayferry.proxy.TestCompositor.Connection;
import dev.wayferry.proxy.TestGuest.Pending;
import dev.wayferry.proxy.vhostuser.ShmemOffer;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;

/**
 * What is promised to every VMM that can carry cross-domain, simulated: its whole life with us, in its own order of
 * messages. Each {@link FrontEnd} notes what would have ended it, and says so when it is closed.
 */
abstract class VmmLife {
    private static final int IMAGE = 16384;
    private static final int BLOB = 10;

    abstract FrontEnd frontEnd(OwnedFd socket) throws IOException;

    /** What has to be offered for it. */
    ShmemOffer offer() {
        return ShmemOffer.AUTO;
    }

    TestVm vm() throws IOException {
        return new TestVm(this::frontEnd, offer());
    }

    private static void makeBlob(TestVm vm, int resource) {
        int id = vm.guest.imageRequirements(1, 64, 64).getInt(48);
        assertOk(vm.guest.request(vm.guest.hostBlob(resource, 1, id, IMAGE)));
        assertOk(vm.guest.request(TestGuest.attach(resource, 1)));
    }

    @Test
    void carriesMessagesBothWays() throws Exception {
        try (TestVm vm = vm()) {
            vm.guest.channel(1);
            try (Connection client = vm.compositor.accept()) {
                for (int i = 0; i < 300; i++) {
                    assertOk(vm.guest.request(TestGuest.send(1, "to the host " + i)));
                    assertEquals("to the host " + i, client.readText(("to the host " + i).length()));
                    client.send("to the guest " + i);
                    assertEquals("to the guest " + i, vm.guest.receive(1).text());
                }
            }
        }
    }

    @Test
    void mapsAndUnmapsABlobThatTheCompositorSeesToo() throws Exception {
        try (TestVm vm = vm()) {
            vm.guest.channel(1);
            try (Connection client = vm.compositor.accept()) {
                for (int i = 0; i < 3; i++) {
                    makeBlob(vm, BLOB);
                    assertEquals(TestGuest.OK_MAP_INFO, vm.guest.request(TestGuest.map(BLOB, 0x4000)));
                    vm.vmm.mapped(0x4000).set(ValueLayout.JAVA_INT, 100, 0x12345678 + i);
                    assertOk(vm.guest.request(TestGuest.send(1, "x", BLOB, TestGuest.BLOB)));
                    assertEquals("x", client.readText(1));
                    try (OwnedFd file = client.received.removeFirst(); Arena arena = Arena.ofConfined()) {
                        assertEquals(0x12345678 + i, Memory.map(file.number(), 0, IMAGE, Memory.PROT_READ, arena)
                                .get(ValueLayout.JAVA_INT, 100));
                    }
                    assertOk(vm.guest.request(TestGuest.unmap(BLOB)));
                    assertOk(vm.guest.request(TestGuest.unref(BLOB)));
                }
                assertEquals(0, vm.vmm.mappings.size());
            }
        }
    }

    @Test
    void unmapsWhatTheGuestLetsGoOfMapped() throws Exception {
        try (TestVm vm = vm()) {
            vm.guest.channel(1);
            try (Connection client = vm.compositor.accept()) {
                makeBlob(vm, BLOB);
                assertEquals(TestGuest.OK_MAP_INFO, vm.guest.request(TestGuest.map(BLOB, 0)));
                assertOk(vm.guest.request(TestGuest.unref(BLOB)));
                assertEquals(0, vm.vmm.mappings.size());
                assertTrue(client.socket.isOpen());
            }
        }
    }

    @Test
    void asksForNothingThatCouldFail() throws Exception {
        try (TestVm vm = vm()) {
            vm.guest.channel(1);
            try (Connection client = vm.compositor.accept()) {
                makeBlob(vm, BLOB);
                makeBlob(vm, BLOB + 1);
                assertEquals(TestGuest.OK_MAP_INFO, vm.guest.request(TestGuest.map(BLOB, 0x4000)));
                for (long offset : new long[] {0x1000, 0x4000, 0x7000, 0x8001, TestVm.WINDOW, -0x4000, Long.MIN_VALUE}) {
                    assertEquals(TestGuest.ERR_INVALID_PARAMETER, vm.guest.request(TestGuest.map(BLOB + 1, offset)));
                }
                assertEquals(TestGuest.ERR_INVALID_PARAMETER, vm.guest.request(TestGuest.map(BLOB, 0x10000)));
                assertEquals(TestGuest.ERR_INVALID_PARAMETER, vm.guest.request(TestGuest.unmap(BLOB + 1)));
                assertTrue(client.socket.isOpen());
            }
        }
    }

    @Test
    void keepsPollsAndMappingsOverAPause() throws Exception {
        try (TestVm vm = vm()) {
            vm.guest.channel(1);
            try (Connection client = vm.compositor.accept()) {
                makeBlob(vm, BLOB);
                assertEquals(TestGuest.OK_MAP_INFO, vm.guest.request(TestGuest.map(BLOB, 0)));
                for (int i = 0; i < 5; i++) {
                    Pending poll = vm.guest.poll(1);
                    vm.guest.barrier();
                    int[] bases = vm.guest.stop();
                    client.send("during pause " + i);
                    assertFalse(vm.guest.isDone(poll));
                    vm.guest.start(bases[0], bases[1]);
                    vm.guest.await(poll);
                    assertEquals("during pause " + i, vm.guest.message(1).text());
                }
                assertEquals(1, vm.vmm.mappings.size());
                assertOk(vm.guest.request(TestGuest.unmap(BLOB)));
                assertEquals(0, vm.vmm.mappings.size());
            }
        }
    }

    @Test
    void givesTheGuestAFreshDeviceAfterAReset() throws Exception {
        try (TestVm vm = vm()) {
            for (int i = 0; i < 3; i++) {
                vm.guest.channel(1);
                try (Connection client = vm.compositor.accept()) {
                    makeBlob(vm, BLOB);
                    makeBlob(vm, BLOB + 1);
                    // At the places where those before the reset were, and are no more.
                    assertEquals(TestGuest.OK_MAP_INFO, vm.guest.request(TestGuest.map(BLOB, 0)));
                    assertEquals(TestGuest.OK_MAP_INFO, vm.guest.request(TestGuest.map(BLOB + 1, 0x8000)));
                    assertEquals(2, vm.vmm.mappings.size());
                    Pending forgotten = vm.guest.poll(1);
                    vm.guest.barrier();
                    vm.guest.stop();
                    vm.vmm.guestReset();
                    vm.guest.boot();
                    assertTrue(client.isHungUp(), "the context of the guest that was is gone");
                    assertFalse(vm.guest.isDone(forgotten));
                }
            }
        }
    }
}
