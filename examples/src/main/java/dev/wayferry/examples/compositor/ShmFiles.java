package dev.wayferry.examples.compositor;

import dev.wayferry.posix.Errno;
import dev.wayferry.posix.FileStatus;
import dev.wayferry.posix.Posix;
import dev.wayferry.wire.wayland.WlShm;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Reads clients' memory files. They are never mapped: a client that shortens its file would raise SIGBUS in a mapping, but
 * only ends a pread early.
 */
final class ShmFiles {
    private static final int SCRATCH_SIZE = 1 << 20;
    private static final int BYTES_PER_PIXEL = 4;

    private final FileStatus status;
    private final MemorySegment scratch;

    ShmFiles(Arena arena) {
        status = new FileStatus(arena);
        scratch = arena.allocate(SCRATCH_SIZE, Long.BYTES);
    }

    /** Refuses a file that is not regular memory of at least {@code size} bytes. */
    void checkSize(Resource resource, int fd, long size) throws ProtocolException {
        int result = status.read(fd);
        if (result < 0) {
            throw resource.error(WlShm.ERROR_INVALID_FD, "the file's status: " + Errno.name(result));
        }
        if (status.type() != FileStatus.S_IFREG) {
            throw resource.error(WlShm.ERROR_INVALID_FD, "not a memory file, type 0x" + Integer.toHexString(status.type()));
        }
        if (status.size() < size) {
            throw resource.error(
                    WlShm.ERROR_INVALID_FD, "a pool of " + size + " bytes in a file of " + status.size() + " bytes");
        }
    }

    /**
     * Copies a rectangle of {@code buffer}, which lies inside it, to the same place in {@code pixels}, whose rows are as
     * long as the buffer's.
     */
    void copy(ShmBuffer buffer, int x, int y, int width, int height, int[] pixels) throws ProtocolException {
        int fd = buffer.pool().fd();
        int stride = buffer.stride();
        int rowBytes = width * BYTES_PER_PIXEL;
        int rowsAtOnce = Math.max(1, (SCRATCH_SIZE - rowBytes) / stride + 1);
        for (int row = 0; row < height; row += rowsAtOnce) {
            int rows = Math.min(rowsAtOnce, height - row);
            long offset = buffer.offset() + (long) (y + row) * stride + (long) x * BYTES_PER_PIXEL;
            long length = (rows - 1L) * stride + rowBytes;
            readFully(buffer, fd, offset, length);
            for (int i = 0; i < rows; i++) {
                MemorySegment.copy(
                        scratch,
                        ValueLayout.JAVA_INT_UNALIGNED,
                        (long) i * stride,
                        pixels,
                        (y + row + i) * buffer.width() + x,
                        width);
            }
        }
    }

    private void readFully(ShmBuffer buffer, int fd, long offset, long length) throws ProtocolException {
        long done = 0;
        while (done < length) {
            long read = Posix.pread(fd, scratch.asSlice(done, length - done), offset + done);
            if (read == -Errno.EINTR) {
                continue;
            }
            if (read <= 0) {
                throw buffer.error(
                        WlShm.ERROR_INVALID_FD,
                        "bytes " + (offset + done) + " to " + (offset + length) + " of the pool's file: "
                                + (read == 0 ? "it is shorter" : Errno.name(read)));
            }
            done += read;
        }
    }
}
