package dev.wayferry.posix;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/** An epoll instance with its buffer of events. One thread waits; descriptors may be added from that thread only. */
public final class Epoll implements AutoCloseable {
    public static final int EPOLLIN = 0x001;
    public static final int EPOLLOUT = 0x004;
    public static final int EPOLLERR = 0x008;
    public static final int EPOLLHUP = 0x010;
    public static final int EPOLLRDHUP = 0x2000;
    /** Edge-triggered: an event for each new readiness, so what it tells of need not be consumed at once. */
    public static final int EPOLLET = 1 << 31;

    private static final int EPOLL_CLOEXEC = Posix.O_CLOEXEC;
    private static final int EPOLL_CTL_ADD = 1;
    private static final int EPOLL_CTL_DEL = 2;
    private static final int EPOLL_CTL_MOD = 3;

    /** {@code struct epoll_event} is packed on x86_64 and nowhere else. */
    private static final boolean PACKED = System.getProperty("os.arch").equals("amd64");

    private static final long EVENT_SIZE = PACKED ? 12 : 16;
    private static final long DATA_OFFSET = PACKED ? 4 : 8;

    private static final MethodHandle EPOLL_CREATE1 =
            NativeCall.link("epoll_create1", FunctionDescriptor.of(JAVA_INT, JAVA_INT));
    private static final FunctionDescriptor CTL =
            FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS);
    private static final MethodHandle EPOLL_CTL = NativeCall.linkPlain("epoll_ctl", CTL);
    private static final MethodHandle EPOLL_CTL_ERRNO = NativeCall.link("epoll_ctl", CTL);
    private static final FunctionDescriptor WAIT =
            FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT);
    private static final MethodHandle EPOLL_WAIT = NativeCall.linkPlain("epoll_wait", WAIT);
    private static final MethodHandle EPOLL_WAIT_ERRNO = NativeCall.link("epoll_wait", WAIT);

    private static final int FAILED = -1;

    private final int maxEvents;
    private final MemorySegment events;
    private final MemorySegment change;
    private final OwnedFd epfd;

    /** An instance whose waits return at most {@code maxEvents} events. */
    public Epoll(int maxEvents, Arena arena) throws PosixException {
        this.maxEvents = maxEvents;
        this.events = arena.allocate(maxEvents * EVENT_SIZE, Long.BYTES);
        this.change = arena.allocate(EVENT_SIZE, Long.BYTES);
        MemorySegment capture = NativeCall.capture();
        int fd;
        try {
            fd = NativeCall.result((int) EPOLL_CREATE1.invokeExact(capture, EPOLL_CLOEXEC), capture);
        } catch (Throwable t) {
            throw NativeCall.broken(t);
        }
        this.epfd = OwnedFd.of(fd, "epoll_create1");
    }

    /** Watches {@code fd} for {@code interest}; its events will carry {@code data}. 0 or a negative error number. */
    public int add(int fd, int interest, long data) {
        return control(EPOLL_CTL_ADD, fd, interest, data);
    }

    /** Changes what {@code fd} is watched for. 0 or a negative error number. */
    public int modify(int fd, int interest, long data) {
        return control(EPOLL_CTL_MOD, fd, interest, data);
    }

    /** Stops watching; before the descriptor is closed, as a duplicate elsewhere would keep its events coming. */
    public int remove(int fd) {
        return control(EPOLL_CTL_DEL, fd, 0, 0);
    }

    private int control(int operation, int fd, int interest, long data) {
        change.set(JAVA_INT_UNALIGNED, 0, interest);
        change.set(JAVA_LONG_UNALIGNED, DATA_OFFSET, data);
        try {
            int result = (int) EPOLL_CTL.invokeExact(epfd.number(), operation, fd, change);
            if (result >= 0) {
                return result;
            }
            MemorySegment capture = NativeCall.capture();
            return NativeCall.result(
                    (int) EPOLL_CTL_ERRNO.invokeExact(capture, epfd.number(), operation, fd, change), capture);
        } catch (Throwable t) {
            throw NativeCall.broken(t);
        }
    }

    /**
     * Waits for events.
     *
     * @param timeoutMillis -1 for ever, 0 not at all
     * @return how many there are, or a negative error number ({@code -EINTR} among them)
     */
    public int await(int timeoutMillis) {
        try {
            // One that was interrupted would wait all of the time once more.
            int count = timeoutMillis > 0
                    ? FAILED
                    : (int) EPOLL_WAIT.invokeExact(epfd.number(), events, maxEvents, timeoutMillis);
            if (count >= 0) {
                return count;
            }
            MemorySegment capture = NativeCall.capture();
            return NativeCall.result(
                    (int) EPOLL_WAIT_ERRNO.invokeExact(capture, epfd.number(), events, maxEvents, timeoutMillis),
                    capture);
        } catch (Throwable t) {
            throw NativeCall.broken(t);
        }
    }

    /** The readiness bits of the event at {@code index} of the last wait. */
    public int events(int index) {
        return events.get(JAVA_INT_UNALIGNED, index * EVENT_SIZE);
    }

    /** What {@link #add} gave with the descriptor of the event at {@code index} of the last wait. */
    public long data(int index) {
        return events.get(JAVA_LONG_UNALIGNED, index * EVENT_SIZE + DATA_OFFSET);
    }

    /** Readable while events wait; it stays this object's. */
    public int fd() {
        return epfd.number();
    }

    @Override
    public void close() {
        epfd.close();
    }
}
