package dev.wayferry.examples.drm;

import dev.wayferry.examples.testing.Crossings;
import java.io.IOException;

/** What {@link DrmGpuIT} runs in the guest. */
final class CrossingsInGuest {
    private CrossingsInGuest() {}

    public static void main(String[] arguments) throws IOException {
        try (DrmGpu gpu = DrmGpu.open()) {
            if (!gpu.hasHostVisible() || !gpu.hasCapset(5) || gpu.hasCapset(6)) {
                throw new AssertionError("parameters of the node");
            }
            new Crossings(gpu).run();
        }
        System.out.println("all has crossed");
    }
}
