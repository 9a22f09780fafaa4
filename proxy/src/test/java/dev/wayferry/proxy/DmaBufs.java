package dev.wayferry.proxy;

import static dev.wayferry.proxy.TestVm.assertOk;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wayferry.bridge.FileClassifier;
import dev.wayferry.bridge.FileKind;
import dev.wayferry.bridge.ImageAllocator;
import dev.wayferry.posix.Memory;
import dev.wayferry.posix.OwnedFd;
import dev.wayferry.proxy.TestCompositor.Connection;
import dev.wayferry.proxy.TestGuest.Message;
import dev.wayferry.proxy.TestGuest.Pending;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.Test;

/** What must hold with each allocator that makes dma-bufs, of the kernel's own. */
abstract class DmaBufs {
    private static final int RW = Memory.PROT_READ | Memory.PROT_WRITE;

    /** The one to be tested. */
    abstract ImageAllocator allocator() throws IOException;

    private static FileKind kindOf(OwnedFd file) {
        try (Arena arena = Arena.ofConfined()) {
            return new FileClassifier(arena).classify(file.number());
        }
    }

    @Test
    void theCompositorSeesInADmaBufWhatTheGuestHasDrawn() throws Exception {
        try (ImageAllocator allocator = allocator();
                TestVm vm = new TestVm(allocator);
                Arena arena = Arena.ofConfined()) {
            assertEquals(1, vm.guest.supportsDmabuf());
            vm.guest.channel(1);
            try (Connection client = vm.compositor.accept()) {
                ByteBuffer answer = vm.guest.imageRequirements(1, 100, 50);
                int stride = answer.getInt(0);
                long size = answer.getLong(40);
                assertTrue(stride >= 400 && stride % 64 == 0 && size >= 50L * stride, stride + " " + size);
                assertOk(vm.guest.request(vm.guest.hostBlob(7, 1, answer.getInt(48), size)));
                assertOk(vm.guest.request(TestGuest.attach(7, 1)));
                Pending map = vm.guest.await(vm.guest.submit(TestGuest.map(7, 0)));
                assertEquals(TestGuest.OK_MAP_INFO, map.type());
                assertEquals(answer.getInt(52),
                        ByteBuffer.wrap(map.response()).order(ByteOrder.LITTLE_ENDIAN).getInt(24));
                MemorySegment drawn = vm.vmm.mapped(0);
                long lastPixel = 49L * stride + 99 * 4;
                assertEquals(0, drawn.get(ValueLayout.JAVA_INT, lastPixel), "new memory");
                drawn.set(ValueLayout.JAVA_INT, lastPixel, 0x00c0ffee);

                assertOk(vm.guest.request(TestGuest.send(1, "image", 7, TestGuest.BLOB)));
                assertEquals("image", client.readText(5));
                OwnedFd received = client.received.getFirst();
                assertEquals(FileKind.DMA_BUF, kindOf(received));
                MemorySegment seen = Memory.map(received.number(), 0, size, RW, arena);
                assertEquals(0x00c0ffee, seen.get(ValueLayout.JAVA_INT, lastPixel));
                seen.set(ValueLayout.JAVA_INT, 0, 7);
                assertEquals(7, drawn.get(ValueLayout.JAVA_INT, 0));
            }
        }
    }

    @Test
    void aDmaBufOfTheCompositorsIsTheGuestsBlobItself() throws Exception {
        try (ImageAllocator allocator = allocator();
                TestVm vm = new TestVm(allocator);
                OwnedFd file = allocator.allocate(3 * 4096);
                Arena arena = Arena.ofConfined()) {
            MemorySegment own = Memory.map(file.number(), 0, 3 * 4096, RW, arena);
            own.set(ValueLayout.JAVA_INT, 4096, 0x12345678);
            vm.guest.channel(1);
            try (Connection client = vm.compositor.accept()) {
                client.send("buffer", file.number());
                Message message = vm.guest.receive(1);
                assertEquals("buffer", message.text());
                assertEquals(TestGuest.BLOB, message.types()[0]);
                assertTrue(message.sizes()[0] >= 3 * 4096);
                assertOk(vm.guest.request(vm.guest.hostBlob(7, 1, message.ids()[0], 3 * 4096)));
                assertEquals(TestGuest.OK_MAP_INFO, vm.guest.request(TestGuest.map(7, 0)));
                MemorySegment guests = vm.vmm.mapped(0);
                assertEquals(0x12345678, guests.get(ValueLayout.JAVA_INT, 4096));
                guests.set(ValueLayout.JAVA_INT, 0, 42);
                assertEquals(42, own.get(ValueLayout.JAVA_INT, 0));
                assertOk(vm.guest.request(TestGuest.attach(7, 1)));
                assertOk(vm.guest.request(TestGuest.send(1, "back", 7, TestGuest.BLOB)));
                assertEquals("back", client.readText(4));
                assertEquals(FileKind.DMA_BUF, kindOf(client.received.getFirst()));
            }
        }
    }
}
