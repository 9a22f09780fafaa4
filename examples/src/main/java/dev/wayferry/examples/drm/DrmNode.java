package dev.wayferry.examples.drm;

import dev.wayferry.posix.Errno;
import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.Posix;
import dev.wayferry.posix.PosixException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** Finds and opens virtio_gpu's render node, and calls its ioctls. */
final class DrmNode {
    private static final Path FOLDER = Path.of("/dev/dri");
    private static final int FIRST_RENDER_NODE = 128;
    private static final int LAST_RENDER_NODE = 191;
    private static final int MAX_DRIVER_NAME = 64;
    private static final String DRIVER = "virtio_gpu";

    private DrmNode() {}

    /** The first render node whose driver is virtio_gpu. */
    static Path find() throws IOException {
        for (int minor = FIRST_RENDER_NODE; minor <= LAST_RENDER_NODE; minor++) {
            Path node = FOLDER.resolve("renderD" + minor);
            if (Files.exists(node)) {
                try (OwnedFd fd = open(node)) {
                    if (driverOf(fd.number()).equals(DRIVER)) {
                        return node;
                    }
                }
            }
        }
        throw new NoSuchFileException(FOLDER + "/renderD*", null, "no node of the driver " + DRIVER);
    }

    /** Opens a node anew; reading events from it never blocks. */
    static OwnedFd open(Path node) throws PosixException {
        return OwnedFd.of(Posix.open(node.toString(), Posix.O_RDWR | Posix.O_NONBLOCK), "open " + node);
    }

    /** Whether a dma-buf is one that the driver has exported, and not another's. */
    static boolean isOwnDmaBuf(int fd) {
        try {
            return Files.readAllLines(Path.of("/proc/self/fdinfo/" + fd)).contains("exp_name:\t" + DRIVER);
        } catch (IOException e) {
            return false;
        }
    }

    private static String driverOf(int fd) throws PosixException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment name = arena.allocate(MAX_DRIVER_NAME);
            MemorySegment version = arena.allocate(VirtGpuDrm.VERSION_SIZE, Long.BYTES);
            version.set(ValueLayout.JAVA_LONG, VirtGpuDrm.VERSION_NAME_LEN_OFFSET, name.byteSize());
            version.set(ValueLayout.JAVA_LONG, VirtGpuDrm.VERSION_NAME_OFFSET, name.address());
            ioctl(fd, VirtGpuDrm.DRM_IOCTL_VERSION, version, "VERSION");
            // The kernel says the name's whole length, whatever it could copy.
            long length = Math.min(
                    version.get(ValueLayout.JAVA_LONG, VirtGpuDrm.VERSION_NAME_LEN_OFFSET), name.byteSize());
            return new String(
                    name.asSlice(0, length).toArray(ValueLayout.JAVA_BYTE), StandardCharsets.US_ASCII);
        }
    }

    /** An ioctl, again as often as a signal interrupts it; {@code what} is its name, for the error. */
    static void ioctl(int fd, long request, MemorySegment argument, String what) throws PosixException {
        int result;
        do {
            result = Posix.ioctl(fd, request, argument);
        } while (result == -Errno.EINTR || result == -Errno.EAGAIN);
        PosixException.check(result, what);
    }
}
