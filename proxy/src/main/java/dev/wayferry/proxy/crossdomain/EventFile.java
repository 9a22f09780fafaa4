package dev.wayferry.proxy.crossdomain;

import dev.wayferry.bridge.ForeignEvent;
import dev.wayferry.posix.Epoll;
import dev.wayferry.posix.Errno;
import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.PosixException;
import dev.wayferry.proxy.loop.EventLoop;
import dev.wayferry.wire.crossdomain.CrossDomainReadWrite;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * An eventfd that was received: the guest signals it by WRITEs of 8 bytes, and once it asks for that, each time it is
 * signalled becomes a READ of 8 bytes.
 */
final class EventFile implements ReadSource {
    /** Bytes that an eventfd is read and written by. */
    static final int LENGTH = Long.BYTES;

    private final OwnedFd event;
    private final CrossDomainFactory shared;
    private final Runnable ready;
    private int id;
    private EventLoop.@Nullable Registration registration;
    private boolean readable;

    /** Takes ownership of {@code event}; {@code ready} is run when there is something to read. */
    EventFile(OwnedFd event, CrossDomainFactory shared, Runnable ready) {
        this.event = event;
        this.shared = shared;
        this.ready = ready;
    }

    /** Begins to watch; what the counter holds already counts as well. */
    void watch(int itsId) throws PosixException {
        id = itsId;
        registration = shared.loop.register(event.number(), Epoll.EPOLLIN | Epoll.EPOLLET, _ -> {
            readable = true;
            ready.run();
        });
    }

    boolean isWatched() {
        return registration != null;
    }

    /** Adds a value to the counter, 8 bytes of native memory; returns as {@link ForeignEvent#add} does. */
    long signal(MemorySegment value) {
        return ForeignEvent.add(event.number(), value);
    }

    @Override
    public int id() {
        return id;
    }

    @Override
    public boolean isReadable() {
        return readable;
    }

    @Override
    public Outcome receive(MemorySegment page, CrossDomainReadWrite header) {
        shared.iovecs.clear();
        // There is room for one.
        boolean unused = shared.iovecs.add(page.address() + CrossDomainReadWrite.LENGTH, LENGTH);
        long count = ForeignEvent.read(event.number(), shared.iovecs);
        if (count != LENGTH) {
            readable = count == -Errno.EINTR;
            return Outcome.NOTHING;
        }
        // With EFD_SEMAPHORE the counter may still be more than 0, and that is no new edge: so it is read again.
        header.wrap(page, 0).identifier(id).hangUp(0).opaqueDataSize(LENGTH);
        return Outcome.MESSAGE;
    }

    @Override
    public void close(Closer closer) {
        if (registration != null) {
            registration.cancel();
            registration = null;
        }
        event.close();
    }
}
