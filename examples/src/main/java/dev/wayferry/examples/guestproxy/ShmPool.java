package dev.wayferry.examples.guestproxy;

import dev.wayferry.wire.wayland.WlShmPool;
import org.jspecify.annotations.Nullable;

/**
 * A program's {@code wl_shm_pool}. On the host there is one of the same number, but not of the same memory: it changes
 * with every buffer.
 *
 * <p>A pool's memory can be huge and sparse (terminals make half a gigabyte of it and use a window), it can grow, and its
 * buffers may overlap. So not the pool is mirrored on the host but each buffer, in shared memory of its own: before each
 * {@code create_buffer} the host's pool is destroyed and made anew over that memory. Nothing else would do for a number:
 * the proxy cannot number objects of its own, because compositors demand that a program's numbers are dense. The host's
 * {@code delete_id} for each such pool is hidden from the program. Growing a pool then is of no concern to the host.
 *
 * <p>Where the host can have the program's memory itself, the host's pool is over that, until the program's grows.
 */
final class ShmPool extends WaylandObject {
    private final ShmGlobal shm;
    private final ClientFile file;
    private int size;
    private @Nullable SharedPool shared;
    private @Nullable SharedPool onHost;
    private boolean copied;

    /** A pool over {@code file}, of which it takes over a hold. */
    ShmPool(int id, ShmGlobal shm, ClientFile file, int size) {
        super(id, WlShmPool.INTERFACE.name());
        this.shm = shm;
        this.file = file;
        this.size = size;
    }

    ShmGlobal shm() {
        return shm;
    }

    ClientFile file() {
        return file;
    }

    /** Bytes, as the program said. */
    int size() {
        return size;
    }

    void size(int size) {
        this.size = size;
    }

    /** Its memory as the host has it without a copy, made when first asked for; null where it has to be copied. */
    @Nullable SharedPool shared(PoolSharing sharing) {
        if (!copied && (shared == null || shared.size() < size)) {
            if (shared != null) {
                shared.drop();
            }
            shared = sharing.share(file, size);
            // It is not tried again for each buffer.
            copied = shared == null;
        }
        return shared;
    }

    /** The memory over which the host's pool of this number is; null when it is a mirror's. */
    @Nullable SharedPool onHost() {
        return onHost;
    }

    void onHost(@Nullable SharedPool memory) {
        onHost = memory;
    }

    @Override
    void discard() {
        file.drop();
        if (shared != null) {
            shared.drop();
            shared = null;
        }
    }
}
