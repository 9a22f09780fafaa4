package dev.wayferry.examples.drm;

import dev.wayferry.examples.virtgpu.VirtGpuBlob;
import dev.wayferry.posix.OwnedFd;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/** A hold on a GEM handle of a context. */
final class DrmBlob implements VirtGpuBlob {
    private final DrmContext context;
    private final int handle;
    private final int resourceId;
    private final long size;
    private @Nullable Arena mapping;
    private @Nullable MemorySegment mapped;
    private boolean closed;

    DrmBlob(DrmContext context, int handle, int resourceId, long size) {
        this.context = context;
        this.handle = handle;
        this.resourceId = resourceId;
        this.size = size;
    }

    int handle() {
        checkOpen();
        return handle;
    }

    @Override
    public int resourceId() {
        return resourceId;
    }

    @Override
    public long size() {
        return size;
    }

    @Override
    public MemorySegment map() throws IOException {
        checkOpen();
        MemorySegment memory = mapped;
        if (memory == null) {
            Arena arena = Arena.ofShared();
            try {
                memory = context.map(handle, size, arena);
            } catch (IOException e) {
                arena.close();
                throw e;
            }
            mapping = arena;
            mapped = memory;
        }
        return memory;
    }

    @Override
    public OwnedFd export() throws IOException {
        checkOpen();
        return context.export(handle);
    }

    private void checkOpen() {
        if (closed) {
            throw new IllegalStateException("the blob is closed");
        }
    }

    /** Ends the use of the blob; its context still holds the handle. */
    void unmap() {
        closed = true;
        mapped = null;
        if (mapping != null) {
            mapping.close();
            mapping = null;
        }
    }

    @Override
    public void close() throws IOException {
        if (closed) {
            return;
        }
        unmap();
        context.closed(this, handle);
    }
}
