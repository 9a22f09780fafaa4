package dev.wayferry.examples.bench.guest;

import dev.wayferry.posix.Epoll;
import dev.wayferry.posix.Errno;
import dev.wayferry.posix.Posix;
import dev.wayferry.posix.PosixException;
import dev.wayferry.posix.PreciseWait;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/**
 * The eventfd that interrupts a guest. Waiting is one call by the thread that goes on with what came: an edge-triggered
 * epoll_wait, after which nothing has to be read. (A blocking read would do as well, but a back-end may make the eventfd a
 * non-blocking one, which both sides share.)
 */
final class CallEvent implements AutoCloseable {
    private static final int WAIT_FOR_EVER = -1;

    private final int fd;
    private final Epoll epoll;
    private final PreciseWait precise;
    private final MemorySegment one;
    private volatile @Nullable IOException failure;

    /** Waits for {@code fd}, which stays its owner's. */
    CallEvent(int fd, Arena arena) throws PosixException {
        this.fd = fd;
        this.epoll = new Epoll(1, arena);
        this.precise = new PreciseWait(arena);
        this.one = arena.allocateFrom(ValueLayout.JAVA_LONG, 1L);
        PosixException.check(epoll.add(fd, Epoll.EPOLLIN | Epoll.EPOLLET, 0), "epoll_ctl of the call eventfd");
    }

    void await() throws IOException {
        take(WAIT_FOR_EVER);
    }

    void await(long nanos) throws IOException {
        int ready = precise.await(epoll.fd(), nanos);
        if (ready != 0) {
            take(0);
        }
    }

    private void take(int timeoutMillis) throws IOException {
        int result = epoll.await(timeoutMillis);
        if (result < 0 && result != -Errno.EINTR) {
            throw new PosixException("epoll_wait", result);
        }
        IOException failed = failure;
        if (failed != null) {
            throw new IOException(failed.getMessage(), failed);
        }
    }

    /** Ends every wait, now and later; from any thread, while the descriptor is open. */
    void fail(IOException why) {
        failure = why;
        long unused = Posix.write(fd, one);
    }

    @Override
    public void close() {
        epoll.close();
    }
}
