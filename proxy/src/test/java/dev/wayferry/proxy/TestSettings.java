package dev.wayferry.proxy;

import dev.wayferry.bridge.ImageAllocator;
import dev.wayferry.bridge.MemoryAllocator;
import dev.wayferry.proxy.crossdomain.CrossDomainFactory;
import dev.wayferry.proxy.gpu.GuestBlobFiles;
import dev.wayferry.proxy.gpu.GuestShm;
import dev.wayferry.proxy.loop.LoopTuning;
import dev.wayferry.proxy.screen.ScanoutSettings;
import dev.wayferry.proxy.vhostuser.ShmemOffer;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.Supplier;

/** What the session of a {@link TestVm} is told; where a test says nothing, the usual. */
final class TestSettings {
    ShmemOffer shmem = ShmemOffer.AUTO;
    ScanoutSettings scanout = ScanoutSettings.NONE;
    Map<Integer, String> channels = Map.of();
    boolean mapPartialPages;

    /** Stays the test's, who closes it. */
    ImageAllocator allocator = MemoryAllocator.memfd();

    Supplier<GuestBlobFiles> guestBlobs = () -> GuestBlobFiles.open(GuestShm.AUTO);

    LoopTuning loop = LoopTuning.NONE;

    /** The settings of a session whose compositor listens at {@code display}. */
    VmSession.Settings with(Path display) {
        return new VmSession.Settings(
                new CrossDomainFactory.Settings(
                        "test", () -> display, channels, TestVm.MAX_FILE_COPY, mapPartialPages, allocator),
                TestVm.WINDOW, TestVm.MAX_MAPS, shmem, scanout, guestBlobs, loop);
    }
}
