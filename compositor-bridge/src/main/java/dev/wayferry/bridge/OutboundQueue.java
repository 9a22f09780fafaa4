package dev.wayferry.bridge;

import dev.wayferry.posix.Errno;
import dev.wayferry.posix.Posix;
import dev.wayferry.posix.SocketMessage;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.function.LongConsumer;

/**
 * Bytes, with the descriptors that travel with them, that a socket or pipe could not take yet. In order, bounded, and the
 * owner of its descriptors. Off the usual path: it copies and allocates.
 *
 * <p>What it holds it takes from a {@link Budget}, in bytes of memory: each piece costs something besides its bytes, and
 * costs all of it until its last byte has gone, for so long it is there.
 */
public final class OutboundQueue implements AutoCloseable {
    private static final int[] NO_FDS = {};

    /** Bytes of memory that a piece takes besides its own, so that many short ones are not free. */
    static final int CHUNK_COST = 64;

    /**
     * What a descriptor counts for, in bytes. It takes less memory than that, but a process may have only so many: with
     * this a budget of 64 MiB is spent by 4096 of them.
     */
    static final int FD_COST = 1 << 14;

    /** Descriptors that may wait. */
    private static final int MAX_FDS = 256;

    private static final class Chunk {
        private final byte[] bytes;
        private final long cost;
        private int offset;
        private int[] fds;

        Chunk(byte[] bytes, int[] fds) {
            this.bytes = bytes;
            this.fds = fds;
            this.cost = cost(bytes.length, fds.length);
        }
    }

    private final long most;
    private final Budget budget;
    private final LongConsumer copied;
    private final ArrayDeque<Chunk> chunks = new ArrayDeque<>();
    private long taken;
    private int fdCount;
    private boolean finished;

    /**
     * A queue that takes at most {@code most} bytes of {@code budget}.
     *
     * @param copied told of bytes that are copied once more when they go
     */
    public OutboundQueue(long most, Budget budget, LongConsumer copied) {
        this.most = most;
        this.budget = budget;
        this.copied = copied;
    }

    private static long cost(long bytes, int fds) {
        return bytes + CHUNK_COST + (long) fds * FD_COST;
    }

    public boolean isEmpty() {
        return chunks.isEmpty();
    }

    /** Whether {@code bytes} more can be added, with {@code fds} descriptors. */
    public boolean hasRoom(long bytes, int fds) {
        long cost = cost(bytes, fds);
        return taken + cost <= most && fdCount + fds <= MAX_FDS && budget.hasRoom(taken, cost);
    }

    /** Appends bytes, which the queue keeps, and takes ownership of {@code fds}, which go with the first of them. */
    public void add(byte[] bytes, int[] fds) {
        Chunk chunk = new Chunk(bytes, fds);
        chunks.add(chunk);
        taken += chunk.cost;
        budget.take(chunk.cost);
        fdCount += fds.length;
    }

    /** Appends bytes without descriptors. */
    public void add(byte[] bytes) {
        add(bytes, NO_FDS);
    }

    /** Nothing will be added any more. */
    public void finish() {
        finished = true;
    }

    /** Whether everything has gone and nothing will come. */
    public boolean isDone() {
        return finished && chunks.isEmpty();
    }

    /**
     * Sends to a socket what it takes.
     *
     * @param message to be used for sending
     * @param staging native memory through which the bytes go
     * @return 0 when the queue is empty now, {@code -EAGAIN} when not, or another negative error number
     */
    public int sendTo(int socket, SocketMessage message, MemorySegment staging) {
        while (!chunks.isEmpty()) {
            Chunk chunk = chunks.getFirst();
            int length = stage(chunk, staging);
            message.clear().addBuffer(staging.address(), length);
            for (int fd : chunk.fds) {
                if (!message.addFd(fd)) {
                    return -Errno.EMSGSIZE;
                }
            }
            long sent = message.send(socket);
            if (sent == -Errno.EINTR) {
                continue;
            }
            if (sent < 0) {
                return (int) sent;
            }
            closeFds(chunk);
            consume(chunk, (int) sent);
        }
        return 0;
    }

    /** Writes to a non-blocking pipe what it takes; the result is as {@link #sendTo}'s. */
    public int writeTo(int pipe, MemorySegment staging) {
        while (!chunks.isEmpty()) {
            Chunk chunk = chunks.getFirst();
            long written = Posix.write(pipe, staging.address(), stage(chunk, staging));
            if (written == -Errno.EINTR) {
                continue;
            }
            if (written < 0) {
                return (int) written;
            }
            consume(chunk, (int) written);
        }
        return 0;
    }

    private int stage(Chunk chunk, MemorySegment staging) {
        int length = (int) Math.min(staging.byteSize(), chunk.bytes.length - chunk.offset);
        MemorySegment.copy(MemorySegment.ofArray(chunk.bytes), chunk.offset, staging, 0, length);
        copied.accept(length);
        return length;
    }

    private void consume(Chunk chunk, int count) {
        chunk.offset += count;
        if (chunk.offset == chunk.bytes.length) {
            chunks.removeFirst();
            giveBack(chunk.cost);
        }
    }

    private void giveBack(long cost) {
        taken -= cost;
        budget.giveBack(cost);
    }

    private void closeFds(Chunk chunk) {
        fdCount -= chunk.fds.length;
        Arrays.stream(chunk.fds).forEach(Posix::close);
        chunk.fds = NO_FDS;
    }

    /** Forgets everything, closes the descriptors and gives back what it took of the budget. */
    @Override
    public void close() {
        chunks.forEach(this::closeFds);
        chunks.clear();
        giveBack(taken);
    }
}
