package dev.wayferry.bridge;

import dev.wayferry.posix.Memory;
import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.Posix;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * {@code /dev/udmabuf}: makes dma-bufs of pages of memory files (Linux, {@code include/uapi/linux/udmabuf.h}), without a
 * copy. Its calls may block and may be made by any thread.
 */
public final class Udmabuf implements PageFiles {
    private static final String DEVICE = "/dev/udmabuf";
    private static final Path PARAMETERS = Path.of("/sys/module/udmabuf/parameters");

    /** _IOW('u', 0x43, struct udmabuf_create_list). */
    private static final long UDMABUF_CREATE_LIST = 0x40087543L;

    private static final int UDMABUF_FLAGS_CLOEXEC = 1;

    /** struct udmabuf_create_list: flags, count; then the items. */
    private static final int LIST_LENGTH = 8;

    /** struct udmabuf_create_item: memfd, pad, offset, size. */
    private static final int ITEM_LENGTH = 24;

    /** Seals that a memory file must have, and those it must not have, to be made a dma-buf of. */
    private static final int SEALS_NEEDED = Memory.F_SEAL_SHRINK;

    private static final int SEALS_FORBIDDEN = Memory.F_SEAL_WRITE | Memory.F_SEAL_FUTURE_WRITE;

    private final OwnedFd device;
    private final int listLimit;
    private final long sizeLimit;

    private Udmabuf(OwnedFd device, int listLimit, long sizeLimit) {
        this.device = device;
        this.listLimit = listLimit;
        this.sizeLimit = sizeLimit;
    }

    /**
     * Opens the device.
     *
     * @throws IOException where there is none, or it may not be opened
     */
    public static Udmabuf open() throws IOException {
        OwnedFd device = OwnedFd.of(Posix.open(DEVICE, Posix.O_RDWR), DEVICE);
        return new Udmabuf(
                device, (int) parameter("list_limit", 1024), parameter("size_limit_mb", 64) << 20);
    }

    private static long parameter(String name, long otherwise) {
        try {
            return Long.parseLong(Files.readString(PARAMETERS.resolve(name)).strip());
        } catch (IOException | NumberFormatException e) {
            // Unreadable to us, perhaps: the kernel's own default then.
            return otherwise;
        }
    }

    @Override
    public int listLimit() {
        return listLimit;
    }

    @Override
    public long sizeLimit() {
        return sizeLimit;
    }

    /** Whether a file with these {@code F_SEAL_*} bits (or a negative error number) can be made a dma-buf of. */
    public static boolean accepts(int seals) {
        return seals >= 0 && (seals & SEALS_NEEDED) == SEALS_NEEDED && (seals & SEALS_FORBIDDEN) == 0;
    }

    /**
     * A dma-buf of {@code pieces}, one after the other. It shares their pages and keeps them in memory while it lives.
     *
     * @throws IOException when the kernel refuses: EINVAL for a file that is not sealed against shrinking or sealed against
     *     writing, for what is no whole page, and above {@link #listLimit} or {@link #sizeLimit}; EBADFD for a file that is
     *     no memfd
     */
    @Override
    public OwnedFd create(List<Piece> pieces) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment list = arena.allocate(LIST_LENGTH + (long) ITEM_LENGTH * pieces.size(), Long.BYTES);
            list.set(ValueLayout.JAVA_INT, 0, UDMABUF_FLAGS_CLOEXEC);
            list.set(ValueLayout.JAVA_INT, 4, pieces.size());
            long at = LIST_LENGTH;
            long size = 0;
            for (Piece piece : pieces) {
                list.set(ValueLayout.JAVA_INT, at, piece.memfd());
                list.set(ValueLayout.JAVA_LONG, at + 8, piece.offset());
                list.set(ValueLayout.JAVA_LONG, at + 16, piece.size());
                at += ITEM_LENGTH;
                size += piece.size();
            }
            return OwnedFd.of(
                    Posix.ioctl(device.number(), UDMABUF_CREATE_LIST, list),
                    "udmabuf of " + size + " bytes in " + pieces.size() + " pieces");
        }
    }

    @Override
    public void close() {
        device.close();
    }
}
