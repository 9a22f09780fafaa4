package dev.wayferry.proxy.crossdomain;

import dev.wayferry.bridge.OutboundQueue;
import dev.wayferry.posix.Epoll;
import dev.wayferry.posix.Errno;
import dev.wayferry.posix.Iovecs;
import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.Posix;
import dev.wayferry.posix.PosixException;
import dev.wayferry.proxy.gpu.GpuRequest;
import dev.wayferry.proxy.loop.EventLoop;
import dev.wayferry.wire.gpu.VirtioGpu;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * A pipe that the guest writes to and the compositor's side reads: WRITEs go into it.
 *
 * <p>A reader that is slow fills first the pipe, then a bounded queue here; then WRITEs are held, which the guest feels.
 */
final class WritePipe implements Item {
    private static final long MAX_QUEUED = 4 << 20;
    private static final int MAX_HELD = 64;

    /** Bytes of one WRITE; guest proxies write a few thousand. */
    static final int MAX_LENGTH = 1 << 20;

    private final OwnedFd pipe;
    private final EventLoop loop;
    private final MemorySegment staging;
    private final Iovecs iovecs;
    private final Runnable ready;
    private final OutboundQueue queue;
    private final ArrayDeque<Held> held = new ArrayDeque<>();
    private EventLoop.@Nullable Registration registration;
    private boolean writable;
    private boolean broken;
    private boolean hungUp;

    private record Held(GpuRequest request, int dataOffset, int length, boolean hangUp) {}

    /**
     * Takes ownership of {@code received}, the write end of a pipe.
     *
     * @param ready run when the pipe has room again, so that {@link #flush} is due
     */
    WritePipe(OwnedFd received, CrossDomainFactory shared, Runnable ready) throws PosixException {
        this.loop = shared.loop;
        this.staging = shared.staging;
        this.iovecs = shared.iovecs;
        this.ready = ready;
        this.queue = new OutboundQueue(MAX_QUEUED, shared.queued);
        // A new open file description, so that O_NONBLOCK does not show at whoever else has the pipe's end.
        int own = Posix.open("/proc/self/fd/" + received.number(), Posix.O_WRONLY | Posix.O_NONBLOCK);
        if (own >= 0) {
            received.close();
            this.pipe = new OwnedFd(own);
        } else {
            this.pipe = received;
            PosixException.check(Posix.setNonBlocking(received.number(), true), "fcntl of a pipe");
        }
    }

    /**
     * Writes {@code length} bytes of the request from {@code dataOffset} on, and answers the request when they are taken.
     *
     * @return false when too many requests are held already; then nothing is done, nor answered
     */
    boolean write(GpuRequest request, int dataOffset, int length, boolean hangUp) {
        hungUp |= hangUp;
        if (!held.isEmpty() || !queue.hasRoom(length, 0)) {
            if (held.size() == MAX_HELD) {
                return false;
            }
            held.add(new Held(request, dataOffset, length, hangUp));
            return true;
        }
        take(request, dataOffset, length, hangUp);
        return true;
    }

    private void take(GpuRequest request, int dataOffset, int length, boolean hangUp) {
        long written = 0;
        if (queue.isEmpty() && length > 0 && !broken) {
            iovecs.clear();
            // What lies in too many pieces is copied, as if the pipe had no room.
            if (request.chain().addTo(iovecs, dataOffset, length)) {
                written = Posix.writev(pipe.number(), iovecs);
            }
            if (written == -Errno.EAGAIN || written == -Errno.EINTR) {
                written = 0;
            }
        }
        if (written < 0) {
            breakUp();
        } else if (written < length && !broken) {
            byte[] rest = new byte[(int) (length - written)];
            if (request.chain().read(dataOffset + written, MemorySegment.ofArray(rest), 0, rest.length) == rest.length) {
                queue.add(rest);
                awaitRoom();
            } else {
                breakUp();
            }
        }
        request.respond(broken ? VirtioGpu.RESP_ERR_UNSPEC : VirtioGpu.RESP_OK_NODATA);
        if (hangUp) {
            queue.finish();
        }
    }

    private void awaitRoom() {
        if (registration != null) {
            return;
        }
        try {
            registration = loop.register(pipe.number(), Epoll.EPOLLOUT | Epoll.EPOLLET, _ -> {
                writable = true;
                ready.run();
            });
        } catch (PosixException e) {
            breakUp();
        }
    }

    /** Writes what waits, if the pipe has room again. */
    void flush() {
        if (!writable) {
            return;
        }
        writable = false;
        int result = queue.writeTo(pipe.number(), staging);
        if (result < 0 && result != -Errno.EAGAIN) {
            breakUp();
        }
        while (!held.isEmpty() && (broken || queue.hasRoom(held.getFirst().length(), 0))) {
            Held next = held.removeFirst();
            take(next.request(), next.dataOffset(), next.length(), next.hangUp());
        }
    }

    /** Whether the guest has hung up: it writes no more. */
    boolean isHungUp() {
        return hungUp;
    }

    /** Whether the last byte has gone, so that the pipe is to be closed. */
    boolean isDone() {
        return queue.isDone() && held.isEmpty();
    }

    /** The reader has gone: what still comes is answered and thrown away. */
    private void breakUp() {
        broken = true;
        queue.close();
    }

    /** Hands over the requests still held. */
    ArrayDeque<GpuRequest> takeHeld() {
        ArrayDeque<GpuRequest> requests = new ArrayDeque<>();
        held.forEach(h -> requests.add(h.request()));
        held.clear();
        return requests;
    }

    @Override
    public void close() {
        if (registration != null) {
            registration.cancel();
        }
        queue.close();
        pipe.close();
    }
}
