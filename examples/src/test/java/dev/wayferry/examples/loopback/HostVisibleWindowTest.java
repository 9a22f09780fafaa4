package dev.wayferry.examples.loopback;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wayferry.posix.Memory;
import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.PosixException;
import dev.wayferry.wire.gpu.VirtioGpu;
import dev.wayferry.wire.vhostuser.ShmemMap;
import dev.wayferry.wire.vhostuser.VhostUser;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Maps and unmaps as QEMU checks them. */
class HostVisibleWindowTest {
    private static final long PAGE = Memory.PAGE_SIZE;
    private static final long SIZE = 16 * PAGE;

    private final HostVisibleWindow window = new HostVisibleWindow(1L << 33, SIZE);

    @SuppressWarnings("NullAway.Init")
    private OwnedFd file;

    @BeforeEach
    void openFile() throws PosixException {
        file = OwnedFd.of(Memory.sealedMemfd("test", 4 * PAGE), "memfd");
    }

    @AfterEach
    void close() {
        window.close();
        file.close();
    }

    private static ShmemMap request(long offset, long length) {
        return new ShmemMap()
                .wrap(MemorySegment.ofArray(new byte[ShmemMap.LENGTH]), 0)
                .shmid(VirtioGpu.SHM_ID_HOST_VISIBLE)
                .shmOffset(offset)
                .len(length)
                .mmapFlags(VhostUser.SHMEM_MAP_RW);
    }

    private boolean isRefused(ShmemMap map) {
        return window.refusesMap(map, file.number()) != null;
    }

    private void map(long offset, long length) throws IOException {
        assertNull(window.refusesMap(request(offset, length), file.number()));
        window.map(request(offset, length), file.duplicate());
    }

    @Test
    void mapsFitTheWindowToItsEnd() throws IOException {
        map(0, PAGE);
        map(SIZE - 4 * PAGE, 4 * PAGE);
        assertEquals(2, window.count());
        assertTrue(window.isMapped(0, PAGE));
        assertFalse(window.isMapped(0, 2 * PAGE));
        assertTrue(window.isTouched(SIZE - PAGE, PAGE));
        assertFalse(window.isTouched(PAGE, SIZE - 5 * PAGE));
    }

    @Test
    void refusesWhatLiesOutside() {
        assertTrue(isRefused(request(SIZE, PAGE)));
        assertTrue(isRefused(request(SIZE - PAGE, 2 * PAGE)));
        assertTrue(isRefused(request(-PAGE, PAGE)));
        assertTrue(isRefused(request(PAGE, Long.MAX_VALUE)));
        assertTrue(isRefused(request(PAGE, -PAGE)));
        assertTrue(isRefused(request(0, 0)));
        assertTrue(isRefused(request(0, PAGE).shmid(0)));
        assertTrue(isRefused(request(0, PAGE).shmid(2)));
    }

    @Test
    void refusesWhatOverlaps() throws IOException {
        map(4 * PAGE, 4 * PAGE);
        assertTrue(isRefused(request(4 * PAGE, 4 * PAGE)));
        assertTrue(isRefused(request(5 * PAGE, PAGE)));
        assertTrue(isRefused(request(3 * PAGE, 2 * PAGE)));
        assertTrue(isRefused(request(7 * PAGE, 2 * PAGE)));
        assertFalse(isRefused(request(3 * PAGE, PAGE)));
        assertFalse(isRefused(request(8 * PAGE, PAGE)));
    }

    @Test
    void refusesFilesThatAreTooSmall() {
        assertFalse(isRefused(request(0, 4 * PAGE)));
        assertTrue(isRefused(request(0, 5 * PAGE)));
        assertTrue(isRefused(request(0, 4 * PAGE).fdOffset(PAGE)));
        assertFalse(isRefused(request(0, 3 * PAGE).fdOffset(PAGE)));
        assertTrue(isRefused(request(0, PAGE).fdOffset(1)));
        assertTrue(isRefused(request(0, PAGE).fdOffset(-PAGE)));
        assertTrue(isRefused(request(0, PAGE).mmapFlags(2)));
        assertNotNull(window.refusesMap(request(0, PAGE), -1));
    }

    @Test
    void unmapsExactlyWhatWasMapped() throws IOException {
        map(PAGE, 2 * PAGE);
        assertNotNull(window.refusesUnmap(request(PAGE, PAGE)));
        assertNotNull(window.refusesUnmap(request(2 * PAGE, PAGE)));
        assertNotNull(window.refusesUnmap(request(0, PAGE)));
        assertNull(window.refusesUnmap(request(PAGE, 2 * PAGE)));
        window.unmap(request(PAGE, 2 * PAGE));
        assertEquals(0, window.count());
        assertNotNull(window.refusesUnmap(request(PAGE, 2 * PAGE)));
    }
}
