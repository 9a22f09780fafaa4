package dev.wayferry.examples.loopback;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wayferry.posix.Memory;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Where the loopback guest puts things. */
class AllocatorsTest {
    private static final long PAGE = Memory.PAGE_SIZE;

    @Test
    void windowRangesNeverOverlapAndAreUsedAgain() {
        WindowAllocator window = new WindowAllocator(64);
        Random random = new Random(1);
        Map<Long, Long> taken = new HashMap<>();
        boolean full = false;
        for (int i = 0; i < 10_000; i++) {
            long length = 1 + random.nextInt(16);
            long at = window.allocate(length);
            if (at == WindowAllocator.FULL) {
                full = true;
                long freed = taken.keySet().iterator().next();
                taken.remove(freed);
                window.free(freed);
                continue;
            }
            assertTrue(at >= 0 && at + length <= 64);
            taken.forEach((from, size) -> assertTrue(at >= from + size || from >= at + length));
            taken.put(at, length);
        }
        assertTrue(full);
        taken.keySet().forEach(window::free);
        assertEquals(0, window.allocate(64));
    }

    @Test
    void pagesAreTakenOnce() throws IOException {
        GuestPages pages = new GuestPages(4 * PAGE, 20 * PAGE);
        assertEquals(4 * PAGE, pages.allocate(1));
        long two = pages.allocate(PAGE + 1);
        assertEquals(5 * PAGE, two);
        assertEquals(7 * PAGE, pages.allocate(PAGE));
        pages.free(two, PAGE + 1);
        assertEquals(8 * PAGE, pages.allocate(3 * PAGE), "the hole is too small");
        assertEquals(5 * PAGE, pages.allocate(2 * PAGE));
        assertThrows(IOException.class, () -> pages.allocate(10 * PAGE));
    }

    @Test
    void scatteredPagesAreNotAdjacent() throws IOException {
        GuestPages pages = new GuestPages(0, 16 * PAGE);
        long[] scattered = pages.allocateScattered(8);
        for (int i = 1; i < scattered.length; i++) {
            assertEquals(2 * PAGE, scattered[i - 1] - scattered[i]);
        }
        assertEquals(8, pages.inUse());
        assertThrows(IOException.class, () -> pages.allocateScattered(1));
        pages.free(scattered);
        assertEquals(0, pages.inUse());
    }
}
