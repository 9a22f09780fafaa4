package dev.wayferry.proxy.loop;

import dev.wayferry.posix.Realtime;
import java.util.concurrent.ThreadFactory;

/** Threads for what may not run on a loop. They are ordinary threads, whichever thread happens to start them. */
public final class SideThreads {
    private SideThreads() {}

    /** Makes daemons of this name. */
    public static ThreadFactory named(String name) {
        ThreadFactory daemons = Thread.ofPlatform().name(name).daemon().factory();
        return task -> daemons.newThread(isRealtimeLoop(Thread.currentThread()) ? () -> leave(task) : task);
    }

    private static boolean isRealtimeLoop(Thread starter) {
        return starter instanceof LoopThread loop && loop.isRealtime();
    }

    /** A thread is born on the CPUs of the one that starts it (its scheduling policy it does not inherit). */
    private static void leave(Runnable task) {
        Realtime.leaveCpu();
        task.run();
    }
}
