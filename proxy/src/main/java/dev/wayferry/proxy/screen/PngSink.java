package dev.wayferry.proxy.screen;

import dev.wayferry.proxy.log.GuestLog;
import dev.wayferry.proxy.loop.EventLoop;
import dev.wayferry.proxy.loop.SideThreads;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A scanout in a PNG file, which always holds the newest picture but for the last {@link #PAUSE_NANOS}. What it held when
 * the guest switches the scanout off it keeps: a record is not to vanish with what it is of.
 */
final class PngSink implements ScanoutSink {
    private static final Logger LOG = LoggerFactory.getLogger(PngSink.class);

    /** Between two pictures, so that a busy guest does not keep a processor busy with compressing. */
    private static final long PAUSE_NANOS = 250_000_000;

    private final String vm;
    private final GuestLog log;
    private final Path path;
    private final EventLoop loop;
    private final ScheduledExecutorService writer;
    private @Nullable Picture picture;
    private Arena arena = Arena.ofShared();
    private MemorySegment copy = MemorySegment.NULL;
    private boolean dirty;
    private boolean underWay;
    private boolean failed;
    private long next = System.nanoTime();

    PngSink(String vm, GuestLog log, Path path, EventLoop loop) {
        this.vm = vm;
        this.log = log;
        this.path = path;
        this.loop = loop;
        this.writer = Executors.newSingleThreadScheduledExecutor(SideThreads.named("png " + vm));
    }

    @Override
    public void show(Picture newPicture) {
        picture = newPicture;
    }

    @Override
    public void damage(Area area) {
        dirty = true;
        begin();
    }

    @Override
    public void blank() {
        // See above.
    }

    private void begin() {
        if (dirty && !underWay && !writer.isShutdown()) {
            underWay = true;
            var unused = writer.schedule(
                    () -> loop.post(this::snapshot), next - System.nanoTime(), TimeUnit.NANOSECONDS);
        }
    }

    /** Takes a copy, of which the writer then has all the time it wants. */
    private void snapshot() {
        Picture now = picture;
        if (now == null || writer.isShutdown()) {
            return;
        }
        dirty = false;
        int width = now.width();
        int height = now.height();
        long size = now.pixels().byteSize();
        try {
            if (copy.byteSize() != size) {
                Arena made = Arena.ofShared();
                try {
                    copy = PixelMemory.allocate(size, made);
                } catch (IOException | RuntimeException e) {
                    made.close();
                    throw e;
                }
                arena.close();
                arena = made;
            }
        } catch (IOException e) {
            wrote(e);
            return;
        }
        MemorySegment pixels = copy.copyFrom(now.pixels());
        writer.execute(() -> {
            IOException wrong = write(pixels, width, height);
            boolean unused = loop.post(() -> wrote(wrong));
        });
    }

    private @Nullable IOException write(MemorySegment pixels, int width, int height) {
        try {
            PngFile.write(pixels, width, height, path);
            return null;
        } catch (IOException e) {
            return e;
        }
    }

    private void wrote(@Nullable IOException wrong) {
        if (wrong != null && !failed) {
            log.warn(LOG, "vm={} the scanout can't be written to {}: {}", vm, path, wrong.toString());
        }
        failed = wrong != null;
        underWay = false;
        next = System.nanoTime() + PAUSE_NANOS;
        begin();
    }

    /** Waits for what is being written, and writes what has not been. */
    @Override
    public void close() {
        var unused = writer.shutdownNow();
        try {
            boolean ended = writer.awaitTermination(1, TimeUnit.MINUTES);
            Picture last = picture;
            if (ended && last != null && (dirty || underWay)) {
                IOException wrong = write(last.pixels(), last.width(), last.height());
                LOG.debug("vm={} last picture: {}", vm, wrong);
            }
            if (ended) {
                arena.close();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        picture = null;
    }
}
