package dev.wayferry.bridge;

import dev.wayferry.posix.Posix;

/** Descriptors in order, owned by the queue until taken. */
final class FdQueue implements AutoCloseable {
    private int[] fds = new int[32];
    private int head;
    private int size;

    int size() {
        return size;
    }

    /** Takes ownership of {@code fd}. */
    void add(int fd) {
        if (head + size == fds.length) {
            int[] target = size > fds.length / 2 ? new int[fds.length * 2] : fds;
            System.arraycopy(fds, head, target, 0, size);
            fds = target;
            head = 0;
        }
        fds[head + size] = fd;
        size++;
    }

    /** The descriptor at {@code index}, which stays the queue's. */
    int peek(int index) {
        return fds[head + index];
    }

    /** Gives the first descriptor to the caller; -1 when there is none. */
    int take() {
        if (size == 0) {
            return -1;
        }
        size--;
        return fds[head++];
    }

    /** Closes the first {@code count} descriptors. */
    void closeFirst(int count) {
        for (int i = 0; i < count; i++) {
            Posix.close(take());
        }
    }

    @Override
    public void close() {
        closeFirst(size);
    }
}
