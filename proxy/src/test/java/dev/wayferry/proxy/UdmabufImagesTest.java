package dev.wayferry.proxy;

import dev.wayferry.bridge.AllocatorChoice;
import dev.wayferry.bridge.ImageAllocator;
import java.io.IOException;
import org.junit.jupiter.api.Tag;

/** Images of {@code /dev/udmabuf}, through a whole session. */
@Tag("udmabuf")
class UdmabufImagesTest extends DmaBufs {
    @Override
    ImageAllocator allocator() throws IOException {
        return AllocatorChoice.UDMABUF.open().allocator();
    }
}
