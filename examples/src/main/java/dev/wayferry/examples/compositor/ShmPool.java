package dev.wayferry.examples.compositor;

import dev.wayferry.posix.OwnedFd;
import dev.wayferry.wire.wayland.MalformedMessageException;
import dev.wayferry.wire.wayland.WaylandReader;
import dev.wayferry.wire.wayland.WlShm;
import dev.wayferry.wire.wayland.WlShmPool;

/** A client's memory file, which lives until the pool and all its buffers are gone. */
final class ShmPool extends Resource {
    /** A row of the widest buffer fits the reader's scratch memory. */
    private static final int MAX_SIDE = 1 << 14;

    private final OwnedFd file;
    private int size;
    private int users = 1;

    /** Takes ownership of {@code file}. */
    ShmPool(Resource parent, int id, OwnedFd file, int size) {
        super(parent, id, WlShmPool.INTERFACE);
        this.file = file;
        this.size = size;
    }

    /** The file's descriptor, which stays the pool's. */
    int fd() {
        return file.number();
    }

    @Override
    void request(int opcode, WaylandReader args) throws ProtocolException, MalformedMessageException {
        switch (opcode) {
            case WlShmPool.CREATE_BUFFER -> createBuffer(args);
            case WlShmPool.RESIZE -> {
                int newSize = args.readInt();
                if (newSize < size) {
                    throw error(WlShm.ERROR_INVALID_FD, "a pool of " + size + " bytes cannot shrink to " + newSize);
                }
                display().shm().checkSize(this, fd(), newSize);
                size = newSize;
            }
            case WlShmPool.DESTROY -> destroy();
            default -> throw unhandled(opcode);
        }
    }

    private void createBuffer(WaylandReader args) throws ProtocolException, MalformedMessageException {
        int id = client().newId(args);
        int offset = args.readInt();
        int width = args.readInt();
        int height = args.readInt();
        int stride = args.readInt();
        int format = args.readInt();
        if (format != WlShm.FORMAT_ARGB8888 && format != WlShm.FORMAT_XRGB8888) {
            throw error(WlShm.ERROR_INVALID_FORMAT, "format 0x" + Integer.toHexString(format));
        }
        if (offset < 0
                || width <= 0
                || height <= 0
                || width > MAX_SIDE
                || height > MAX_SIDE
                || stride / 4 < width
                || offset + (long) stride * height > size) {
            throw error(
                    WlShm.ERROR_INVALID_STRIDE,
                    "a buffer " + width + "x" + height + " stride " + stride + " offset " + offset + " in a pool of " + size
                            + " bytes");
        }
        client().add(new ShmBuffer(this, id, offset, width, height, stride, format));
        users++;
    }

    /** One user fewer: the pool itself, or one of its buffers. */
    void release() {
        users--;
        if (users == 0) {
            file.close();
        }
    }

    @Override
    void destroyed() {
        release();
    }
}
