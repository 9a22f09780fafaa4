package dev.wayferry.proxy.screen;

import dev.wayferry.posix.PosixException;
import dev.wayferry.proxy.log.GuestLog;
import dev.wayferry.proxy.loop.EventLoop;
import dev.wayferry.proxy.memory.GuestMemory;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The guest's screen, and the thread on which pixels are copied: megabytes at a time, which the session's loop has not the
 * time for. Things happen in the order in which they are asked for.
 *
 * <p>Guest memory that the VMM cuts off ends the thread by an error, and with it the session, as on the loop.
 */
public final class Screen implements AutoCloseable {
    /** The largest picture, in bytes: 4096 by 4096 pixels. */
    public static final long MAX_PICTURE_BYTES = 64L << 20;

    /** Work on the screen's thread. */
    @FunctionalInterface
    public interface Work {
        /**
         * Does it.
         *
         * @throws IOException when the guest asked for what can't be done
         */
        void run() throws IOException;
    }

    private final EventLoop loop;
    private final ScanoutSink sink;
    private final Set<PixelSource> sources = new HashSet<>();
    private volatile BiConsumer<Integer, Integer> resizeListener = (_, _) -> {};
    private volatile GuestMemory memory = GuestMemory.NONE;
    private volatile int generation;
    private @Nullable Picture picture;

    /** Whether all of the picture has to be painted anew, as it is to show something else. */
    private boolean stale;

    private boolean sinkClosed;

    private Screen(String vm, ScanoutSink.Factory sinks, Consumer<Throwable> failure) throws PosixException {
        loop = new EventLoop("screen " + vm, wrong -> {
            closeSink();
            failure.accept(wrong);
        });
        sink = sinks.create(loop, (width, height) -> resizeListener.accept(width, height));
        loop.start(() -> false);
    }

    /**
     * A running screen, or null for {@link ScanoutTarget.Kind#NONE}.
     *
     * @param log for what the guest and the compositor cause
     * @param display the compositor, for a window
     * @param failure told what ended the screen before {@link #close}
     */
    public static @Nullable Screen open(
            String vm, GuestLog log, ScanoutTarget target, DisplaySocket display, Consumer<Throwable> failure)
            throws IOException {
        return switch (target.kind()) {
            case NONE -> null;
            case PNG -> {
                Path path = target.path();
                if (path == null) {
                    throw new IOException("no path");
                }
                yield new Screen(vm, (loop, _) -> new PngSink(vm, log, path, loop), failure);
            }
            case WINDOW -> new Screen(vm, (loop, resized) -> new WindowSink(vm, log, display, loop, resized), failure);
        };
    }

    /** Finds the compositor's socket. */
    @FunctionalInterface
    public interface DisplaySocket {
        Path find() throws IOException;
    }

    // ---- from the session's loop

    /** Tells {@code listener}, on the screen's thread, when the user wants another width and height. */
    public void onResize(BiConsumer<Integer, Integer> listener) {
        resizeListener = listener;
    }

    /** Reads from another map of the guest's memory from now on; before the regions that left it are unmapped. */
    public void useMemory(GuestMemory newMemory) {
        memory = newMemory;
    }

    /** The guest's pages behind a resource: pairs of address and length. */
    public PixelSource guestPixels(long[] backing) {
        return new GuestPixels(() -> memory, backing);
    }

    /** Takes ownership of {@code source}, until it is told to {@link #free} it. */
    public void adopt(PixelSource source) {
        if (!loop.post(() -> sources.add(source))) {
            source.close();
        }
    }

    /** Closes a source that no later work uses. */
    public void free(PixelSource source) {
        boolean unused = loop.post(() -> {
            if (sources.remove(source)) {
                source.close();
            }
        });
    }

    /**
     * Has {@code work} done, then tells {@code done}, on the screen's thread, what was wrong with it, or null. Neither
     * happens if the guest's driver starts anew before that.
     */
    public void run(Work work, Consumer<@Nullable String> done) {
        int asked = generation;
        boolean unused = loop.post(() -> {
            if (asked != generation) {
                return;
            }
            String wrong = null;
            try {
                work.run();
            } catch (IOException e) {
                wrong = String.valueOf(e.getMessage());
            }
            done.accept(wrong);
        });
    }

    /** Forgets everything of the driver so far. */
    public void reset() {
        forget();
        boolean unused = loop.post(() -> {
            sources.forEach(PixelSource::close);
            sources.clear();
            blank();
        });
    }

    @SuppressWarnings("NonAtomicOperationOnVolatileField") // the loop's alone to write, and the session's once that ended
    private void forget() {
        generation++;
    }

    // ---- work

    /** The scanout shows another picture from now on, once it is painted. */
    public void show(int width, int height) throws IOException {
        stale = true;
        Picture old = picture;
        if (old == null || old.width() != width || old.height() != height) {
            Picture made = new Picture(width, height);
            picture = made;
            sink.show(made);
            if (old != null) {
                old.close();
            }
        }
    }

    /**
     * Paints {@code area} of the picture, or all of it where it shows something else since it was painted last.
     *
     * @param width of the picture that the scanout is to show, in pixels
     * @param offset of the picture's first pixel in {@code source}, in bytes
     * @param stride from row to row of {@code source}, in bytes
     */
    public void paint(
            PixelSource source, PixelFormat format, int width, int height, long offset, long stride, Area area)
            throws IOException {
        Picture now = picture;
        if (now != null) {
            if (now.width() != width || now.height() != height) {
                throw new IOException("there was no memory for a picture of " + width + " by " + height);
            }
            Area all = stale ? Area.of(now.width(), now.height()) : area;
            if (!all.isEmpty()) {
                now.paint(source, format, offset, stride, all);
                stale = false;
                sink.damage(all);
            }
        }
    }

    /** The scanout is off. */
    public void blank() {
        stale = true;
        sink.blank();
    }

    /** On the sink's own thread, as all about it. */
    private void closeSink() {
        if (!sinkClosed) {
            sinkClosed = true;
            sink.close();
        }
    }

    /** Ends the thread and closes everything, after the session's loop has ended. */
    @Override
    public void close() {
        forget();
        boolean unused = loop.post(this::closeSink);
        loop.stop();
        sources.forEach(PixelSource::close);
        sources.clear();
        if (picture != null) {
            picture.close();
            picture = null;
        }
    }
}
