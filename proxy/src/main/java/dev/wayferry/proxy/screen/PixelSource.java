package dev.wayferry.proxy.screen;

import java.io.IOException;
import java.lang.foreign.MemorySegment;

/** Bytes of a resource, wherever they are. Belongs to the screen's thread. */
public interface PixelSource extends AutoCloseable {
    /**
     * Copies bytes.
     *
     * @throws IOException when they are not all there
     */
    void read(long offset, MemorySegment target, long targetOffset, long length) throws IOException;

    /** Lets go of what it holds, once however often it is asked. */
    @Override
    default void close() {}
}
