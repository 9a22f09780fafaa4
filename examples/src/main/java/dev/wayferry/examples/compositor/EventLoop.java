package dev.wayferry.examples.compositor;

import dev.wayferry.posix.Epoll;
import dev.wayferry.posix.Errno;
import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.Posix;
import dev.wayferry.posix.PosixException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;

/** Waits for descriptors, tasks of other threads and a deadline. One thread turns it; {@link #execute} is for the others. */
final class EventLoop implements AutoCloseable {
    private static final int MAX_EVENTS = 64;
    private static final long NANOS_PER_MILLI = 1_000_000;

    /** Told when its descriptor is readable, writable where it waited for that, or hung up. */
    interface Handler {
        void ready(int events);
    }

    /** Not closed: another thread may be about to wake a loop that ends. */
    private final Arena arena = Arena.ofAuto();

    private final Epoll epoll = new Epoll(MAX_EVENTS, arena);
    private final OwnedFd wakeUp = OwnedFd.of(Posix.eventfd(), "eventfd");
    private final MemorySegment one = arena.allocate(ValueLayout.JAVA_LONG);
    private final MemorySegment counter = arena.allocate(ValueLayout.JAVA_LONG);
    private final Map<Integer, Handler> handlers = new HashMap<>();
    private final ConcurrentLinkedQueue<Runnable> tasks = new ConcurrentLinkedQueue<>();

    EventLoop() throws PosixException {
        one.set(ValueLayout.JAVA_LONG, 0, 1);
        watch(wakeUp.number(), events -> Posix.read(wakeUp.number(), counter));
    }

    /** Watches {@code fd}, which stays the caller's, for something to read. */
    void watch(int fd, Handler handler) throws PosixException {
        PosixException.check(epoll.add(fd, Epoll.EPOLLIN, fd), "epoll_ctl add");
        handlers.put(fd, handler);
    }

    /** Whether the handler is also to be told when {@code fd} has room again. */
    void setWaitsForRoom(int fd, boolean waits) {
        epoll.modify(fd, waits ? Epoll.EPOLLIN | Epoll.EPOLLOUT : Epoll.EPOLLIN, fd);
    }

    /** Stops watching; before the descriptor is closed. */
    void unwatch(int fd) {
        epoll.remove(fd);
        handlers.remove(fd);
    }

    /** Has the loop's thread run {@code task}. */
    void execute(Runnable task) {
        tasks.add(task);
        Posix.write(wakeUp.number(), one);
    }

    /** Waits until something happens, for at most {@code nanos} (negative: for ever), and handles it. */
    void turn(long nanos) throws PosixException {
        int millis = nanos < 0
                ? -1
                : (int) Math.min(Integer.MAX_VALUE, (nanos + NANOS_PER_MILLI - 1) / NANOS_PER_MILLI);
        int count = epoll.await(millis);
        if (count < 0 && count != -Errno.EINTR) {
            throw new PosixException("epoll_wait", count);
        }
        for (int i = 0; i < count; i++) {
            // A handler before this one may have ended this one's connection.
            Handler handler = handlers.get((int) epoll.data(i));
            if (handler != null) {
                handler.ready(epoll.events(i));
            }
        }
        for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
            task.run();
        }
    }

    @Override
    public void close() {
        epoll.close();
        wakeUp.close();
    }
}
