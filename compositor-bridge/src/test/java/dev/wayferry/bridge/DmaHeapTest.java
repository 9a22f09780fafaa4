package dev.wayferry.bridge;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wayferry.posix.Memory;
import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.Posix;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The kernel's /dev/dma_heap/system, which is there where the tests of this tag are run. */
@Tag("dma_heap")
class DmaHeapTest {
    private static final long PAGE = Memory.PAGE_SIZE;

    @Test
    void allocatesDmaBufsOfZerosInWholePages() throws IOException {
        try (DmaHeap heap = DmaHeap.open();
                OwnedFd dmaBuf = heap.allocate(2 * PAGE + 1);
                Arena arena = Arena.ofConfined()) {
            FileClassifier classifier = new FileClassifier(arena);
            assertEquals(FileKind.DMA_BUF, classifier.classify(dmaBuf.number()));
            assertEquals(3 * PAGE, classifier.size());
            assertEquals(Posix.O_RDWR, Posix.statusFlags(dmaBuf.number()) & Posix.O_ACCMODE);
            MemorySegment bytes = Memory.map(
                    dmaBuf.number(), 0, 3 * PAGE, Memory.PROT_READ | Memory.PROT_WRITE, arena);
            assertEquals(-1, bytes.mismatch(arena.allocate(3 * PAGE)));
            bytes.set(ValueLayout.JAVA_INT, 3 * PAGE - 4, 5);
            assertEquals(5, bytes.get(ValueLayout.JAVA_INT, 3 * PAGE - 4));
        }
    }

    @Test
    void refusesToAllocateNothing() throws IOException {
        try (DmaHeap heap = DmaHeap.open()) {
            assertThrows(IOException.class, () -> heap.allocate(0).close());
        }
    }

    @Test
    void isWhatAutoTakesWhereNoGpuAllocates() throws IOException {
        AllocatorChoice.Found found = AllocatorChoice.AUTO.open();
        try (ImageAllocator allocator = found.allocator()) {
            assertEquals("dma-heap", allocator.name());
            assertTrue(found.said().contains("gbm does not work here: "), found.said());
        }
    }
}
