package dev.wayferry.proxy.crossdomain;

import dev.wayferry.bridge.OutboundQueue;
import dev.wayferry.posix.Epoll;
import dev.wayferry.posix.Errno;
import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.Posix;
import dev.wayferry.posix.PosixException;
import dev.wayferry.proxy.gpu.GpuRequest;
import dev.wayferry.proxy.limit.Limit;
import dev.wayferry.proxy.loop.EventLoop;
import dev.wayferry.proxy.stats.Counter;
import dev.wayferry.wire.gpu.VirtioGpu;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A pipe that the guest writes to and the compositor's side reads: WRITEs go into it, straight from guest memory.
 *
 * <p>A WRITE for which the pipe has no room is held: its bytes stay in the guest, and a guest that waits for its WRITEs is
 * held back as if the pipe were its own. Held are a few only, and not for long, for guest proxies mostly don't wait: each one
 * held takes an entry of the queue that all of the guest's programs share, and has a fence on which Linux may wait. So
 * beyond those, and when the reader has taken nothing for a while, the oldest are copied into a queue of the pipe's, as far as the
 * VM's budget goes, and go back. A pipe for which there is not even that is given up: what was answered OK still goes to the
 * reader, then the end, and the guest gets errors. One that is held while the VMM takes its memory away waits for that, too.
 */
final class WritePipe implements Item, Batch.Stream {
    /** Bytes of one WRITE; guest proxies write a few thousand. */
    static final int MAX_LENGTH = 1 << 20;

    /** WRITEs held: as much as fits the pipe itself, so that it can be filled at once when its reader has emptied it. */
    static final int MAX_HELD = 16;

    /** WRITEs taken in before it is looked how many of them fit. */
    private static final int MAX_RUN = 32;

    /**
     * Bytes of WRITEs after which no more go by the same call, so two of those that guest proxies write. The kernel keeps the
     * pipe to itself for a whole call, and its reader, on another CPU, does nothing meanwhile; but each call wakes the reader.
     * Side by side, a MiB took 1.4 times as long as by the bench's floor with a call for each WRITE or with 32,000 bytes, 1.3
     * times with 16,000 and 1.2 times with 8,000.
     */
    private static final int ENOUGH_AT_ONCE = 8_000;

    /** What a pipe that was full once holds from then on, in bytes. */
    private static final int LARGE = 1 << 18;

    private static final Logger LOG = LoggerFactory.getLogger(WritePipe.class);

    private final String name;
    private final CrossDomainFactory shared;
    private final OwnedFd pipe;
    private final Runnable ready;
    private final OutboundQueue queue;
    private final RequestRun held = new RequestRun(MAX_RUN);
    private EventLoop.@Nullable Registration registration;
    private int id;

    /** How many of the held ones are counted as such; those that have just come are not yet. */
    private int counted;

    private boolean full;
    private boolean broken;
    private boolean givenUp;
    private boolean hungUp;
    private boolean watched;
    private boolean moved;
    private boolean overdue;
    private boolean closed;
    private boolean triedToEnlarge;
    private boolean large;

    /**
     * Takes ownership of {@code received}, the write end of a pipe.
     *
     * @param name of the context, for logs
     * @param ready run when {@link #flush} is due
     */
    WritePipe(String name, OwnedFd received, CrossDomainFactory shared, Runnable ready) throws PosixException {
        this.name = name;
        this.shared = shared;
        this.ready = ready;
        this.queue = shared.newQueue(Long.MAX_VALUE);
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
     * Takes {@code length} bytes of the request from {@code dataOffset} on, to be answered when they have gone or are copied.
     *
     * @param more whether another request follows in this turn
     */
    void write(GpuRequest request, int dataOffset, int length, boolean hangUp, boolean more) {
        shared.batch.begin(this);
        hungUp |= hangUp;
        if (held.isFull()) {
            // Then it has to make room, or the pipe ends.
            overdue = false;
            settle();
        }
        if (isLost()) {
            answer(request);
            return;
        }
        held.add(request, dataOffset, length);
        if (more && !full && queue.isEmpty()) {
            shared.batch.open(this);
            ready.run();
        } else {
            flushBatch();
        }
    }

    @Override
    public void flushBatch() {
        shared.batch.closed(this);
        settle();
    }

    /** Writes what there is room for, and sees to it that not too much is held. */
    private void settle() {
        writeQueue();
        while (queue.isEmpty() && !held.isEmpty() && !full && !isLost()) {
            writeHeld();
        }
        if (isLost()) {
            answerAll();
        }
        while (!held.isEmpty() && !isLost()) {
            boolean must = mustYield();
            if (!must && !(overdue && shared.mayCopyOverdue())) {
                break;
            }
            int length = held.firstLength();
            if (!copyFirst()) {
                if (must) {
                    giveUp();
                }
                break;
            }
            if (!must) {
                shared.copiedOverdue(length);
            }
        }
        if (isLost()) {
            answerAll();
        }
        overdue = false;
        count();
        if (!held.isEmpty()) {
            watch();
        }
        if (givenUp && queue.isEmpty()) {
            closePipe();
        }
    }

    private void writeQueue() {
        if (queue.isEmpty() || full || broken) {
            return;
        }
        long before = queue.size();
        took(queue.writeTo(pipe.number(), shared.iovecs));
        moved |= queue.size() < before;
    }

    private void writeHeld() {
        shared.iovecs.clear();
        int requests = held.gather(shared.iovecs, ENOUGH_AT_ONCE);
        long written = requests == 0 ? writeScattered() : Posix.writev(pipe.number(), shared.iovecs);
        shared.counters.add(Counter.WRITES, 1);
        if (written == -Errno.EFAULT && !held.first().chain().isThere()) {
            // As if it were full: it is looked at again after a while.
            full = true;
            return;
        }
        if (written < 0) {
            took((int) written);
            return;
        }
        moved |= written > 0;
        long left = written;
        for (int i = 0; i < Math.max(1, requests) && held.firstLength() <= left; i++) {
            left -= held.firstLength();
            answer(held.removeFirst());
        }
        if (left > 0) {
            held.advance((int) left);
        }
    }

    /** Writes some of the first request, which lies in too many pieces. */
    private long writeScattered() {
        int part = (int) Math.min(held.firstLength(), shared.staging.byteSize());
        shared.counters.copied(Counter.COPIED_SCATTERED, part);
        return held.first().chain().read(held.firstOffset(), shared.staging, 0, part) == part
                ? Posix.write(pipe.number(), shared.staging.address(), part)
                : -Errno.EFAULT;
    }

    /** What a call that has failed means, or one that has not. */
    private void took(int result) {
        if (result == -Errno.EAGAIN && !enlarge()) {
            full = true;
            awaitRoom();
        } else if (result < 0 && result != -Errno.EINTR && result != -Errno.EAGAIN) {
            breakUp();
        }
    }

    /** Whether the oldest request held has to make room. */
    private boolean mustYield() {
        int more = held.size() - counted;
        return held.size() > MAX_HELD || (more > 0 && !shared.heldWrites.hasRoom(counted, more, held.first()));
    }

    /** Copies the rest of the oldest request held and answers it; false when there is no room. */
    private boolean copyFirst() {
        int length = held.firstLength();
        if (!queue.hasRoom(length, 0) || !held.first().chain().isThere()) {
            return false;
        }
        if (queue.add(held.first().chain(), held.firstOffset(), length)) {
            shared.counters.copied(Counter.COPIED_WAITING, length);
        } else {
            breakUp();
        }
        answer(held.removeFirst());
        return true;
    }

    private void count() {
        shared.heldWrites.add(held.size() - counted);
        counted = held.size();
    }

    /** Looks after a while whether the reader has taken anything. */
    private void watch() {
        if (!watched) {
            watched = true;
            moved = false;
            shared.soon(() -> {
                watched = false;
                full = false;
                if (!closed && !held.isEmpty()) {
                    // While the guest is stopped nothing of it is touched: the rest is for the next turn in which it runs.
                    overdue = !moved;
                    ready.run();
                }
            });
        }
    }

    /** Has the pipe hold more, so that its reader need not be woken for each 64 KiB; false if that has been done or can't be. */
    private boolean enlarge() {
        if (triedToEnlarge) {
            return false;
        }
        triedToEnlarge = true;
        large = shared.largePipes.hasRoom(0, 1) && Posix.setPipeSize(pipe.number(), LARGE) > 0;
        if (large) {
            shared.largePipes.take(1);
        }
        return large;
    }

    private void awaitRoom() {
        if (registration != null) {
            return;
        }
        try {
            registration = shared.loop.register(pipe.number(), Epoll.EPOLLOUT | Epoll.EPOLLET, _ -> {
                full = false;
                ready.run();
            });
        } catch (PosixException e) {
            breakUp();
        }
    }

    /** Writes what waits, if the pipe has room again. */
    void flush() {
        shared.batch.closed(this);
        if (!held.isEmpty() || !queue.isEmpty()) {
            settle();
        }
    }

    private void answer(GpuRequest request) {
        request.respond(isLost() ? VirtioGpu.RESP_ERR_UNSPEC : VirtioGpu.RESP_OK_NODATA);
    }

    private void answerAll() {
        while (!held.isEmpty()) {
            answer(held.removeFirst());
        }
    }

    /** Whether what comes now is answered with an error and thrown away. */
    private boolean isLost() {
        return broken || givenUp;
    }

    /** No byte is taken any more; those that were, still go, and then the reader sees the end. */
    private void giveUp() {
        if (held.first().chain().isThere()) {
            shared.log.warn(LOG, "{}: WRITE: pipe {} is not read and {} bytes wait for it already; it ends behind them, see"
                    + " --limit={}", name, Integer.toUnsignedString(id), queue.size(), Limit.QUEUED_BYTES);
        } else {
            shared.log.warn(LOG, "{}: WRITE: what was written to pipe {} lies in memory that the VMM has taken away, and {}"
                    + " requests wait behind it; it ends", name, Integer.toUnsignedString(id), held.size() - 1);
        }
        givenUp = true;
        answerAll();
    }

    /** The reader has gone: what still comes is answered and thrown away. */
    private void breakUp() {
        broken = true;
        queue.close();
    }

    /** Whether the guest has hung up: it writes no more. */
    boolean isHungUp() {
        return hungUp;
    }

    /** Whether the last byte has gone, so that the pipe is to be closed. */
    boolean isDone() {
        return hungUp && held.isEmpty() && queue.isEmpty();
    }

    /** Hands over the requests still held. */
    ArrayDeque<GpuRequest> takeHeld() {
        ArrayDeque<GpuRequest> requests = new ArrayDeque<>();
        while (!held.isEmpty()) {
            requests.add(held.removeFirst());
        }
        count();
        return requests;
    }

    private void closePipe() {
        if (registration != null) {
            registration.cancel();
            registration = null;
        }
        pipe.close();
        if (large) {
            large = false;
            shared.largePipes.giveBack(1);
        }
    }

    @Override
    public void close(Closer closer) {
        closed = true;
        shared.batch.closed(this);
        count();
        queue.close();
        closePipe();
    }
}
