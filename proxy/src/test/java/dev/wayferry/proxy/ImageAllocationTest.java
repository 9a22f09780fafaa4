package dev.wayferry.proxy;

import static dev.wayferry.proxy.TestVm.assertOk;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wayferry.bridge.ImageAllocator;
import dev.wayferry.bridge.ImageLayout;
import dev.wayferry.bridge.ImageQuery;
import dev.wayferry.bridge.MemoryAllocator;
import dev.wayferry.bridge.MemoryFiles;
import dev.wayferry.posix.OwnedFd;
import dev.wayferry.proxy.TestGuest.Pending;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Image queries and what they lead to, with an allocator that is a device's: slow, and of its own mind. */
class ImageAllocationTest {
    private static final long MODIFIER = 0x00ff_ffff_ffff_ffffL;

    /** Answers when it may; its rows are wide. */
    private static final class Device implements ImageAllocator {
        final Semaphore mayAnswer = new Semaphore(1000);
        final List<ImageQuery> asked = new CopyOnWriteArrayList<>();
        final List<Long> allocated = new CopyOnWriteArrayList<>();

        @Override
        public String name() {
            return "device";
        }

        @Override
        public boolean makesDmaBufs() {
            return true;
        }

        @Override
        public Caching caching() {
            return Caching.WRITE_COMBINED;
        }

        @Override
        public boolean asksForLayouts() {
            return true;
        }

        @Override
        public ImageLayout layout(ImageQuery query) throws IOException {
            asked.add(query);
            mayAnswer.acquireUninterruptibly();
            if (query.width() == 666) {
                throw new IOException(query + ": not of that width");
            }
            return new ImageLayout(new int[] {4096, 2048, 0, 0}, new int[] {64, 0x20000, 0, 0}, MODIFIER, 0x30000);
        }

        @Override
        public OwnedFd allocate(long size) throws IOException {
            allocated.add(size);
            return MemoryFiles.allocate(size);
        }

        @Override
        public void close() {}
    }

    private static TestVm withChannel(ImageAllocator allocator) throws Exception {
        TestVm vm = new TestVm(allocator);
        vm.guest.channel(1);
        vm.compositor.accept().close();
        return vm;
    }

    @Test
    void passesTheAllocatorsLayoutOnAndHasTheGuestMapAsItWants() throws Exception {
        Device device = new Device();
        try (TestVm vm = withChannel(device)) {
            ByteBuffer answer = vm.guest.imageRequirements(1, 100, 50);
            assertEquals(List.of(4096, 2048, 0, 0),
                    List.of(answer.getInt(0), answer.getInt(4), answer.getInt(8), answer.getInt(12)));
            assertEquals(List.of(64, 0x20000, 0, 0),
                    List.of(answer.getInt(16), answer.getInt(20), answer.getInt(24), answer.getInt(28)));
            assertEquals(MODIFIER, answer.getLong(32));
            assertEquals(0x30000, answer.getLong(40));
            assertEquals(3, answer.getInt(52), "write-combined");
            assertOk(vm.guest.request(vm.guest.hostBlob(7, 1, answer.getInt(48), 0x30000)));
            Pending map = vm.guest.await(vm.guest.submit(TestGuest.map(7, 0)));
            assertEquals(TestGuest.OK_MAP_INFO, map.type());
            assertEquals(3, ByteBuffer.wrap(map.response()).order(java.nio.ByteOrder.LITTLE_ENDIAN).getInt(24));
            assertEquals(List.of(0x30000L), device.allocated);
        }
    }

    @Test
    void doesNotWaitOnTheLoopForAnAllocatorThatAsksItsDevice() throws Exception {
        Device device = new Device();
        device.mayAnswer.drainPermits();
        try (TestVm vm = withChannel(device)) {
            Pending query = vm.guest.queryImage(1, 100, 50, "XR24", 0x11);
            vm.guest.barrier();
            vm.guest.channel(2);
            vm.compositor.accept().close();
            assertFalse(vm.guest.isDone(query));
            device.mayAnswer.release();
            assertOk(vm.guest.await(query).type());
            assertEquals(0x30000, vm.guest.queryAnswer(1).getLong(40));
        }
    }

    @Test
    void asksTheDeviceOnceForEachImage() throws Exception {
        Device device = new Device();
        try (TestVm vm = withChannel(device)) {
            int id = vm.guest.imageRequirements(1, 100, 50).getInt(48);
            assertEquals(id, vm.guest.imageRequirements(1, 100, 50).getInt(48));
            assertOk(vm.guest.await(vm.guest.queryImage(1, 100, 50, "XR24", 5)).type());
            assertOk(vm.guest.await(vm.guest.queryImage(1, 100, 50, "NV12", 0x11)).type());
            assertEquals(3, device.asked.size(), () -> device.asked.toString());
        }
    }

    @Test
    void tellsAGuestThatItCanNotHaveAnImage() throws Exception {
        try (TestVm vm = withChannel(new Device())) {
            assertNotEquals(0, vm.guest.imageRequirements(1, 100, 50).getLong(40));
            Pending refused = vm.guest.queryImage(1, 666, 50, "XR24", 0x11);
            assertEquals(TestGuest.ERR_INVALID_PARAMETER, vm.guest.await(refused).type());
            assertEquals(0, vm.guest.queryAnswer(1).getLong(40), "not the answer before");
            assertEquals(0, vm.guest.queryAnswer(1).getInt(48));
        }
    }

    /** R8 of one row is how sommelier and wayland-proxy-virtwl ask for a pool's memory; another way is to name no use. */
    @ParameterizedTest
    @CsvSource({"250000, 1, 'R8  ', 17", "64, 64, XR24, 0", "64, 64, XR24, 16"})
    void makesAWlShmPoolOfPlainMemoryWhateverTheAllocator(int width, int height, String format, int flags)
            throws Exception {
        Device device = new Device();
        try (TestVm vm = withChannel(device)) {
            assertOk(vm.guest.await(vm.guest.queryImage(1, width, height, format, flags)).type());
            ByteBuffer answer = vm.guest.queryAnswer(1);
            assertEquals(1, answer.getInt(52), "cached");
            assertOk(vm.guest.request(vm.guest.hostBlob(7, 1, answer.getInt(48), answer.getLong(40))));
            assertEquals(TestGuest.OK_MAP_INFO, vm.guest.request(TestGuest.map(7, 0)));
            assertEquals(List.of(), device.asked);
            assertEquals(List.of(), device.allocated);
        }
    }

    @Test
    void answersTheQueriesOfAContextThatIsDestroyed() throws Exception {
        Device device = new Device();
        device.mayAnswer.drainPermits();
        try (TestVm vm = withChannel(device)) {
            Pending query = vm.guest.queryImage(1, 100, 50, "XR24", 0x11);
            assertOk(vm.guest.ctxDestroy(1));
            assertEquals(TestGuest.ERR_UNSPEC, vm.guest.await(query).type());
            device.mayAnswer.release();
            vm.guest.channel(2);
            vm.compositor.accept().close();
            assertEquals(0x30000, vm.guest.imageRequirements(2, 100, 50).getLong(40));
        }
    }

    @Test
    void letsNoContextWaitForAllThatAnotherAsks() throws Exception {
        Device device = new Device();
        device.mayAnswer.drainPermits();
        try (TestVm vm = withChannel(device)) {
            vm.guest.channel(2);
            vm.compositor.accept().close();
            List<Pending> many = new ArrayList<>();
            for (int i = 0; i < 40; i++) {
                many.add(vm.guest.queryImage(1, 100 + i, 50, "XR24", 0x11));
            }
            Pending other = vm.guest.queryImage(2, 1000, 50, "XR24", 0x11);
            vm.guest.barrier();
            assertFalse(vm.guest.isDone(other), "it is not refused");
            for (int i = 0; i < many.size(); i++) {
                assertEquals(i >= 32, vm.guest.isDone(many.get(i)), "query " + i);
            }
            assertEquals(TestGuest.ERR_INVALID_PARAMETER, many.getLast().type());
            device.mayAnswer.release(1000);
            assertOk(vm.guest.await(other).type());
            assertEquals(0x30000, vm.guest.queryAnswer(2).getLong(40));
            for (Pending query : many.subList(0, 32)) {
                assertOk(vm.guest.await(query).type());
            }
            assertEquals(1000, device.asked.get(2).width(), "two of the first context, and then it");
            assertEquals(33, device.asked.size());
        }
    }

    @Test
    void doesNotAskWhatContextsWantedThatAreDestroyed() throws Exception {
        Device device = new Device();
        device.mayAnswer.drainPermits();
        try (TestVm vm = withChannel(device)) {
            List<Pending> queries = new ArrayList<>();
            for (int i = 0; i < 10; i++) {
                queries.add(vm.guest.queryImage(1, 100 + i, 50, "XR24", 0x11));
            }
            assertOk(vm.guest.ctxDestroy(1));
            queries.forEach(query -> assertEquals(TestGuest.ERR_UNSPEC, vm.guest.await(query).type()));
            device.mayAnswer.release(1000);
            vm.guest.channel(2);
            vm.compositor.accept().close();
            assertEquals(0x30000, vm.guest.imageRequirements(2, 1000, 50).getLong(40));
            // The one that it was asked already, perhaps, and that of the second context.
            assertTrue(device.asked.size() <= 2, () -> device.asked.toString());
            assertEquals(1000, device.asked.getLast().width());
        }
    }

    @Test
    void asksTheDeviceOnceForWhatManyQueriesWaitFor() throws Exception {
        Device device = new Device();
        device.mayAnswer.drainPermits();
        try (TestVm vm = withChannel(device)) {
            List<Pending> queries = new ArrayList<>();
            for (int i = 0; i < 10; i++) {
                queries.add(vm.guest.queryImage(1, 100, 50, "XR24", 0x11));
            }
            vm.guest.barrier();
            device.mayAnswer.release(1000);
            queries.forEach(query -> assertOk(vm.guest.await(query).type()));
            assertTrue(device.asked.size() <= 2, "those that were under way: " + device.asked);
        }
    }

    @Test
    void endsWhileTheAllocatorIsBusy() throws Exception {
        Device device = new Device();
        device.mayAnswer.drainPermits();
        try (TestVm vm = withChannel(device)) {
            Pending unused = vm.guest.queryImage(1, 100, 50, "XR24", 0x11);
            vm.guest.barrier();
            vm.end();
        } finally {
            device.mayAnswer.release(1000);
        }
    }

    @Test
    void saysWhetherItMakesDmaBufs() throws Exception {
        try (TestVm vm = new TestVm(new Device())) {
            assertEquals(1, vm.guest.supportsDmabuf());
        }
        try (TestVm vm = new TestVm(MemoryAllocator.memfd())) {
            assertEquals(0, vm.guest.supportsDmabuf());
            vm.guest.channel(1);
            vm.compositor.accept().close();
            ByteBuffer answer = vm.guest.imageRequirements(1, 100, 50);
            assertEquals(0, answer.getLong(32), "linear");
            assertEquals(1, answer.getInt(52), "cached");
            assertTrue(answer.getInt(0) == 400, "without gaps");
        }
    }
}
