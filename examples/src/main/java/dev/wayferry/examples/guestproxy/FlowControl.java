package dev.wayferry.examples.guestproxy;

import dev.wayferry.examples.virtgpu.VirtGpuBlob;
import dev.wayferry.examples.virtgpu.VirtGpuContext;
import java.io.IOException;

/**
 * Bounds what the host has been given of one stream but has not taken. Cross-domain itself has no such bound: a compositor
 * that is stopped, or the reader of a pipe, would fill the host's memory, or the host gives the stream up.
 *
 * <p>A host holds the answer of a command that it can't finish. So now and then one is submitted with a fence, and when much
 * has been submitted behind a fence that is not signalled, the stream waits. Linux can be asked for the state of a fence only
 * by way of a blob, which is why this has one.
 */
final class FlowControl implements AutoCloseable {
    /** How many bytes may be under way, but for the command that exceeds it. */
    static final int WINDOW = 256 << 10;

    private static final int MARK_DISTANCE = WINDOW / 2;
    private static final VirtGpuBlob[] UNMARKED = {};

    /** Makes the blob that is asked for fences. */
    @FunctionalInterface
    interface BlobSource {
        VirtGpuBlob make() throws IOException;
    }

    private final VirtGpuContext context;
    private final BlobSource source;
    private VirtGpuBlob[] mark = UNMARKED;
    private int sinceMark;
    private boolean marked;

    FlowControl(VirtGpuContext context, BlobSource source) {
        this.context = context;
        this.source = source;
    }

    /** The blobs to attach a fence to, for the stream's next command of {@code length} bytes. */
    VirtGpuBlob[] next(int length) throws IOException {
        sinceMark += length;
        if (marked || sinceMark < MARK_DISTANCE) {
            return UNMARKED;
        }
        if (mark.length == 0) {
            mark = new VirtGpuBlob[] {source.make()};
        }
        marked = true;
        sinceMark = 0;
        return mark;
    }

    /** Whether the stream may be given more. */
    boolean isOpen() throws IOException {
        if (marked && context.isSignalled(mark[0])) {
            marked = false;
        }
        return !marked || sinceMark < MARK_DISTANCE;
    }

    @Override
    public void close() throws IOException {
        for (VirtGpuBlob blob : mark) {
            blob.close();
        }
    }
}
