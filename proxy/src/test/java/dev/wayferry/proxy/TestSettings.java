package dev.wayferry.proxy;

import dev.wayferry.bridge.ImageAllocator;
import dev.wayferry.bridge.MemoryAllocator;
import dev.wayferry.proxy.crossdomain.CrossDomainFactory;
import dev.wayferry.proxy.gpu.GuestBlobFiles;
import dev.wayferry.proxy.gpu.GuestShm;
import dev.wayferry.proxy.limit.Limit;
import dev.wayferry.proxy.limit.Limits;
import dev.wayferry.proxy.loop.LoopTuning;
import dev.wayferry.proxy.screen.ScanoutSettings;
import dev.wayferry.proxy.vhostuser.ShmemOffer;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Map;
import java.util.function.Supplier;

/** What the session of a {@link TestVm} is told; where a test says nothing, the usual. */
final class TestSettings {
    ShmemOffer shmem = ShmemOffer.AUTO;
    ScanoutSettings scanout = ScanoutSettings.NONE;
    Map<Integer, String> channels = Map.of();
    boolean mapPartialPages;

    final Map<Limit, Long> limits = new EnumMap<>(Map.of(
            Limit.MAPPED_BLOBS, (long) TestVm.MAX_MAPS, Limit.FILE_COPY_BYTES, TestVm.MAX_FILE_COPY));

    /** Stays the test's, who closes it. */
    ImageAllocator allocator = MemoryAllocator.memfd();

    Supplier<GuestBlobFiles> guestBlobs = () -> GuestBlobFiles.open(GuestShm.AUTO);

    LoopTuning loop = LoopTuning.NONE;

    /** The settings of a session whose compositor listens at {@code display}. */
    VmSession.Settings with(Path display) {
        return new VmSession.Settings(
                new CrossDomainFactory.Settings(
                        "test", () -> display, channels, new Limits(limits), mapPartialPages, allocator),
                TestVm.WINDOW, shmem, scanout, guestBlobs, loop);
    }
}
