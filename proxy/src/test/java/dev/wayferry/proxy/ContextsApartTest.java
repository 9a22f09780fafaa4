package dev.wayferry.proxy;

import static dev.wayferry.proxy.TestFiles.pipe;
import static dev.wayferry.proxy.TestFiles.receivePipe;
import static dev.wayferry.proxy.TestVm.assertOk;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wayferry.posix.Memory;
import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.Posix;
import dev.wayferry.proxy.TestCompositor.Connection;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What one context has and another names. */
class ContextsApartTest {
    private static final int BLOB = 10;

    @Test
    void noneSendsReadsOrWritesWhatIsAnothers() throws Exception {
        try (TestVm vm = new TestVm()) {
            vm.guest.channel(1);
            OwnedFd[] pipe = pipe();
            try (Connection first = vm.compositor.accept(); OwnedFd readEnd = pipe[0]) {
                int pipeId = receivePipe(vm, first, pipe[1]);
                int image = vm.guest.imageRequirements(1, 64, 64).getInt(48);
                assertOk(vm.guest.request(vm.guest.hostBlob(BLOB, 1, image, 16384)));
                assertOk(vm.guest.request(TestGuest.attach(BLOB, 1)));
                vm.guest.channel(2);
                try (Connection second = vm.compositor.accept()) {
                    assertNotEquals(TestGuest.OK_NODATA, vm.guest.request(TestGuest.write(2, pipeId, new byte[10], true)));
                    assertEquals(0, Posix.poll(readEnd.number(), Posix.POLLIN, 0), "nothing is written");
                    assertNotEquals(TestGuest.OK_NODATA, vm.guest.request(vm.guest.hostBlob(BLOB + 1, 2, image, 16384)));
                    assertEquals(TestGuest.ERR_INVALID_PARAMETER,
                            vm.guest.request(TestGuest.send(2, "x", BLOB, TestGuest.BLOB)));
                    assertEquals(0, vm.guest.receive(2).data().length, "the end");
                    assertTrue(second.isHungUp());
                    assertEquals(List.of(), second.received);
                }
                assertOk(vm.guest.request(TestGuest.send(1, "x", BLOB, TestGuest.BLOB)));
                assertEquals("x", first.readText(1));
                assertEquals(1, first.received.size());
                assertOk(vm.guest.request(TestGuest.write(1, pipeId, "its own".getBytes(), true)));
                assertEquals("its own", TestFiles.read(readEnd));
            }
        }
    }

    @Test
    void guestsMapFilesOnlyThatNobodyCanCutOff() throws Exception {
        try (TestVm vm = new TestVm()) {
            vm.guest.channel(1);
            try (Connection client = vm.compositor.accept(); OwnedFd keymap = TestFiles.memfd("keymap", 5000)) {
                int image = vm.guest.imageRequirements(1, 64, 64).getInt(48);
                assertOk(vm.guest.request(vm.guest.hostBlob(BLOB, 1, image, 16384)));
                assertEquals(TestGuest.OK_MAP_INFO, vm.guest.request(TestGuest.map(BLOB, 0)));
                client.send("keymap", keymap.number());
                int file = vm.guest.receive(1).ids()[0];
                assertOk(vm.guest.request(vm.guest.hostBlob(BLOB + 1, 1, file, 8192)));
                assertEquals(TestGuest.OK_MAP_INFO, vm.guest.request(TestGuest.map(BLOB + 1, 0x10000)));
                for (long offset : new long[] {0, 0x10000}) {
                    int both = Memory.F_SEAL_SHRINK | Memory.F_SEAL_SEAL;
                    assertEquals(both, Memory.seals(vm.vmm.mappedFile(offset)) & both);
                }
            }
        }
    }
}
