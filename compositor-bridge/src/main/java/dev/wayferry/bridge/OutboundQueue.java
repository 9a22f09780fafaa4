package dev.wayferry.bridge;

import dev.wayferry.posix.Errno;
import dev.wayferry.posix.Posix;
import dev.wayferry.posix.SocketMessage;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.Arrays;

/**
 * Bytes, with the descriptors that travel with them, that a socket or pipe could not take yet. In order, bounded, and the
 * owner of its descriptors. Off the usual path: it copies and allocates.
 */
public final class OutboundQueue implements AutoCloseable {
    private static final int[] NO_FDS = {};

    /** Pieces that may wait, however short they are. */
    private static final int MAX_CHUNKS = 4096;

    /** Descriptors that may wait. */
    private static final int MAX_FDS = 256;

    private static final class Chunk {
        private final byte[] bytes;
        private int offset;
        private int[] fds;

        Chunk(byte[] bytes, int[] fds) {
            this.bytes = bytes;
            this.fds = fds;
        }
    }

    private final long maxBytes;
    private final ArrayDeque<Chunk> chunks = new ArrayDeque<>();
    private long byteCount;
    private int fdCount;
    private boolean finished;

    /** A queue of at most {@code maxBytes} bytes. */
    public OutboundQueue(long maxBytes) {
        this.maxBytes = maxBytes;
    }

    public boolean isEmpty() {
        return chunks.isEmpty();
    }

    /** Bytes waiting. */
    public long byteCount() {
        return byteCount;
    }

    /** Whether {@code bytes} more can be added, with as many descriptors as one message has. */
    public boolean hasRoom(long bytes) {
        return byteCount + bytes <= maxBytes && chunks.size() < MAX_CHUNKS && fdCount < MAX_FDS;
    }

    /** Appends bytes, which the queue keeps, and takes ownership of {@code fds}, which go with the first of them. */
    public void add(byte[] bytes, int[] fds) {
        chunks.add(new Chunk(bytes, fds));
        byteCount += bytes.length;
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

    private static int stage(Chunk chunk, MemorySegment staging) {
        int length = (int) Math.min(staging.byteSize(), chunk.bytes.length - chunk.offset);
        MemorySegment.copy(MemorySegment.ofArray(chunk.bytes), chunk.offset, staging, 0, length);
        return length;
    }

    private void consume(Chunk chunk, int count) {
        chunk.offset += count;
        byteCount -= count;
        if (chunk.offset == chunk.bytes.length) {
            chunks.removeFirst();
        }
    }

    private void closeFds(Chunk chunk) {
        fdCount -= chunk.fds.length;
        Arrays.stream(chunk.fds).forEach(Posix::close);
        chunk.fds = NO_FDS;
    }

    /** Forgets everything and closes the descriptors. */
    @Override
    public void close() {
        chunks.forEach(this::closeFds);
        chunks.clear();
        byteCount = 0;
    }
}
