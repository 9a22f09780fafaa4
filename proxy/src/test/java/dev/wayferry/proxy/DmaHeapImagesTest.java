package dev.wayferry.proxy;

import dev.wayferry.bridge.AllocatorChoice;
import dev.wayferry.bridge.ImageAllocator;
import java.io.IOException;
import org.junit.jupiter.api.Tag;

/** Images of {@code /dev/dma_heap/system}, through a whole session. */
@Tag("dma_heap")
class DmaHeapImagesTest extends DmaBufs {
    @Override
    ImageAllocator allocator() throws IOException {
        return AllocatorChoice.DMA_HEAP.open().allocator();
    }
}
