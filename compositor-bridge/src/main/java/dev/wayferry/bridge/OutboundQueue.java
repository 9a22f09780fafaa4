package dev.wayferry.bridge;

import dev.wayferry.posix.Errno;
import dev.wayferry.posix.Iovecs;
import dev.wayferry.posix.Posix;
import dev.wayferry.posix.SocketMessage;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.function.LongConsumer;

/**
 * Copies of bytes that a socket or pipe could not take yet, with the descriptors that travel with them. In order, bounded,
 * and the owner of its descriptors.
 *
 * <p>The bytes lie in {@link Chunks}, taken as they are needed and given back as they empty, from which the kernel takes
 * them: adding and sending allocate nothing once it has had so much to keep. What it has of that memory, and its
 * descriptors, it takes from a {@link Budget}.
 */
public final class OutboundQueue implements AutoCloseable {
    /**
     * What a descriptor counts for, in bytes. It takes less memory than that, but a process may have only so many: with
     * this a budget of 64 MiB is spent by 4096 of them.
     */
    static final int FD_COST = 1 << 14;

    /** Descriptors that may wait. */
    private static final int MAX_FDS = 256;

    /** Messages that may wait of those that have to be told apart. */
    static final int MAX_MARKS = 4096;

    private static final int MASK = Chunks.SIZE - 1;

    private final long most;
    private final Budget budget;
    private final Chunks memory;
    private final LongConsumer waiting;
    private final FdQueue fds = new FdQueue();

    /** A ring: from {@code firstChunk} on {@code chunkCount} of them, the first of which holds the byte at {@code head}. */
    private MemorySegment[] chunks = {};

    private int firstChunk;
    private int chunkCount;

    /** Places in the stream: of the first byte that waits, and behind the last. Both 0 when nothing waits. */
    private long head;

    private long tail;

    /** A ring: where messages begin that have descriptors or must not be joined with those before, and how many. */
    private long[] markAt = {};

    private int[] markFds = {};
    private int firstMark;
    private int markCount;

    /**
     * A queue of at most {@code most} bytes, or of one message that is longer than that.
     *
     * @param waiting told how many bytes more wait, or less
     */
    public OutboundQueue(long most, Budget budget, Chunks memory, LongConsumer waiting) {
        this.most = most;
        this.budget = budget;
        this.memory = memory;
        this.waiting = waiting;
    }

    public boolean isEmpty() {
        return head == tail;
    }

    /** Bytes that wait. */
    public long size() {
        return tail - head;
    }

    /** Whether {@code bytes} more can be added, with {@code newFds} descriptors. */
    public boolean hasRoom(long bytes, int newFds) {
        if ((size() + bytes > most && !isEmpty()) || fds.size() + newFds > MAX_FDS || markCount == MAX_MARKS) {
            return false;
        }
        long inLast = -tail & MASK;
        long more = Math.max(0, bytes - inLast + MASK) & ~MASK;
        long cost = more + (long) newFds * FD_COST;
        return budget.hasRoom((long) chunkCount * Chunks.SIZE + (long) fds.size() * FD_COST, cost);
    }

    /**
     * Appends bytes for which there is room.
     *
     * @return false when the source has not so many; the queue is of no use then
     */
    public boolean add(ByteSource source, long offset, int length) {
        int added = 0;
        while (added < length) {
            int at = (int) tail & MASK;
            if (at == 0) {
                addChunk();
            }
            int part = Math.min(length - added, Chunks.SIZE - at);
            if (source.read(offset + added, chunk(chunkCount - 1), at, part) != part) {
                return false;
            }
            tail += part;
            added += part;
            waiting.accept(part);
        }
        return true;
    }

    /**
     * Appends bytes for which there is room, with duplicates of the message's descriptors, which go with the first of them.
     *
     * @param apart whether they are to be sent by themselves, as sockets want that keep messages apart
     * @return 0, or a negative error number; the queue is of no use then
     */
    public int add(ByteSource source, long offset, int length, SocketMessage files, boolean apart) {
        int count = files.fdCount();
        if (count > 0 || apart) {
            addMark(count);
        }
        for (int i = 0; i < count; i++) {
            int fd = Posix.dup(files.fd(i));
            if (fd < 0) {
                return fd;
            }
            addFd(fd);
        }
        return add(source, offset, length) ? 0 : -Errno.EFAULT;
    }

    /** Appends bytes for which there is room and takes ownership of {@code newFds}, which go with the first of them. */
    public void add(byte[] bytes, int[] newFds, boolean apart) {
        if (newFds.length > 0 || apart) {
            addMark(newFds.length);
        }
        Arrays.stream(newFds).forEach(this::addFd);
        MemorySegment source = MemorySegment.ofArray(bytes);
        boolean unused = add(
                (offset, target, targetOffset, length) -> {
                    MemorySegment.copy(source, offset, target, targetOffset, length);
                    return length;
                },
                0,
                bytes.length);
    }

    /**
     * Sends to a socket what it takes.
     *
     * @param message to be used for sending
     * @return 0 when the queue is empty now, {@code -EAGAIN} when not, or another negative error number
     */
    public int sendTo(int socket, SocketMessage message) {
        while (!isEmpty()) {
            message.clear();
            boolean atMark = markCount > 0 && markAt[firstMark] == head;
            int withFds = atMark ? markFds[firstMark] : 0;
            for (int i = 0; i < withFds; i++) {
                if (!message.addFd(fds.peek(i))) {
                    return -Errno.EMSGSIZE;
                }
            }
            int nextMark = atMark ? 1 : 0;
            gather(message.iovecs(), nextMark < markCount ? markAt[(firstMark + nextMark) & (markAt.length - 1)] : tail);
            long sent = message.send(socket);
            if (sent == -Errno.EINTR) {
                continue;
            }
            if (sent < 0) {
                return (int) sent;
            }
            if (atMark) {
                fds.closeFirst(withFds);
                budget.giveBack((long) withFds * FD_COST);
                firstMark = (firstMark + 1) & (markAt.length - 1);
                markCount--;
            }
            remove(sent);
        }
        return 0;
    }

    /** Writes to a non-blocking pipe what it takes; the result is as {@link #sendTo}'s. */
    public int writeTo(int pipe, Iovecs iovecs) {
        while (!isEmpty()) {
            iovecs.clear();
            gather(iovecs, tail);
            long written = Posix.writev(pipe, iovecs);
            if (written >= 0) {
                remove(written);
            } else if (written != -Errno.EINTR) {
                return (int) written;
            }
        }
        return 0;
    }

    /** Adds where the bytes up to {@code end} lie, as many as there is room for. */
    private void gather(Iovecs iovecs, long end) {
        long at = head;
        for (int i = 0; at < end; i++) {
            int inChunk = (int) at & MASK;
            long part = Math.min(end - at, Chunks.SIZE - inChunk);
            if (!iovecs.add(chunk(i).address() + inChunk, part)) {
                return;
            }
            at += part;
        }
    }

    private void remove(long count) {
        long before = head & ~MASK;
        head += count;
        waiting.accept(-count);
        boolean empty = isEmpty();
        for (long at = before; at + Chunks.SIZE <= head || (empty && at < head); at += Chunks.SIZE) {
            removeChunk();
        }
        if (empty) {
            head = 0;
            tail = 0;
        }
    }

    private MemorySegment chunk(int index) {
        return chunks[(firstChunk + index) & (chunks.length - 1)];
    }

    private void addChunk() {
        if (chunkCount == chunks.length) {
            MemorySegment[] more = new MemorySegment[Math.max(4, 2 * chunkCount)];
            for (int i = 0; i < chunkCount; i++) {
                more[i] = chunk(i);
            }
            chunks = more;
            firstChunk = 0;
        }
        chunks[(firstChunk + chunkCount) & (chunks.length - 1)] = memory.take();
        chunkCount++;
        budget.take(Chunks.SIZE);
    }

    private void removeChunk() {
        memory.give(chunk(0));
        firstChunk = (firstChunk + 1) & (chunks.length - 1);
        chunkCount--;
        budget.giveBack(Chunks.SIZE);
    }

    private void addFd(int fd) {
        fds.add(fd);
        budget.take(FD_COST);
    }

    private void addMark(int count) {
        if (markCount == markAt.length) {
            int size = Math.max(16, 2 * markCount);
            long[] at = new long[size];
            int[] counts = new int[size];
            for (int i = 0; i < markCount; i++) {
                at[i] = markAt[(firstMark + i) & (markAt.length - 1)];
                counts[i] = markFds[(firstMark + i) & (markAt.length - 1)];
            }
            markAt = at;
            markFds = counts;
            firstMark = 0;
        }
        int index = (firstMark + markCount) & (markAt.length - 1);
        markAt[index] = tail;
        markFds[index] = count;
        markCount++;
    }

    /** Forgets everything, closes the descriptors and gives back what it took. */
    @Override
    public void close() {
        budget.giveBack((long) fds.size() * FD_COST);
        fds.close();
        markCount = 0;
        waiting.accept(-size());
        head = 0;
        tail = 0;
        while (chunkCount > 0) {
            removeChunk();
        }
    }
}
