package dev.wayferry.bridge.mirror;

import dev.wayferry.posix.Errno;
import dev.wayferry.posix.Iovecs;
import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.Posix;
import dev.wayferry.wire.wayland.WlShmPool;

/** A {@code wl_shm_pool} of guest memory, and the file that stands for it at the compositor's. */
final class Pool extends Tracked {
    private final OwnedFd file;
    private final GuestPages pages;
    private int holders = 1;

    /** Takes ownership of {@code file}, which has room for all of {@code pages}. */
    Pool(OwnedFd file, GuestPages pages) {
        super(WlShmPool.INTERFACE);
        this.file = file;
        this.pages = pages;
    }

    long size() {
        return pages.size();
    }

    /** One buffer more needs it. */
    void hold() {
        holders++;
    }

    /** The pool object or one of its buffers has gone; the last takes the file along. */
    @Override
    void drop() {
        holders--;
        if (holders == 0) {
            file.close();
        }
    }

    /** Copies [start, end) of the guest's memory into the file, as far as it is there; returns the bytes copied. */
    long copy(long start, long end, Iovecs iovecs) {
        long at = Math.max(0, start);
        long limit = Math.min(end, size());
        long before = at;
        while (at < limit) {
            iovecs.clear();
            if (pages.addTo(iovecs, at, limit - at) == 0) {
                break;
            }
            long count = Posix.pwritev(file.number(), iovecs, at);
            if (count == -Errno.EINTR) {
                continue;
            }
            if (count <= 0) {
                // The VMM has cut the memory off, or there is none left for the file: the picture stays as it was.
                break;
            }
            at += count;
        }
        return at - before;
    }
}
