package dev.wayferry.proxy.loop;

import dev.wayferry.posix.Epoll;
import dev.wayferry.posix.Errno;
import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.Posix;
import dev.wayferry.posix.PosixException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One thread that waits for descriptors and runs everything hot of one VM.
 *
 * <p>A turn: wait, tell the handlers of ready descriptors, run what other threads posted, then the {@link Agent}'s duty.
 * Only {@link #post}, {@link #call} and {@link #stop} may be used from other threads.
 */
public final class EventLoop {
    private static final int MAX_EVENTS = 256;
    private static final int WAIT_FOR_EVER = -1;
    private static final int DO_NOT_WAIT = 0;

    /** Told that a descriptor is ready, on the loop. */
    @FunctionalInterface
    public interface Ready {
        void onReady(int events);
    }

    /** What runs at the end of each turn. */
    @FunctionalInterface
    public interface Agent {
        /** Does what there is to do; returns whether it left work undone, so that the loop does not sleep. */
        boolean doWork();

        /** From now on the loop asks {@link #hasWork} while it looks for work, and {@link #arm} before it sleeps. */
        default void beginPolling() {}

        /** Whether there is work that no descriptor has told of; reads memory only. */
        default boolean hasWork() {
            return false;
        }

        /** Has descriptors tell of work from now on; returns whether some came before that, which nothing will tell of. */
        default boolean arm() {
            return false;
        }
    }

    private final LoopTuning tuning;
    private final @Nullable BusyPoll busyPoll;
    private final Consumer<Throwable> failure;
    private final Arena arena = Arena.ofShared();
    private final Epoll epoll;
    private final OwnedFd wakeUp;
    private final MemorySegment one = arena.allocateFrom(ValueLayout.JAVA_LONG, 1L);
    private final Queue<Runnable> posted = new ConcurrentLinkedQueue<>();
    private final Thread thread;

    private final List<@Nullable Registration> registrations = new ArrayList<>();
    private Agent agent = () -> false;
    private int firstFree = -1;
    private int generation;
    private volatile boolean stopping;
    private boolean stopped;
    private boolean ended;

    /**
     * A loop, not yet running.
     *
     * @param name of its thread
     * @param failure told, on the loop's thread, what ended it before {@link #stop}
     */
    public EventLoop(String name, Consumer<Throwable> failure) throws PosixException {
        this(name, LoopTuning.NONE, failure);
    }

    /** The same, for one that is to be quicker than others. */
    public EventLoop(String name, LoopTuning tuning, Consumer<Throwable> failure) throws PosixException {
        this.tuning = tuning;
        this.busyPoll = tuning.busyPollMicros() > 0
                ? new BusyPoll(TimeUnit.MICROSECONDS.toNanos(tuning.busyPollMicros()))
                : null;
        this.failure = failure;
        this.epoll = new Epoll(MAX_EVENTS, arena);
        this.wakeUp = OwnedFd.of(Posix.eventfd(), "eventfd");
        this.thread = new LoopThread(name, tuning.isRealtime(), () -> run(this.agent));
        Registration unused = register(wakeUp.number(), Epoll.EPOLLIN | Epoll.EPOLLET, _ -> {});
    }

    /** The number of its thread. */
    public long threadId() {
        return thread.threadId();
    }

    /** Starts the thread, which does {@code duty} at the end of each turn. */
    public void start(Agent duty) {
        agent = duty;
        if (busyPoll != null) {
            duty.beginPolling();
        }
        thread.start();
    }

    /** A descriptor that the loop watches; it stays its owner's, who cancels before closing it. */
    public final class Registration {
        private final int fd;
        private final int slot;
        private final int number;
        private final Ready handler;
        private int nextFree = -1;
        private boolean live = true;

        private Registration(int fd, int slot, int number, Ready handler) {
            this.fd = fd;
            this.slot = slot;
            this.number = number;
            this.handler = handler;
        }

        private long data() {
            return ((long) number << 32) | slot;
        }

        /** Watches for other events from now on. */
        public void modify(int interest) throws PosixException {
            int result = epoll.modify(fd, interest, data());
            if (result < 0) {
                throw new PosixException("epoll_ctl MOD of fd " + fd, result);
            }
        }

        /** Stops watching; events already waiting are dropped. */
        public void cancel() {
            if (live) {
                live = false;
                if (!ended) {
                    // Fails only when the descriptor is closed already, and then it is out of the set as well.
                    int unused = epoll.remove(fd);
                }
                nextFree = firstFree;
                firstFree = slot;
            }
        }
    }

    /** Watches {@code fd} for {@code interest} (EPOLL*). */
    public Registration register(int fd, int interest, Ready handler) throws PosixException {
        int slot = firstFree;
        if (slot < 0) {
            slot = registrations.size();
            registrations.add(null);
        } else {
            Registration free = registrations.get(slot);
            firstFree = free == null ? -1 : free.nextFree;
        }
        Registration registration = new Registration(fd, slot, ++generation, handler);
        registrations.set(slot, registration);
        int result = epoll.add(fd, interest, registration.data());
        if (result < 0) {
            registration.live = false;
            registration.nextFree = firstFree;
            firstFree = slot;
            throw new PosixException("epoll_ctl ADD of fd " + fd, result);
        }
        return registration;
    }

    /** Runs {@code task} on the loop, soon; false, and the task is not run, when the loop has ended. */
    public boolean post(Runnable task) {
        synchronized (this) {
            if (stopped) {
                return false;
            }
            posted.add(task);
            if (Thread.currentThread() != thread) {
                long unused = Posix.write(wakeUp.number(), one);
            }
            return true;
        }
    }

    /**
     * Runs {@code task} on the loop and waits for its result. The loop never blocks, so neither does this for long.
     *
     * @throws RejectedExecutionException when the loop has ended
     * @throws IllegalStateException with what {@code task} threw as its cause
     */
    public <T> T call(Callable<T> task) {
        CompletableFuture<T> result = new CompletableFuture<>();
        boolean accepted = post(() -> {
            try {
                result.complete(task.call());
            } catch (Exception e) {
                result.completeExceptionally(e);
            } catch (Error e) {
                // Ends the loop, as an InternalError of a guest's truncated memory must, but nobody is left waiting.
                result.completeExceptionally(e);
                throw e;
            }
        });
        if (!accepted) {
            throw new RejectedExecutionException("the loop has ended");
        }
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return result.get();
                } catch (InterruptedException e) {
                    interrupted = true;
                } catch (ExecutionException e) {
                    throw new IllegalStateException(e.getCause());
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Ends the loop after its present turn and waits for that. */
    public void stop() {
        stopping = true;
        post(() -> {});
        if (Thread.currentThread() == thread) {
            return;
        }
        boolean interrupted = false;
        while (true) {
            try {
                thread.join();
                break;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void run(Agent duty) {
        try {
            tuning.apply();
            boolean more = true;
            while (!stopping) {
                more = turn(duty, more);
            }
        } catch (Throwable t) {
            // An InternalError is a guest's memory truncated under us: it ends this VM's session, not the process.
            failure.accept(t);
        } finally {
            end();
        }
    }

    private int await(Agent duty, boolean more) {
        // What the duty itself posted has woken nobody.
        if (more || !posted.isEmpty()) {
            return epoll.await(DO_NOT_WAIT);
        }
        return busyPoll == null ? epoll.await(WAIT_FOR_EVER) : busyPoll.await(epoll, duty);
    }

    /** A method of its own: the JVM compiles those that are called often sooner and better than a loop that goes on. */
    private boolean turn(Agent duty, boolean more) throws PosixException {
        int count = await(duty, more);
        if (count < 0 && count != -Errno.EINTR) {
            throw new PosixException("epoll_wait", count);
        }
        for (int i = 0; i < count; i++) {
            dispatch(epoll.data(i), epoll.events(i));
        }
        runPosted();
        return duty.doWork();
    }

    /** A turn on the calling thread, which does not wait, of a loop that is never started and is its caller's alone. */
    public void turnHere(Agent duty) throws PosixException {
        boolean unused = turn(duty, true);
    }

    /** Ends a loop that was never started. */
    public void endHere() {
        end();
    }

    private void dispatch(long data, int events) {
        Registration registration = registrations.get((int) data);
        // The generation tells an event of a descriptor that was closed earlier in this very turn.
        if (registration != null && registration.live && registration.number == (int) (data >>> 32)) {
            registration.handler.onReady(events);
        }
    }

    private void runPosted() {
        Runnable task = posted.poll();
        while (task != null) {
            task.run();
            task = posted.poll();
        }
    }

    private void end() {
        synchronized (this) {
            stopped = true;
        }
        // What was accepted is run, so that whoever waits in call() gets an answer.
        while (!posted.isEmpty()) {
            try {
                runPosted();
            } catch (Throwable t) {
                failure.accept(t);
            }
        }
        ended = true;
        epoll.close();
        wakeUp.close();
        arena.close();
    }
}
