package dev.wayferry.proxy.crossdomain;

import dev.wayferry.bridge.OutboundQueue;
import dev.wayferry.posix.Epoll;
import dev.wayferry.posix.Errno;
import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.Posix;
import dev.wayferry.posix.PosixException;
import dev.wayferry.proxy.gpu.GpuRequest;
import dev.wayferry.proxy.loop.EventLoop;
import dev.wayferry.proxy.queue.DescriptorChain;
import dev.wayferry.proxy.stats.Counter;
import dev.wayferry.wire.gpu.VirtioGpu;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * A pipe that the guest writes to and the compositor's side reads: WRITEs go into it.
 *
 * <p>A reader that is slow fills first the pipe, then a queue here, as far as the VM's budget goes; then WRITEs are held,
 * which a guest proxy feels only when its whole control queue is full. Most don't wait for a WRITE before the next, so a
 * pipe that has no room even for that is given up: what was answered OK still goes to the reader, then the end, and the
 * guest gets errors.
 */
final class WritePipe implements Item {
    /** Bytes of one WRITE; guest proxies write a few thousand. */
    static final int MAX_LENGTH = 1 << 20;

    private final CrossDomainFactory shared;
    private final OwnedFd pipe;
    private final Runnable ready;
    private final OutboundQueue queue;
    private final ArrayDeque<Held> held = new ArrayDeque<>();
    private EventLoop.@Nullable Registration registration;
    private int id;
    private boolean writable;
    private boolean broken;
    private boolean givenUp;
    private boolean hungUp;

    /** A WRITE of which some bytes, or all, have yet to be taken. */
    private static final class Held {
        private final GpuRequest request;
        private final boolean hangUp;
        private long offset;
        private int length;

        Held(GpuRequest request, long offset, int length, boolean hangUp) {
            this.request = request;
            this.offset = offset;
            this.length = length;
            this.hangUp = hangUp;
        }
    }

    /**
     * Takes ownership of {@code received}, the write end of a pipe.
     *
     * @param ready run when the pipe has room again, so that {@link #flush} is due
     */
    WritePipe(OwnedFd received, CrossDomainFactory shared, Runnable ready) throws PosixException {
        this.shared = shared;
        this.ready = ready;
        this.queue = new OutboundQueue(
                Long.MAX_VALUE, shared.queued, bytes -> shared.counters.copied(Counter.COPIED_WAITING, bytes));
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

    /** The host has given it this number. */
    void number(int newId) {
        id = newId;
    }

    int id() {
        return id;
    }

    /**
     * Writes {@code length} bytes of the request from {@code dataOffset} on, and answers the request when they are taken.
     *
     * @return false when too much waits, so that with this request the pipe is given up; it is answered then, too
     */
    boolean write(GpuRequest request, int dataOffset, int length, boolean hangUp) {
        hungUp |= hangUp;
        int taken = 0;
        if (held.isEmpty()) {
            taken = take(request.chain(), dataOffset, length);
            if (taken == length) {
                answer(request, hangUp);
                return true;
            }
        }
        if (!shared.held.hasRoom(held.size(), 1)) {
            giveUp();
            answer(request, hangUp);
            return false;
        }
        held.add(new Held(request, dataOffset + taken, length - taken, hangUp));
        shared.hold();
        return true;
    }

    /** Takes as many bytes as there is room for and returns their number; all, where they are thrown away. */
    private int take(DescriptorChain chain, long offset, int length) {
        int taken = 0;
        while (taken < length && queue.isEmpty() && !isLost()) {
            long written = writeNow(chain, offset + taken, length - taken);
            if (written == -Errno.EAGAIN) {
                break;
            }
            if (written >= 0) {
                taken += (int) written;
            } else if (written != -Errno.EINTR) {
                breakUp();
            }
        }
        if (taken == length || isLost()) {
            return length;
        }
        awaitRoom();
        if (isLost() || !queue.hasRoom(length - taken, 0)) {
            return isLost() ? length : taken;
        }
        byte[] rest = new byte[length - taken];
        if (chain.read(offset + taken, MemorySegment.ofArray(rest), 0, rest.length) == rest.length) {
            shared.counters.copied(Counter.COPIED_WAITING, rest.length);
            queue.add(rest);
        } else {
            breakUp();
        }
        return length;
    }

    private long writeNow(DescriptorChain chain, long offset, int length) {
        shared.iovecs.clear();
        if (chain.addTo(shared.iovecs, offset, length)) {
            return Posix.writev(pipe.number(), shared.iovecs);
        }
        // It lies in too many pieces.
        int part = (int) Math.min(length, shared.staging.byteSize());
        shared.counters.copied(Counter.COPIED_SCATTERED, part);
        return chain.read(offset, shared.staging, 0, part) == part
                ? Posix.write(pipe.number(), shared.staging.address(), part)
                : -Errno.EFAULT;
    }

    private void answer(GpuRequest request, boolean hangUp) {
        request.respond(isLost() ? VirtioGpu.RESP_ERR_UNSPEC : VirtioGpu.RESP_OK_NODATA);
        if (hangUp) {
            queue.finish();
        }
    }

    /** Whether what comes now is answered with an error and thrown away. */
    private boolean isLost() {
        return broken || givenUp;
    }

    private void awaitRoom() {
        if (registration != null) {
            return;
        }
        try {
            registration = shared.loop.register(pipe.number(), Epoll.EPOLLOUT | Epoll.EPOLLET, _ -> {
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
        int result = queue.writeTo(pipe.number(), shared.staging);
        if (result < 0 && result != -Errno.EAGAIN) {
            breakUp();
        }
        while (!held.isEmpty()) {
            Held first = held.getFirst();
            int taken = take(first.request.chain(), first.offset, first.length);
            if (taken < first.length) {
                first.offset += taken;
                first.length -= taken;
                break;
            }
            held.removeFirst();
            shared.letGo(1);
            answer(first.request, first.hangUp);
        }
        closeIfDrained();
    }

    /** No byte is taken any more; those that were, still go, and then the reader sees the end. */
    private void giveUp() {
        givenUp = true;
        for (Held waiting : held) {
            answer(waiting.request, waiting.hangUp);
        }
        shared.letGo(held.size());
        held.clear();
        closeIfDrained();
    }

    private void closeIfDrained() {
        if (givenUp && queue.isEmpty()) {
            closePipe();
        }
    }

    private void closePipe() {
        writable = false;
        if (registration != null) {
            registration.cancel();
        }
        pipe.close();
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
        held.forEach(h -> requests.add(h.request));
        shared.letGo(held.size());
        held.clear();
        return requests;
    }

    @Override
    public void close() {
        queue.close();
        closePipe();
    }
}
