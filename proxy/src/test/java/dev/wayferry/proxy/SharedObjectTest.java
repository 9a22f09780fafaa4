package dev.wayferry.proxy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wayferry.posix.FileStatus;
import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.PosixException;
import dev.wayferry.proxy.vhostuser.ShmemOffer;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** RESOURCE_ASSIGN_UUID, and the VMM's other devices that may then ask for the resource. */
@NullUnmarked // what is missing fails the test at once
@Timeout(60)
class SharedObjectTest {
    private static String assign(TestVm vm, int resource) {
        TestGuest.Pending pending = vm.guest.await(vm.guest.submit(TestGuest.resource(0x10b, resource, 0)));
        assertEquals(0x1105, pending.type());
        return HexFormat.of().formatHex(Arrays.copyOfRange(pending.response(), 24, 40));
    }

    private static OwnedFd ask(TestVm vm, String uuid) throws PosixException {
        synchronized (vm.vmm) {
            vm.vmm.send(FrontEnd.GET_SHARED_OBJECT, false, ByteBuffer.wrap(HexFormat.of().parseHex(uuid)));
            OwnedFd fd = vm.vmm.receiveFd(FrontEnd.GET_SHARED_OBJECT);
            assertEquals(uuid, HexFormat.of().formatHex(vm.vmm.received().array()));
            return fd;
        }
    }

    /** A host blob, resource 10, with a connected context 1. */
    private static void blob(TestVm vm) throws IOException {
        vm.guest.channel(1);
        vm.compositor.accept().close();
        ByteBuffer answer = vm.guest.imageRequirements(1, 64, 64);
        TestVm.assertOk(vm.guest.request(vm.guest.hostBlob(10, 1, answer.getInt(48), answer.getLong(40))));
    }

    @Test
    void aNamedResourceIsToldOfAndHandedOut() throws Exception {
        try (TestVm vm = new TestVm()) {
            blob(vm);
            String uuid = assign(vm, 10);
            assertEquals(List.of("ADD " + uuid), vm.vmm.askedSoFar(), "before the guest knows it");
            assertEquals(uuid, assign(vm, 10));
            try (OwnedFd file = ask(vm, uuid);
                    Arena arena = Arena.ofConfined()) {
                FileStatus status = new FileStatus(arena);
                PosixException.check(status.read(file.number()), "statx");
                assertEquals(64 * 64 * 4, status.size());
            }
            TestVm.assertOk(vm.guest.request(TestGuest.unref(10)));
            assertEquals(List.of("ADD " + uuid, "REMOVE " + uuid), vm.vmm.askedSoFar());
            assertNull(ask(vm, uuid), "it is gone");
        }
    }

    @Test
    void whatWasNeverNamedIsNotHandedOut() throws Exception {
        try (TestVm vm = new TestVm()) {
            blob(vm);
            assertNull(ask(vm, "00000000000000000000000000000000"));
            assertNull(ask(vm, "ffffffffffffffffffffffffffffffff"));
        }
    }

    @Test
    void aResourceWithoutAFileIsNamedAndNotToldOf() throws Exception {
        try (TestVm vm = new TestVm()) {
            TestVm.assertOk(vm.guest.request(ScanoutGuest.create2d(7, 2, 8, 8)));
            String uuid = assign(vm, 7);
            assertEquals(List.of(), vm.vmm.askedSoFar());
            assertNull(ask(vm, uuid));
        }
    }

    @Test
    void aDriverThatStartsAnewLeavesNoneBehind() throws Exception {
        try (TestVm vm = new TestVm()) {
            blob(vm);
            String uuid = assign(vm, 10);
            vm.guest.stop();
            vm.guest.boot();
            blob(vm);
            String second = assign(vm, 10);
            assertEquals(List.of("ADD " + uuid, "REMOVE " + uuid, "ADD " + second), vm.vmm.askedSoFar());
        }
    }

    @Test
    void crosvmIsNeverToldOfThem() throws Exception {
        try (TestVm vm = new TestVm(
                socket -> new CrosvmFrontEnd(socket, CrosvmFrontEnd.Release.OF_2026_08), ShmemOffer.AUTO)) {
            blob(vm);
            assertTrue(assign(vm, 10).length() == 32);
            TestVm.assertOk(vm.guest.request(TestGuest.unref(10)));
            assertEquals(List.of(), vm.vmm.askedSoFar());
        }
    }
}
