package dev.wayferry.proxy.loop;

/** The thread of an {@link EventLoop}. */
final class LoopThread extends Thread {
    private final boolean realtime;

    LoopThread(String name, boolean realtime, Runnable task) {
        super(task, name);
        this.realtime = realtime;
        setDaemon(true);
    }

    boolean isRealtime() {
        return realtime;
    }
}
