package dev.wayferry.examples.loopback;

import dev.wayferry.examples.loopback.HostVisibleWindow.FileRange;
import dev.wayferry.examples.virtgpu.VirtGpuBlob;
import dev.wayferry.posix.Memory;
import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.Posix;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/** A context's hold on a resource. */
final class LoopbackBlob implements VirtGpuBlob {
    private final LoopbackContext context;
    private final LoopbackResource resource;
    private @Nullable Arena mapping;
    private @Nullable MemorySegment mapped;
    private boolean closed;

    LoopbackBlob(LoopbackContext context, LoopbackResource resource) {
        this.context = context;
        this.resource = resource;
    }

    LoopbackResource resource() {
        return resource;
    }

    @Override
    public int resourceId() {
        return resource.id();
    }

    @Override
    public long size() {
        return resource.size();
    }

    @Override
    public MemorySegment map() throws IOException {
        checkOpen();
        MemorySegment memory = mapped;
        if (memory == null) {
            Arena arena = Arena.ofShared();
            try (BlobMemory where = memory()) {
                memory = where.map(arena);
            } catch (IOException e) {
                arena.close();
                throw e;
            }
            mapping = arena;
            mapped = memory;
        }
        return memory;
    }

    /** Where the memory lies; waits until the host has mapped it, and fails if the host refused. */
    BlobMemory memory() throws IOException {
        if (resource.isGuest()) {
            OwnedFd ram = OwnedFd.of(Posix.dup(context.driver().ram().fd()), "dup of guest RAM");
            return new BlobMemory(ram, resource.pages(), Memory.PAGE_SIZE);
        }
        FileRange range = context.resources().awaitMapped(resource);
        return new BlobMemory(range.file(), new long[] {range.offset()}, range.length());
    }

    /**
     * {@inheritDoc}
     *
     * <p>Here it is the file that the host mapped. A guest blob has none: it is a few pages of guest RAM.
     */
    @Override
    public OwnedFd export() throws IOException {
        checkOpen();
        if (resource.isGuest()) {
            throw new UnsupportedOperationException("guest blobs have no file of their own in the loopback guest");
        }
        FileRange range = context.resources().awaitMapped(resource);
        if (range.offset() != 0) {
            range.file().close();
            throw new IOException("the host mapped resource " + resource.id() + " from offset " + range.offset()
                    + " of a file, of which no descriptor can tell");
        }
        return range.file();
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
        context.closed(this);
    }
}
