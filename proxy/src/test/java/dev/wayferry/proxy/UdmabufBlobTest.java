package dev.wayferry.proxy;

import static dev.wayferry.proxy.TestVm.assertOk;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wayferry.bridge.FileClassifier;
import dev.wayferry.bridge.FileKind;
import dev.wayferry.posix.Memory;
import dev.wayferry.posix.OwnedFd;
import dev.wayferry.proxy.TestCompositor.Connection;
import dev.wayferry.proxy.gpu.GuestBlobFiles;
import dev.wayferry.proxy.gpu.GuestShm;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Guest blobs shared by the kernel's /dev/udmabuf, which is there where the tests of this tag are run. */
@Tag("udmabuf")
class UdmabufBlobTest {
    private static final int BLOB = 10;
    private static final long AT = 0x80_0000;
    private static final long PAGE = Memory.PAGE_SIZE;
    private static final int PAGES = 200;

    private static TestVm vm() throws Exception {
        return TestVm.withGuestBlobs(() -> GuestBlobFiles.open(GuestShm.AUTO));
    }

    private static OwnedFd sendAndTake(TestVm vm, Connection client) throws Exception {
        assertOk(vm.guest.request(TestGuest.send(1, "pool", BLOB, TestGuest.BLOB)));
        assertEquals("pool", client.readText(4));
        return client.received.getLast();
    }

    /** The address of the blob's page {@code index}: they lie backwards, with gaps, but for the first two. */
    private static long address(int index) {
        return index < 2 ? AT + index * PAGE : AT + (2 * PAGES - 2 * index + 2) * PAGE;
    }

    /** A blob of scattered pages that the guest has numbered, attached to context 1. */
    private static void scattered(TestVm vm, int flags) {
        long[] entries = new long[2 * PAGES];
        for (int i = 0; i < PAGES; i++) {
            entries[2 * i] = address(i);
            entries[2 * i + 1] = PAGE;
            vm.guest.ram().set(ValueLayout.JAVA_INT, address(i), i);
        }
        assertOk(vm.guest.request(TestGuest.guestBlob(BLOB, flags, PAGES * PAGE, entries)));
        assertOk(vm.guest.request(TestGuest.attach(BLOB, 1)));
    }

    /** MAPPABLE, and with CREATE_GUEST_HANDLE. */
    @ParameterizedTest
    @ValueSource(ints = {1, 9})
    void sharesScatteredPagesOfTheGuestBothWays(int flags) throws Exception {
        try (TestVm vm = vm(); Arena arena = Arena.ofShared()) {
            vm.guest.channel(1);
            try (Connection client = vm.compositor.accept()) {
                scattered(vm, flags);
                OwnedFd file = sendAndTake(vm, client);
                FileClassifier classifier = new FileClassifier(arena);
                assertEquals(FileKind.DMA_BUF, classifier.classify(file.number()));
                assertEquals(PAGES * PAGE, classifier.size());
                MemorySegment seen = Memory.map(
                        file.number(), 0, PAGES * PAGE, Memory.PROT_READ | Memory.PROT_WRITE, arena);
                for (int i = 0; i < PAGES; i++) {
                    assertEquals(i, seen.get(ValueLayout.JAVA_INT, i * PAGE), "page " + i);
                    vm.guest.ram().set(ValueLayout.JAVA_INT, address(i) + 8, -i);
                    assertEquals(-i, seen.get(ValueLayout.JAVA_INT, i * PAGE + 8), "the guest writes to page " + i);
                    seen.set(ValueLayout.JAVA_INT, i * PAGE + 16, 3 * i);
                    assertEquals(3 * i, vm.guest.ram().get(ValueLayout.JAVA_INT, address(i) + 16),
                            "the compositor writes to page " + i);
                }
            }
        }
    }

    @Test
    void answersUnrefWhileTheCompositorHoldsThePages() throws Exception {
        try (TestVm vm = vm(); Arena arena = Arena.ofShared()) {
            vm.guest.channel(1);
            try (Connection client = vm.compositor.accept()) {
                scattered(vm, 1);
                OwnedFd file = sendAndTake(vm, client);
                MemorySegment seen = Memory.map(file.number(), 0, PAGES * PAGE, Memory.PROT_READ, arena);
                assertOk(vm.guest.request(TestGuest.unref(BLOB)));
                vm.guest.ram().set(ValueLayout.JAVA_INT, address(7), 77);
                assertEquals(77, seen.get(ValueLayout.JAVA_INT, 7 * PAGE), "it is that guest's memory still");
            }
        }
    }

    @Test
    void refusesABlobOfMorePiecesThanTheDeviceTakes() throws Exception {
        try (TestVm vm = vm()) {
            vm.guest.channel(1);
            try (Connection client = vm.compositor.accept()) {
                long[] entries = new long[2 * 1025];
                for (int i = 0; i < 1025; i++) {
                    entries[2 * i] = AT + 2 * i * PAGE;
                    entries[2 * i + 1] = PAGE;
                }
                assertOk(vm.guest.request(TestGuest.guestBlob(BLOB, 1, 1025 * PAGE, entries)));
                assertOk(vm.guest.request(TestGuest.attach(BLOB, 1)));
                assertEquals(TestGuest.ERR_INVALID_PARAMETER,
                        vm.guest.request(TestGuest.send(1, "pool", BLOB, TestGuest.BLOB)));
                assertEquals(0, vm.guest.receive(1).data().length);
                assertTrue(client.isHungUp());
            }
        }
    }
}
