package dev.wayferry.examples.guestproxy;

import dev.wayferry.posix.Errno;
import dev.wayferry.posix.FileStatus;
import dev.wayferry.posix.Posix;
import dev.wayferry.posix.SocketMessage;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;

/**
 * Where a program wants to read what the host sends, the clipboard for instance: the write end of its pipe. Bytes that it
 * does not read yet wait here; the session stops asking the host for more when they are many.
 *
 * <p>The write end is not made non-blocking, because that would be so for everybody who shares it, a terminal perhaps.
 * Instead nothing is written that could block: no more than a page to a pipe that poll calls writable.
 */
final class PipeToClient implements AutoCloseable {
    private static final int WRITE_UNIT = 4096;

    private final int identifier;
    private final int fd;
    private final boolean socket;
    private final SocketMessage message;
    private final ArrayDeque<byte[]> waiting = new ArrayDeque<>();
    private int headOffset;
    private long waitingBytes;
    private boolean ended;
    private boolean broken;

    /** Takes ownership of {@code fd}. */
    PipeToClient(int identifier, int fd, int fileType, SocketMessage message) {
        this.identifier = identifier;
        this.fd = fd;
        this.socket = fileType == FileStatus.S_IFSOCK;
        this.message = message;
    }

    int identifier() {
        return identifier;
    }

    int fd() {
        return fd;
    }

    /** How many bytes wait for the program to read. */
    long waitingBytes() {
        return waitingBytes;
    }

    /** Whether no more will come and nothing waits, or the program no longer reads. */
    boolean isFinished() {
        return broken || (ended && waitingBytes == 0);
    }

    /** The host's side is over: the program sees it once it has read the rest. */
    void end() {
        ended = true;
    }

    /** Writes or keeps {@code length} bytes at {@code offset} of the mailbox, which is free again afterwards. */
    void accept(MemorySegment mailbox, long offset, int length) {
        int done = 0;
        if (waitingBytes == 0 && !broken && isWritable()) {
            done = write(mailbox, offset, length);
        }
        if (done < length && !broken) {
            waiting.add(mailbox.asSlice(offset + done, length - done).toArray(ValueLayout.JAVA_BYTE));
            waitingBytes += length - done;
        }
    }

    /** Writes what waits, or notices that nobody reads any more, as poll has found something on {@link #fd}. */
    void run(MemorySegment scratch) {
        while (isWritable() && waitingBytes > 0) {
            byte[] head = waiting.getFirst();
            int length = Math.min(head.length - headOffset, WRITE_UNIT);
            MemorySegment.copy(head, headOffset, scratch, ValueLayout.JAVA_BYTE, 0, length);
            int done = write(scratch, 0, length);
            if (done == 0) {
                return;
            }
            waitingBytes -= done;
            headOffset += done;
            if (headOffset == head.length) {
                waiting.removeFirst();
                headOffset = 0;
            }
        }
    }

    private boolean isWritable() {
        int events = Posix.poll(fd, Posix.POLLOUT, 0);
        if ((events & Posix.POLLERR) != 0) {
            broken = true;
        }
        return !broken && (events & Posix.POLLOUT) != 0;
    }

    private int write(MemorySegment from, long offset, int length) {
        long written;
        if (socket) {
            message.clear().addBuffer(from.asSlice(offset, length));
            written = message.send(fd);
        } else {
            written = Posix.write(fd, from.asSlice(offset, Math.min(length, WRITE_UNIT)));
        }
        if (written < 0) {
            broken = written != -Errno.EAGAIN && written != -Errno.EINTR;
            return 0;
        }
        return (int) written;
    }

    @Override
    public void close() {
        Posix.close(fd);
    }
}
