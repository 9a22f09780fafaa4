package dev.wayferry.proxy;

import static dev.wayferry.proxy.TestVm.assertOk;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wayferry.proxy.TestGuest.Pending;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Blobs in the host-visible window: what is asked of the VMM, and when the guest is answered. */
class BlobTest {
    private static final int IMAGE = 16384;

    /** A context with some blobs, numbered from 10. */
    private static TestVm withBlobs(TestVm vm, int count) throws Exception {
        vm.guest.channel(1);
        vm.compositor.accept().close();
        int id = vm.guest.imageRequirements(1, 64, 64).getInt(48);
        for (int i = 0; i < count; i++) {
            assertOk(vm.guest.request(vm.guest.hostBlob(10 + i, 1, id, IMAGE)));
        }
        return vm;
    }

    @Test
    void asksTheVmmForNothingThatItCouldRefuse() throws Exception {
        try (TestVm vm = withBlobs(new TestVm(), 2)) {
            assertEquals(TestGuest.OK_MAP_INFO, vm.guest.request(TestGuest.map(10, 0x4000)));
            for (long offset : new long[] {
                0, 0x1000, 0x4000, 0x7000, // overlaps
                0x8001, 0x8800, // misaligned
                TestVm.WINDOW, TestVm.WINDOW - 0x1000, -0x4000, Long.MAX_VALUE - 0xfff, Long.MIN_VALUE // outside
            }) {
                int expected = offset == 0 ? TestGuest.OK_MAP_INFO : TestGuest.ERR_INVALID_PARAMETER;
                assertEquals(expected, vm.guest.request(TestGuest.map(11, offset)), "offset " + offset);
                if (offset == 0) {
                    assertOk(vm.guest.request(TestGuest.unmap(11)));
                }
            }
            assertEquals(TestGuest.ERR_INVALID_PARAMETER, vm.guest.request(TestGuest.map(10, 0x10000)), "mapped twice");
            assertEquals(TestGuest.ERR_INVALID_PARAMETER, vm.guest.request(TestGuest.unmap(11)), "not mapped");
            assertEquals(TestGuest.ERR_INVALID_RESOURCE, vm.guest.request(TestGuest.map(99, 0)));
            assertEquals(TestGuest.ERR_INVALID_PARAMETER,
                    vm.guest.request(TestGuest.map(TestGuest.ringResource(1, 0), 0x20000)), "a guest blob");
            assertEquals(List.of("MAP 0x4000+0x4000", "MAP 0x0+0x4000", "UNMAP 0x0+0x4000"), vm.vmm.askedSoFar());
        }
    }

    @Test
    void namesAResourceByTheSameUuidAlways() throws Exception {
        try (TestVm vm = withBlobs(new TestVm(), 2)) {
            byte[] first = uuid(vm, 10);
            assertArrayEquals(first, uuid(vm, 10));
            assertFalse(Arrays.equals(first, uuid(vm, 11)));
            assertFalse(Arrays.equals(first, new byte[16]));
            assertEquals(TestGuest.ERR_INVALID_RESOURCE, vm.guest.request(TestGuest.resource(0x10b, 99, 0)));
        }
    }

    private static byte[] uuid(TestVm vm, int resource) {
        Pending pending = vm.guest.await(vm.guest.submit(TestGuest.resource(0x10b, resource, 0)));
        assertEquals(0x1105, pending.type());
        assertEquals(40, pending.response().length);
        return Arrays.copyOfRange(pending.response(), 24, 40);
    }

    @Test
    void remembersNoMoreRegionsOfMappedFilesThanAVmmHas() throws Exception {
        try (TestVm vm = withBlobs(new TestVm(), 1)) {
            vm.vmm.echo = false;
            assertEquals(TestGuest.OK_MAP_INFO, vm.guest.request(TestGuest.map(10, 0)));
            int file = vm.vmm.mappings.values().iterator().next().file().number();
            for (int i = 0; i < 509; i++) {
                assertEquals(0, vm.vmm.acknowledged(
                        FrontEnd.ADD_MEM_REG, FrontEnd.region((1L << 41) + 4096L * i, 4096, (1L << 42) + 4096L * i), file));
            }
            assertEquals(1, vm.vmm.acknowledged(
                    FrontEnd.ADD_MEM_REG, FrontEnd.region(1L << 43, 4096, 1L << 44), file));
        }
    }

    @Test
    void mapsNoMoreThanItMay() throws Exception {
        try (TestVm vm = withBlobs(new TestVm(), TestVm.MAX_MAPS + 1)) {
            for (int i = 0; i < TestVm.MAX_MAPS; i++) {
                assertEquals(TestGuest.OK_MAP_INFO, vm.guest.request(TestGuest.map(10 + i, 0x4000L * i)));
            }
            int last = 10 + TestVm.MAX_MAPS;
            assertEquals(TestGuest.ERR_INVALID_PARAMETER, vm.guest.request(TestGuest.map(last, 0x100000)));
            assertOk(vm.guest.request(TestGuest.unref(10)));
            assertEquals(TestGuest.OK_MAP_INFO, vm.guest.request(TestGuest.map(last, 0x100000)));
        }
    }

    @Test
    void answersUnrefOnlyWhenTheUnmapIsDone() throws Exception {
        try (TestVm vm = withBlobs(new TestVm(), 1)) {
            assertEquals(TestGuest.OK_MAP_INFO, vm.guest.request(TestGuest.map(10, 0)));
            vm.vmm.mayAnswer.drainPermits();
            Pending unref = vm.guest.submit(TestGuest.unref(10));
            vm.guest.barrier();
            assertFalse(vm.guest.isDone(unref), "the VMM has not answered");
            // One for the UNMAP's answer; the barrier behind it is not answered yet, so the unmap may be under way still.
            vm.vmm.mayAnswer.release();
            vm.guest.barrier();
            assertFalse(vm.guest.isDone(unref));
            vm.vmm.mayAnswer.release();
            assertOk(vm.guest.await(unref).type());
            assertTrue(vm.vmm.askedSoFar().contains("UNMAP 0x0+0x4000"));
        }
    }

    @Test
    void answersMapOnlyWhenItIsLive() throws Exception {
        try (TestVm vm = withBlobs(new TestVm(), 1)) {
            vm.vmm.mayAnswer.drainPermits();
            Pending map = vm.guest.submit(TestGuest.map(10, 0));
            vm.vmm.mayAnswer.release();
            vm.guest.barrier();
            assertFalse(vm.guest.isDone(map));
            vm.vmm.mayAnswer.release();
            assertEquals(TestGuest.OK_MAP_INFO, vm.guest.await(map).type());
        }
    }

    @Test
    void unmapsInTheOrderOfTheRequests() throws Exception {
        try (TestVm vm = withBlobs(new TestVm(), 1)) {
            Pending map = vm.guest.submit(TestGuest.map(10, 0));
            Pending unmap = vm.guest.submit(TestGuest.unmap(10));
            Pending unref = vm.guest.submit(TestGuest.unref(10));
            assertEquals(TestGuest.OK_MAP_INFO, vm.guest.await(map).type());
            assertOk(vm.guest.await(unmap).type());
            assertOk(vm.guest.await(unref).type());
            assertEquals(List.of("MAP 0x0+0x4000", "UNMAP 0x0+0x4000"), vm.vmm.askedSoFar());
        }
    }

    @Test
    void mapsAtTheSamePlaceAgain() throws Exception {
        try (TestVm vm = withBlobs(new TestVm(), 2)) {
            for (int i = 0; i < 50; i++) {
                int resource = 10 + i % 2;
                assertEquals(TestGuest.OK_MAP_INFO, vm.guest.request(TestGuest.map(resource, 0x8000)));
                assertOk(vm.guest.request(TestGuest.unmap(resource)));
            }
        }
    }

    @Test
    void keepsARangeOfWhichTheVmmRefusedTheUnmap() throws Exception {
        try (TestVm vm = withBlobs(new TestVm(), 2)) {
            assertEquals(TestGuest.OK_MAP_INFO, vm.guest.request(TestGuest.map(10, 0)));
            vm.vmm.dropMappings(); // so that it knows nothing of what it is asked to unmap
            assertEquals(TestGuest.ERR_UNSPEC, vm.guest.request(TestGuest.unref(10)));
            assertEquals(TestGuest.ERR_INVALID_PARAMETER, vm.guest.request(TestGuest.map(11, 0)));
        }
    }

    @Test
    void answersMapWithAnErrorWhenTheVmmCanNotMap() throws Exception {
        try (TestVm vm = withBlobs(new TestVm(TestVm.ALL & ~(1L << 22), true), 1)) {
            assertEquals(TestGuest.ERR_INVALID_PARAMETER, vm.guest.request(TestGuest.map(10, 0)));
            assertOk(vm.guest.request(TestGuest.unref(10)));
        }
    }

    @Test
    void waitsForABackChannelThatComesLate() throws Exception {
        try (TestVm vm = withBlobs(new TestVm(TestVm.ALL, false), 1)) {
            Pending map = vm.guest.submit(TestGuest.map(10, 0));
            vm.guest.barrier();
            assertFalse(vm.guest.isDone(map));
            vm.vmm.connectBackChannel();
            assertEquals(TestGuest.OK_MAP_INFO, vm.guest.await(map).type());
        }
    }

    @Test
    void mapsWithoutABarrierWhereTheVmmDoesNotKnowIt() throws Exception {
        try (TestVm vm = withBlobs(new TestVm(TestVm.ALL & ~(1L << 18), true), 1)) {
            vm.vmm.mayAnswer.drainPermits();
            Pending map = vm.guest.submit(TestGuest.map(10, 0));
            vm.vmm.mayAnswer.release(); // for the MAP alone
            assertEquals(TestGuest.OK_MAP_INFO, vm.guest.await(map).type());
        }
    }

    @Test
    void endsWhileTheVmmOwesAnAnswer() throws Exception {
        try (TestVm vm = withBlobs(new TestVm(), 3)) {
            vm.vmm.mayAnswer.drainPermits();
            Pending unused = vm.guest.submit(TestGuest.map(10, 0));
            vm.vmm.firstRequest.await();
            Pending unused2 = vm.guest.submit(TestGuest.map(11, 0x4000));
            Pending unused3 = vm.guest.submit(TestGuest.unref(12));
            vm.guest.barrier();
            vm.end();
        }
    }

    @Test
    void endsWhileNoBackChannelHasCome() throws Exception {
        try (TestVm vm = withBlobs(new TestVm(TestVm.ALL, false), 2)) {
            Pending unused = vm.guest.submit(TestGuest.map(10, 0));
            Pending unused2 = vm.guest.submit(TestGuest.unref(11));
            vm.guest.barrier();
            vm.end();
        }
    }

    @Test
    void boundsTheEntriesOfAllBackings() throws Exception {
        try (TestVm vm = new TestVm()) {
            int perResource = 16384;
            byte[] create = new byte[56 + 16 * perResource];
            var request = java.nio.ByteBuffer.wrap(create).order(java.nio.ByteOrder.LITTLE_ENDIAN);
            request.putInt(0, 0x10c).putInt(28, 1).putInt(36, perResource).putLong(48, 4096L * perResource);
            for (int i = 0; i < perResource; i++) {
                request.putLong(56 + 16 * i, 0).putInt(64 + 16 * i, 4096);
            }
            for (int i = 0; i < 16; i++) {
                assertOk(vm.guest.request(request.putInt(24, 100 + i).array()));
            }
            assertEquals(0x1201, vm.guest.request(request.putInt(24, 200).array()));
            assertOk(vm.guest.request(TestGuest.unref(100)));
            assertOk(vm.guest.request(request.putInt(24, 200).array()));
            request.putInt(36, perResource + 1);
            assertEquals(TestGuest.ERR_INVALID_PARAMETER, vm.guest.request(request.putInt(24, 201).array()));
        }
    }
}
