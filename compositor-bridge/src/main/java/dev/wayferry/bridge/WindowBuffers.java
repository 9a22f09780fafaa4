package dev.wayferry.bridge;

import dev.wayferry.posix.Memory;
import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.Posix;
import dev.wayferry.posix.PosixException;
import dev.wayferry.wire.wayland.WlBuffer;
import dev.wayferry.wire.wayland.WlShm;
import dev.wayferry.wire.wayland.WlShmPool;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Two buffers of shared memory for a window of one size: one is painted while the compositor shows the other. */
final class WindowBuffers implements AutoCloseable {
    static final int COUNT = 2;
    static final int BYTES_PER_PIXEL = 4;

    private final WaylandObjects objects;
    private final Arena arena = Arena.ofConfined();
    private final int width;
    private final int height;
    private final MemorySegment memory;
    private final int[] ids = new int[COUNT];
    private final boolean[] busy = new boolean[COUNT];

    /** What of each is older than the picture: left, top, right, bottom; all of a new one. */
    private final int[][] old = new int[COUNT][];

    WindowBuffers(WaylandObjects objects, int shm, int width, int height) throws IOException {
        this.objects = objects;
        this.width = width;
        this.height = height;
        long pixels = (long) width * height;
        if (pixels > Integer.MAX_VALUE / (COUNT * BYTES_PER_PIXEL)) {
            throw new IOException("a window of " + width + " by " + height + " pixels");
        }
        int stride = width * BYTES_PER_PIXEL;
        long one = pixels * BYTES_PER_PIXEL;
        try (OwnedFd file = MemoryFiles.allocate(COUNT * one)) {
            memory = Memory.map(file.number(), 0, COUNT * one, Memory.PROT_READ | Memory.PROT_WRITE, arena);
            int pool = objects.newObject((_, _) -> {});
            objects.queueFd(PosixException.check(Posix.dup(file.number()), "dup"));
            objects.request(shm, WlShm.CREATE_POOL).putInt(pool).putInt((int) (COUNT * one)).end();
            for (int i = 0; i < COUNT; i++) {
                int index = i;
                ids[i] = objects.newObject((opcode, _) -> busy[index] &= opcode != WlBuffer.RELEASE_EVENT);
                objects.request(pool, WlShmPool.CREATE_BUFFER)
                        .putInt(ids[i])
                        .putInt((int) (i * one))
                        .putInt(width)
                        .putInt(height)
                        .putInt(stride)
                        .putInt(WlShm.FORMAT_XRGB8888)
                        .end();
                old[i] = new int[] {0, 0, width, height};
            }
            objects.request(pool, WlShmPool.DESTROY).end();
        } catch (IOException | RuntimeException e) {
            arena.close();
            throw e;
        }
    }

    int width() {
        return width;
    }

    int height() {
        return height;
    }

    /**
     * The picture has changed there; a rectangle round that and what changed before is painted later. A picture of another
     * size may have come meanwhile, for which there are no buffers yet: what lies outside of these does not count.
     */
    void age(int left, int top, int right, int bottom) {
        for (int[] rectangle : old) {
            extend(rectangle, Math.min(left, width), Math.min(top, height), Math.min(right, width),
                    Math.min(bottom, height));
        }
    }

    static void extend(int[] rectangle, int left, int top, int right, int bottom) {
        boolean empty = rectangle[0] >= rectangle[2] || rectangle[1] >= rectangle[3];
        rectangle[0] = empty ? left : Math.min(rectangle[0], left);
        rectangle[1] = empty ? top : Math.min(rectangle[1], top);
        rectangle[2] = empty ? right : Math.max(rectangle[2], right);
        rectangle[3] = empty ? bottom : Math.max(rectangle[3], bottom);
    }

    /** A buffer that the compositor does not read, or -1. */
    int free() {
        for (int i = 0; i < COUNT; i++) {
            if (!busy[i]) {
                return i;
            }
        }
        return -1;
    }

    /** Of a buffer, for painting: left, top, right, bottom. */
    int[] old(int buffer) {
        return old[buffer];
    }

    /** A buffer's words 0x??RRGGBB, row by row. */
    MemorySegment pixels(int buffer) {
        long size = (long) width * height * BYTES_PER_PIXEL;
        return memory.asSlice(buffer * size, size);
    }

    /** The buffer is painted and goes to the compositor, until it gives it back; returns its id. */
    int take(int buffer) {
        busy[buffer] = true;
        old[buffer] = new int[] {0, 0, 0, 0};
        return ids[buffer];
    }

    /** Destroys them; the compositor keeps what it still shows. */
    @Override
    public void close() {
        for (int id : ids) {
            objects.request(id, WlBuffer.DESTROY).end();
        }
        arena.close();
    }
}
