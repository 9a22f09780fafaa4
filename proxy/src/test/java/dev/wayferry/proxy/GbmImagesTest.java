package dev.wayferry.proxy;

import dev.wayferry.bridge.GbmAllocator;
import dev.wayferry.bridge.ImageAllocator;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;

/** Images of Mesa's software driver on the guest's vgem, whose render node lets nobody allocate, through a whole session. */
@Tag("gbm")
class GbmImagesTest extends DmaBufs {
    @Override
    ImageAllocator allocator() throws IOException {
        try {
            return GbmAllocator.open(Path.of("/dev/dri/card0"));
        } catch (IOException e) {
            Assumptions.assumeFalse(String.valueOf(e.getMessage()).contains("can't be loaded"), e.getMessage());
            throw e;
        }
    }
}
