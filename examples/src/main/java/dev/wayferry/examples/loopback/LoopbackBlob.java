package dev.wayferry.examples.loopback;

import dev.wayferry.examples.loopback.HostVisibleWindow.FileRange;
import dev.wayferry.examples.virtgpu.VirtGpuBlob;
import dev.wayferry.posix.Memory;
import dev.wayferry.posix.OwnedFd;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/** A context's hold on a resource. */
final class LoopbackBlob implements VirtGpuBlob {
    private static final int READ_WRITE = Memory.PROT_READ | Memory.PROT_WRITE;

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
            try {
                memory = resource.isGuest() ? mapGuest(arena) : mapHost(arena);
            } catch (IOException e) {
                arena.close();
                throw e;
            }
            mapping = arena;
            mapped = memory;
        }
        return memory;
    }

    private MemorySegment mapGuest(Arena arena) throws IOException {
        int ram = context.driver().ram().fd();
        return Memory.mapScattered(ram, resource.pages(), Memory.PAGE_SIZE, READ_WRITE, arena);
    }

    private MemorySegment mapHost(Arena arena) throws IOException {
        FileRange range = context.resources().awaitMapped(resource);
        try (OwnedFd file = range.file()) {
            return Memory.map(file.number(), range.offset(), range.length(), READ_WRITE, arena);
        }
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
