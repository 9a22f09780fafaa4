package dev.wayferry.bridge;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wayferry.posix.Memory;
import dev.wayferry.posix.OwnedFd;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** libgbm with Mesa's software driver on the guest's vgem. */
@Tag("gbm")
class GbmTest {
    private static final int USES = ImageQuery.USE_LINEAR | ImageQuery.USE_SCANOUT;

    private static GbmAllocator open() throws IOException {
        try {
            return GbmAllocator.open(Path.of("/dev/dri/card0"));
        } catch (IOException e) {
            Assumptions.assumeFalse(String.valueOf(e.getMessage()).contains("can't be loaded"), e.getMessage());
            throw e;
        }
    }

    private static ImageQuery query(int width, int height, String format) {
        return new ImageQuery(width, height, ImageLayout.fourcc(format), USES);
    }

    @Test
    void laysImagesOutAsTheDriverDoes() throws IOException {
        try (GbmAllocator gbm = open()) {
            ImageLayout layout = gbm.layout(query(100, 50, "XR24"));
            assertTrue(layout.strides()[0] >= 400, () -> "stride " + layout.strides()[0]);
            assertTrue(layout.size() >= 50L * layout.strides()[0], () -> "size " + layout.size());
            assertEquals(0, layout.offsets()[0]);
            assertEquals(0, layout.strides()[1]);
            assertTrue(layout.modifier() == ImageLayout.DRM_FORMAT_MOD_LINEAR
                    || layout.modifier() == ImageLayout.DRM_FORMAT_MOD_INVALID);
        }
    }

    @Test
    void laysPlanesOutItselfWhereTheDriverDoesNot() throws IOException {
        try (GbmAllocator gbm = open()) {
            ImageLayout layout = gbm.layout(query(100, 50, "NV12"));
            assertEquals(256, layout.strides()[1]);
            assertEquals(256 * 50, layout.offsets()[1]);
        }
    }

    @Test
    void allocatesDmaBufsThatCanBeWritten() throws IOException {
        try (GbmAllocator gbm = open();
                Arena arena = Arena.ofConfined()) {
            for (long size : new long[] {1, 4096, 400_000, 40 << 20}) {
                try (OwnedFd dmaBuf = gbm.allocate(size);
                        Arena mapping = Arena.ofConfined()) {
                    FileClassifier classifier = new FileClassifier(arena);
                    assertEquals(FileKind.DMA_BUF, classifier.classify(dmaBuf.number()));
                    assertTrue(classifier.size() >= size);
                    long length = Memory.roundUpToPage(size);
                    MemorySegment bytes = Memory.map(
                            dmaBuf.number(), 0, length, Memory.PROT_READ | Memory.PROT_WRITE, mapping);
                    assertEquals(0, bytes.get(ValueLayout.JAVA_INT, length - 4));
                    bytes.set(ValueLayout.JAVA_INT, length - 4, 9);
                    assertEquals(9, bytes.get(ValueLayout.JAVA_INT, length - 4));
                }
            }
        }
    }

    @Test
    void refusesWhatIsTooLarge() throws IOException {
        try (GbmAllocator gbm = open()) {
            assertThrows(IOException.class, () -> gbm.layout(query(16385, 1, "XR24")));
            assertThrows(IOException.class, () -> gbm.layout(query(-1, 1, "XR24")));
            assertThrows(IOException.class, () -> gbm.layout(query(100, 100, "????")));
            assertThrows(IOException.class, () -> gbm.allocate(1L << 40).close());
        }
    }

    @Test
    void canNotBeUsedOnceClosed() throws IOException {
        GbmAllocator gbm = open();
        gbm.close();
        gbm.close();
        assertThrows(IOException.class, () -> gbm.allocate(1).close());
        assertThrows(IOException.class, () -> gbm.layout(query(1, 1, "XR24")));
    }
}
