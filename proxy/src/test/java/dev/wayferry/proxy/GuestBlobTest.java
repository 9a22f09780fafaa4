package dev.wayferry.proxy;

import static dev.wayferry.proxy.TestVm.assertOk;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wayferry.posix.FileStatus;
import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.Posix;
import dev.wayferry.posix.PosixException;
import dev.wayferry.proxy.TestCompositor.Connection;
import dev.wayferry.proxy.TestGuest.Pending;
import dev.wayferry.proxy.gpu.GuestBlobFiles;
import dev.wayferry.proxy.gpu.GuestShm;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Guest blobs that are sent: what is made of them, when, and until when it is kept. The files are made by {@link CopiedPages};
 * that the pages are really shared is {@link UdmabufBlobTest}'s affair.
 */
class GuestBlobTest {
    private static final int BLOB = 10;
    private static final long AT = 0x80_0000;
    private static final long PAGE = 4096;

    private final CopiedPages pages = new CopiedPages();

    private TestVm vm() throws IOException {
        return TestVm.withGuestBlobs(() -> GuestBlobFiles.shared(pages));
    }

    /** Fills pages of guest memory with their number in memory. */
    private static void number(TestVm vm, long from, int count) {
        for (long page = from / PAGE; page < from / PAGE + count; page++) {
            vm.guest.ram().set(ValueLayout.JAVA_INT, page * PAGE, (int) page);
        }
    }

    private static int firstInt(OwnedFd file, long page) throws PosixException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment bytes = arena.allocate(4, 4);
            assertEquals(4, PosixException.check(Posix.pread(file.number(), bytes, page * PAGE), "pread"));
            return bytes.get(ValueLayout.JAVA_INT, 0);
        }
    }

    private static long inode(OwnedFd file) {
        try (Arena arena = Arena.ofConfined()) {
            FileStatus status = new FileStatus(arena);
            assertEquals(0, status.read(file.number()));
            return status.inode();
        }
    }

    /** A guest blob of one page, attached to context 1. */
    private static void onePage(TestVm vm, int resource, long address) {
        assertOk(vm.guest.request(TestGuest.guestBlob(resource, 1, PAGE, address, PAGE)));
        assertOk(vm.guest.request(TestGuest.attach(resource, 1)));
    }

    private static Connection connect(TestVm vm) throws IOException {
        vm.guest.channel(1);
        return vm.compositor.accept();
    }

    private static OwnedFd sendAndTake(TestVm vm, Connection client, int resource) throws IOException {
        assertOk(vm.guest.request(TestGuest.send(1, "pool", resource, TestGuest.BLOB)));
        assertEquals("pool", client.readText(4));
        return client.received.getLast();
    }

    private static void assertRefused(TestVm vm, Connection client, int resource) throws IOException {
        assertEquals(TestGuest.ERR_INVALID_PARAMETER,
                vm.guest.request(TestGuest.send(1, "pool", resource, TestGuest.BLOB)));
        assertEquals(0, vm.guest.receive(1).data().length, "the guest learns of the end");
        assertTrue(client.isHungUp());
    }

    /** MAPPABLE, and with CREATE_GUEST_HANDLE. */
    @ParameterizedTest
    @ValueSource(ints = {1, 9})
    void sendsScatteredPagesInTheirOrderWithAdjacentOnesMerged(int flags) throws Exception {
        try (TestVm vm = vm(); Connection client = connect(vm)) {
            number(vm, AT, 8);
            assertOk(vm.guest.request(TestGuest.guestBlob(BLOB, flags, 5 * PAGE,
                    AT + 6 * PAGE, PAGE, AT, PAGE, AT + PAGE, 2 * PAGE, AT + 4 * PAGE, PAGE)));
            assertOk(vm.guest.request(TestGuest.attach(BLOB, 1)));
            OwnedFd file = sendAndTake(vm, client, BLOB);
            int first = (int) (AT / PAGE);
            int[] expected = {first + 6, first, first + 1, first + 2, first + 4};
            for (int page = 0; page < expected.length; page++) {
                assertEquals(expected[page], firstInt(file, page), "page " + page);
            }
            assertEquals(List.of(List.of(first + 6 + "+1", first + "+3", first + 4 + "+1")), pages.made);
        }
    }

    @Test
    void sendsTheSameFileAgain() throws Exception {
        try (TestVm vm = vm(); Connection client = connect(vm)) {
            onePage(vm, BLOB, AT);
            assertEquals(inode(sendAndTake(vm, client, BLOB)), inode(sendAndTake(vm, client, BLOB)));
            assertEquals(1, pages.made.size());
        }
    }

    @Test
    void keepsTheOrderOfSendsWhileAFileIsMade() throws Exception {
        try (TestVm vm = vm(); Connection client = connect(vm)) {
            onePage(vm, BLOB, AT);
            pages.mayMake.drainPermits();
            Pending first = vm.guest.submit(TestGuest.send(1, "one", BLOB, TestGuest.BLOB));
            Pending second = vm.guest.submit(TestGuest.send(1, "two"));
            vm.guest.barrier();
            assertFalse(vm.guest.isDone(first));
            assertFalse(vm.guest.isDone(second));
            pages.mayMake.release();
            assertEquals("onetwo", client.readText(6));
            assertEquals(1, client.received.size());
            assertOk(vm.guest.await(second).type());
        }
    }

    @Test
    void sendsABlobThatIsUnreferencedWhileItsFileIsMade() throws Exception {
        try (TestVm vm = vm(); Connection client = connect(vm)) {
            onePage(vm, BLOB, AT);
            pages.mayMake.drainPermits();
            Pending send = vm.guest.submit(TestGuest.send(1, "pool", BLOB, TestGuest.BLOB));
            Pending unref = vm.guest.submit(TestGuest.unref(BLOB));
            vm.guest.barrier();
            assertFalse(vm.guest.isDone(unref));
            pages.mayMake.release();
            assertOk(vm.guest.await(send).type());
            assertOk(vm.guest.await(unref).type());
            assertEquals("pool", client.readText(4));
            assertEquals(1, client.received.size());
        }
    }

    @Test
    void closesTheFileBeforeItAnswersUnref() throws Exception {
        try (TestVm vm = vm(); Connection client = connect(vm)) {
            onePage(vm, BLOB, AT);
            int before = OpenFds.count("/memfd:copied pages (deleted)");
            sendAndTake(vm, client, BLOB).close();
            client.received.clear();
            assertEquals(before + 1, OpenFds.count("/memfd:copied pages (deleted)"));
            assertOk(vm.guest.request(TestGuest.unref(BLOB)));
            assertEquals(before, OpenFds.count("/memfd:copied pages (deleted)"));
        }
    }

    @Test
    void makesAnotherFileOfOtherBacking() throws Exception {
        try (TestVm vm = vm(); Connection client = connect(vm)) {
            number(vm, AT, 2);
            onePage(vm, BLOB, AT);
            OwnedFd first = sendAndTake(vm, client, BLOB);
            assertOk(vm.guest.request(TestGuest.detachBacking(BLOB)));
            assertOk(vm.guest.request(TestGuest.attachBacking(BLOB, AT + PAGE, PAGE)));
            OwnedFd second = sendAndTake(vm, client, BLOB);
            assertNotEquals(inode(first), inode(second));
            assertEquals((int) (AT / PAGE) + 1, firstInt(second, 0));
            assertOk(vm.guest.request(TestGuest.attachBacking(BLOB, AT, PAGE)));
            assertEquals((int) (AT / PAGE), firstInt(sendAndTake(vm, client, BLOB), 0));
        }
    }

    @Test
    void refusesABlobWithoutBacking() throws Exception {
        try (TestVm vm = vm(); Connection client = connect(vm)) {
            onePage(vm, BLOB, AT);
            assertOk(vm.guest.request(TestGuest.detachBacking(BLOB)));
            assertRefused(vm, client, BLOB);
        }
    }

    @Test
    void closesTheFileWhenTheVmmTakesTheMemoryAway() throws Exception {
        try (TestVm vm = vm(); Connection client = connect(vm)) {
            // Beside the memory that queues and rings lie in, so that the device goes on.
            long more = FrontEnd.RAM_SIZE;
            var region = FrontEnd.region(more, 1 << 20, FrontEnd.USER_BASE + more);
            assertEquals(0, vm.vmm.acknowledged(FrontEnd.ADD_MEM_REG, region, vm.vmm.ramFile.number()));
            onePage(vm, BLOB, more);
            OwnedFd first = sendAndTake(vm, client, BLOB);
            assertEquals(0, vm.vmm.acknowledged(FrontEnd.REM_MEM_REG, region));
            assertEquals(0, vm.vmm.acknowledged(FrontEnd.ADD_MEM_REG, region, vm.vmm.ramFile.number()));
            assertNotEquals(inode(first), inode(sendAndTake(vm, client, BLOB)));
        }
    }

    @Test
    void sendsARingThatStaysARing() throws Exception {
        try (TestVm vm = vm(); Connection client = connect(vm)) {
            sendAndTake(vm, client, TestGuest.ringResource(1, 1));
            client.send("hello");
            assertEquals("hello", vm.guest.receiveText(1, 5));
        }
    }

    @Test
    void refusesABlobOfWhichNoFileCanBeMadeAndTriesAgain() throws Exception {
        try (TestVm vm = vm()) {
            try (Connection client = connect(vm)) {
                onePage(vm, BLOB, AT);
                pages.fails = true;
                assertRefused(vm, client, BLOB);
            }
            pages.fails = false;
            vm.guest.channel(2);
            assertOk(vm.guest.request(TestGuest.attach(BLOB, 2)));
            try (Connection client = vm.compositor.accept()) {
                assertOk(vm.guest.request(TestGuest.send(2, "pool", BLOB, TestGuest.BLOB)));
                assertEquals("pool", client.readText(4));
            }
        }
    }

    @Test
    void sharesNoMoreBlobsThanItMay() throws Exception {
        try (TestVm vm = vm()) {
            try (Connection client = connect(vm)) {
                for (int i = 0; i < 256; i++) {
                    onePage(vm, BLOB + i, AT);
                    sendAndTake(vm, client, BLOB + i).close();
                    client.received.clear();
                }
                onePage(vm, 999, AT);
                assertRefused(vm, client, 999);
            }
            assertOk(vm.guest.request(TestGuest.unref(BLOB)));
            vm.guest.channel(2);
            assertOk(vm.guest.request(TestGuest.attach(999, 2)));
            assertOk(vm.guest.request(TestGuest.send(2, "pool", 999, TestGuest.BLOB)));
        }
    }

    @Test
    void refusesBlobsInMemoryThatCanNotBeSealed() throws Exception {
        try (TestVm vm = new TestVm(settings -> settings.guestBlobs = () -> GuestBlobFiles.shared(pages));
                Connection client = connect(vm)) {
            onePage(vm, BLOB, AT);
            assertRefused(vm, client, BLOB);
        }
    }

    @Test
    void refusesBlobsWhereTheCommandLineSaysSo() throws Exception {
        try (TestVm vm = TestVm.withGuestBlobs(() -> GuestBlobFiles.open(GuestShm.REFUSE)); Connection client = connect(vm)) {
            onePage(vm, BLOB, AT);
            assertRefused(vm, client, BLOB);
        }
    }

    @Test
    void forgetsTheFilesOfADriverThatStartsAnew() throws Exception {
        try (TestVm vm = vm()) {
            try (Connection client = connect(vm)) {
                onePage(vm, BLOB, AT);
                sendAndTake(vm, client, BLOB);
                int[] unused = vm.guest.stop();
                vm.vmm.guestReset();
                vm.guest.boot();
                assertTrue(client.isHungUp());
            }
            try (Connection client = connect(vm)) {
                onePage(vm, BLOB, AT);
                sendAndTake(vm, client, BLOB);
            }
        }
    }
}
