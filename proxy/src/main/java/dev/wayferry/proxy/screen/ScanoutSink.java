package dev.wayferry.proxy.screen;

import dev.wayferry.proxy.loop.EventLoop;
import java.util.function.BiConsumer;

/** Where a scanout is seen. Belongs to the screen's thread, which it never holds up. */
interface ScanoutSink extends AutoCloseable {
    /** Makes the sink of a screen. */
    interface Factory {
        /**
         * A sink.
         *
         * @param loop the screen's thread
         * @param resized told, on it, when the user wants the guest's screen to have another width and height
         */
        ScanoutSink create(EventLoop loop, BiConsumer<Integer, Integer> resized);
    }

    /** Shows {@code picture}, which is new and black, from now on. The one before is not used any more after this. */
    void show(Picture picture);

    /** So much of the picture is new. */
    void damage(Area area);

    /** The guest has switched the scanout off. */
    void blank();

    /** The picture is not used any more after this. */
    @Override
    void close();
}
