package dev.wayferry.bridge.mirror;

import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.Posix;
import dev.wayferry.posix.PosixException;
import java.util.ArrayDeque;
import java.util.Iterator;
import org.jspecify.annotations.Nullable;

/**
 * The memory files that came and have not been taken by a request yet, in order. Files come no later than the request that
 * they belong to, and may come earlier: libwayland sends all it has with the first bytes that it sends. Pipes are left out;
 * the requests that take them are many, and none of them takes memory.
 */
final class PendingFiles {
    /** Bytes of requests that may come between a file and the request that takes it. */
    static final int MAX_LEAD = 1 << 16;

    static final int MAX_PENDING = 64;

    /** A file that came. Of guest memory it has a descriptor of its own, until that is claimed or closed. */
    static final class File {
        private final @Nullable OwnedFd descriptor;
        private final @Nullable GuestPages pages;
        private long passed;

        private File(@Nullable OwnedFd descriptor, @Nullable GuestPages pages) {
            this.descriptor = descriptor;
            this.pages = pages;
        }

        private void close() {
            if (descriptor != null) {
                descriptor.close();
            }
        }
    }

    private final ArrayDeque<File> files = new ArrayDeque<>();

    /** A file that has come; the descriptor stays the caller's. */
    void add(int descriptor, @Nullable GuestPages pages) throws RefusedException {
        if (files.size() == MAX_PENDING) {
            if (files.getFirst().pages != null) {
                throw new RefusedException("more than " + MAX_PENDING + " memory files come that no request takes");
            }
            // It must have been for a request that nobody follows.
            files.removeFirst();
        }
        try {
            files.add(new File(pages == null ? null : OwnedFd.of(Posix.dup(descriptor), "dup"), pages));
        } catch (PosixException e) {
            throw new RefusedException(String.valueOf(e.getMessage()));
        }
    }

    /** Takes the next file for a pool, which then owns it; null when it is no guest memory, or none has come. */
    @Nullable Pool takePool() {
        File file = files.poll();
        if (file == null || file.descriptor == null || file.pages == null) {
            return null;
        }
        return new Pool(file.descriptor, file.pages);
    }

    /** Takes the next file for something else; returns whether it was guest memory. */
    boolean take() {
        File file = files.poll();
        if (file == null) {
            return false;
        }
        file.close();
        return file.pages != null;
    }

    /**
     * So many bytes of requests have gone by. Memory of the host's that nobody has taken by now belongs to a request that
     * nobody follows.
     *
     * @throws RefusedException when it is guest memory
     */
    void passed(int bytes) throws RefusedException {
        for (Iterator<File> all = files.iterator(); all.hasNext(); ) {
            File file = all.next();
            file.passed += bytes;
            if (file.passed > MAX_LEAD) {
                if (file.pages != null) {
                    throw new RefusedException("a guest blob is sent with something other than wl_shm.create_pool, which"
                            + " alone can be mirrored");
                }
                all.remove();
            }
        }
    }

    void close() {
        files.forEach(File::close);
        files.clear();
    }
}
