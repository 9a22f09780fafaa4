package dev.wayferry.examples.guestproxy;

import dev.wayferry.examples.virtgpu.VirtGpuBlob;
import dev.wayferry.wire.crossdomain.CrossDomainImageRequirements;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Gives memory that the host can hand to its compositor.
 *
 * <p>A guest cannot ask a host for memory as such, only for the requirements of an image; the answer names a template that
 * RESOURCE_CREATE_BLOB then takes as often as wanted. So sizes are rounded to a few classes, each asked for once as a linear
 * XRGB image of that size. Freed memory waits for the next of its class, because making and mapping a blob costs several
 * commands, and on the host an entry in the virtual machine's memory map, of which there are some hundred. For the same reason
 * small buffers share blobs.
 */
final class SharedMemoryAllocator implements AutoCloseable {
    static final int PAGE = 4096;

    private static final int DRM_FORMAT_XRGB8888 = 'X' | 'R' << 8 | '2' << 16 | '4' << 24;
    private static final int GBM_BO_USE_LINEAR = 0x10;
    private static final int BYTES_PER_PIXEL = 4;
    private static final int NARROW_WIDTH = PAGE / BYTES_PER_PIXEL;
    private static final int WIDE_WIDTH = 8 * NARROW_WIDTH;
    /** What every GPU's allocator takes, should there be one behind the host. */
    private static final int MAX_HEIGHT = 8192;

    /** How many bytes wait to be used again, at most. */
    private static final long MAX_FREE_BYTES = 64 << 20;
    /** How many blobs wait to be used again, at most: the host has only so many mappings. */
    private static final int MAX_FREE_BLOBS = 8;

    private record Template(int blobId, long size) {}

    private final CrossDomainChannel channel;
    private final GuestProxyCounters counters;
    private final Map<Long, Template> templates = new HashMap<>();
    private final ArrayDeque<SharedMemory> free = new ArrayDeque<>();
    private final Map<VirtGpuBlob, Slab> slabs = new LinkedHashMap<>();
    private final Set<SharedMemory> used = Collections.newSetFromMap(new IdentityHashMap<>());
    private final List<SharedMemory> closing = new ArrayList<>();
    private long freeBytes;

    SharedMemoryAllocator(CrossDomainChannel channel, GuestProxyCounters counters) {
        this.channel = channel;
        this.counters = counters;
    }

    /**
     * Memory of at least {@code size} bytes, of any content.
     *
     * @throws IOException when the host has none to give
     */
    SharedMemory allocate(long size) throws IOException {
        return size <= Slab.MAX_PIECE ? allocatePiece(Slab.pieceSize(size)) : allocateWhole(size);
    }

    /** The same, at the start of a blob of its own. */
    SharedMemory allocateWhole(long size) throws IOException {
        Template template = template(roundUp(size));
        if (template.size() < size) {
            throw new IOException("the host gives no memory of " + size + " bytes");
        }
        SharedMemory memory = takeFree(template.size());
        if (memory == null) {
            memory = create(template);
        } else {
            counters.blobsReused.increment();
        }
        used.add(memory);
        return memory;
    }

    private SharedMemory allocatePiece(int pieceSize) throws IOException {
        for (Slab slab : slabs.values()) {
            SharedMemory piece = slab.pieceSize() == pieceSize ? slab.take() : null;
            if (piece != null) {
                return piece;
            }
        }
        Slab slab = new Slab(allocateWhole(Slab.SIZE), pieceSize);
        slabs.put(slab.whole().blob(), slab);
        return Objects.requireNonNull(slab.take());
    }

    /**
     * Takes memory back.
     *
     * @param reusable whether nobody on the host reads it any more
     */
    void release(SharedMemory memory, boolean reusable) {
        Slab slab = slabs.get(memory.blob());
        if (slab == null) {
            releaseWhole(memory, reusable);
            return;
        }
        slab.release(memory, reusable);
        if (slab.isIdle()) {
            slabs.remove(memory.blob());
            releaseWhole(slab.whole(), !slab.isSpoilt());
        }
    }

    private void releaseWhole(SharedMemory memory, boolean reusable) {
        used.remove(memory);
        if (!reusable || memory.size() > MAX_FREE_BYTES) {
            closing.add(memory);
            return;
        }
        free.addLast(memory);
        freeBytes += memory.size();
        while (free.size() > MAX_FREE_BLOBS || freeBytes > MAX_FREE_BYTES) {
            SharedMemory oldest = free.removeFirst();
            freeBytes -= oldest.size();
            closing.add(oldest);
        }
    }

    /** Lets go of what was released and is not to be used again, now that no SEND still to be submitted names it. */
    void closeReleased() throws IOException {
        for (SharedMemory memory : closing) {
            memory.blob().close();
        }
        closing.clear();
    }

    private @Nullable SharedMemory takeFree(long size) {
        for (var each = free.descendingIterator(); each.hasNext(); ) {
            SharedMemory memory = each.next();
            if (memory.size() == size) {
                each.remove();
                freeBytes -= size;
                return memory;
            }
        }
        return null;
    }

    private SharedMemory create(Template template) throws IOException {
        VirtGpuBlob blob = channel.createHostBlob(template.size(), template.blobId());
        try {
            counters.blobsCreated.increment();
            return new SharedMemory(blob, 0, blob.map().asSlice(0, template.size()));
        } catch (IOException | RuntimeException e) {
            blob.close();
            throw e;
        }
    }

    private Template template(long size) throws IOException {
        Template known = templates.get(size);
        if (known != null) {
            return known;
        }
        long pages = size / PAGE;
        int width = pages <= MAX_HEIGHT ? NARROW_WIDTH : WIDE_WIDTH;
        long stride = (long) width * BYTES_PER_PIXEL;
        int height = Math.toIntExact((size + stride - 1) / stride);
        CrossDomainImageRequirements answer =
                channel.queryImage(width, height, DRM_FORMAT_XRGB8888, GBM_BO_USE_LINEAR);
        Template template = new Template(answer.blobId(), answer.blobId() == 0 ? 0 : answer.size());
        templates.put(size, template);
        return template;
    }

    /** Whole pages, and above eight pages only sizes of three leading bits, so that at most an eighth is wasted. */
    static long roundUp(long size) {
        long pages = Math.max(1, (size + PAGE - 1) / PAGE);
        long step = Math.max(1, Long.highestOneBit(pages) / 8);
        return (pages + step - 1) / step * step * PAGE;
    }

    @Override
    public void close() throws IOException {
        for (SharedMemory memory : used) {
            memory.blob().close();
        }
        for (SharedMemory memory : free) {
            memory.blob().close();
        }
        closeReleased();
        used.clear();
        free.clear();
    }
}
