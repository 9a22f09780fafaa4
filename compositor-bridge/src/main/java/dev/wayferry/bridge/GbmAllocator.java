package dev.wayferry.bridge;

import dev.wayferry.posix.FileStatus;
import dev.wayferry.posix.Gbm;
import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.PosixException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * Allocates by the driver of a GPU, so that the GPU and its screens can use the images: libgbm decides how wide rows are and
 * where the memory is. Linear images always, for guests write them with the CPU.
 *
 * <p>Guests map them write-combined: whether a CPU's caches see what the GPU sees differs from driver to driver, libgbm does
 * not tell, and nothing in a guest flushes them. That is never wrong, only slow to read, and guests write.
 */
public final class GbmAllocator implements ImageAllocator {
    private static final Path NODES = Path.of("/dev/dri");

    /** Pixels; larger images many GPUs can't use. */
    private static final int MAX_SIDE = 16384;

    private static final int XR24 = ImageLayout.fourcc("XR24");
    private static final int BYTES_PER_PIXEL = 4;

    /** Pixels a row of what is allocated, wider ones where there would be more rows than that. */
    private static final int LEAST_WIDTH = 1024;

    private static final int MOST_ROWS = 8192;

    /** For formats that libgbm has no name for: what all GPUs can read. */
    private static final int ALIGNMENT = 256;

    private final Path node;
    private final Gbm gbm;
    private boolean closed;

    private GbmAllocator(Path node, Gbm gbm) {
        this.node = node;
        this.gbm = gbm;
    }

    /**
     * On the first render node that works.
     *
     * @throws IOException where none does, or there is no libgbm
     */
    public static GbmAllocator open() throws IOException {
        List<Path> nodes = new ArrayList<>();
        if (Files.isDirectory(NODES)) {
            try (DirectoryStream<Path> found = Files.newDirectoryStream(NODES, "renderD*")) {
                found.forEach(nodes::add);
            }
        }
        Collections.sort(nodes);
        IOException last = new IOException("there is no render node, " + NODES + "/renderD*");
        for (Path node : nodes) {
            try {
                return open(node);
            } catch (IOException e) {
                last = e;
            }
        }
        throw last;
    }

    /** On this DRM node. */
    public static GbmAllocator open(Path node) throws IOException {
        GbmAllocator allocator = new GbmAllocator(node, Gbm.open(node.toString()));
        try {
            allocator.allocate(1).close();
            return allocator;
        } catch (IOException | RuntimeException e) {
            allocator.close();
            throw e;
        }
    }

    @Override
    public String name() {
        return "gbm";
    }

    @Override
    public boolean makesDmaBufs() {
        return true;
    }

    @Override
    public Caching caching() {
        return Caching.WRITE_COMBINED;
    }

    @Override
    public boolean asksForLayouts() {
        return true;
    }

    @Override
    public synchronized ImageLayout layout(ImageQuery query) throws IOException {
        ImageLayout own = ImageLayout.linear(query.width(), query.height(), query.fourcc(), ALIGNMENT);
        if (own == null || query.width() > MAX_SIDE || query.height() > MAX_SIDE) {
            throw new IOException(query + ": unknown format or size");
        }
        checkOpen();
        int uses = query.flags() & (ImageQuery.USE_SCANOUT | ImageQuery.USE_RENDERING);
        Gbm.Bo bo = gbm.create(query.width(), query.height(), query.fourcc(), uses);
        if (bo == null) {
            // A driver may not scan out what is linear, or this format.
            bo = uses == 0 ? null : gbm.create(query.width(), query.height(), query.fourcc(), 0);
        }
        if (bo == null) {
            // libgbm knows hardly any format of several planes, but GPUs read them all the same.
            return own;
        }
        try (Gbm.Bo image = bo) {
            return layoutOf(image, query);
        }
    }

    private static ImageLayout layoutOf(Gbm.Bo image, ImageQuery query) throws IOException {
        long modifier = image.modifier();
        // A driver without modifiers says INVALID also of what it was told to make linear. It is passed on as it is:
        // compositors on such a driver take nothing else.
        if (modifier != ImageLayout.DRM_FORMAT_MOD_LINEAR && modifier != ImageLayout.DRM_FORMAT_MOD_INVALID) {
            throw new IOException(String.format("%s: modifier 0x%x is not linear", query, modifier));
        }
        int planes = image.planeCount();
        if (planes < 1 || planes > ImageLayout.MAX_PLANES) {
            throw new IOException(query + ": " + planes + " planes");
        }
        int[] strides = new int[ImageLayout.MAX_PLANES];
        int[] offsets = new int[ImageLayout.MAX_PLANES];
        for (int plane = 0; plane < planes; plane++) {
            strides[plane] = image.stride(plane);
            offsets[plane] = image.offset(plane);
        }
        try (OwnedFd file = image.export()) {
            return new ImageLayout(strides, offsets, modifier, sizeOf(file));
        }
    }

    private static long sizeOf(OwnedFd dmaBuf) throws PosixException {
        try (Arena arena = Arena.ofConfined()) {
            FileStatus status = new FileStatus(arena);
            int unused = PosixException.check(status.read(dmaBuf.number()), "statx of a dma-buf");
            return status.size();
        }
    }

    /** As an image of so many bytes: to who gets the dma-buf, linear memory is linear memory. */
    @Override
    public synchronized OwnedFd allocate(long size) throws IOException {
        checkOpen();
        int width = LEAST_WIDTH;
        while (width < MAX_SIDE && rows(size, width) > MOST_ROWS) {
            width *= 2;
        }
        long rows = rows(size, width);
        Gbm.Bo bo = rows > MAX_SIDE ? null : gbm.create(width, (int) rows, XR24, 0);
        if (bo == null) {
            throw new IOException("libgbm allocates no " + size + " bytes on " + node);
        }
        try (Gbm.Bo image = bo) {
            OwnedFd file = image.export();
            try {
                long got = sizeOf(file);
                if (got < size) {
                    throw new IOException("libgbm allocated " + got + " bytes, not " + size);
                }
                return file;
            } catch (IOException e) {
                file.close();
                throw e;
            }
        }
    }

    private static long rows(long size, int width) {
        long stride = (long) width * BYTES_PER_PIXEL;
        return (size + stride - 1) / stride;
    }

    private void checkOpen() throws IOException {
        if (closed) {
            throw new IOException("the allocator has been closed");
        }
    }

    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            gbm.close();
        }
    }
}
