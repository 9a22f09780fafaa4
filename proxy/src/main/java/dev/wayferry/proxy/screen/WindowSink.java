package dev.wayferry.proxy.screen;

import dev.wayferry.bridge.PictureWindow;
import dev.wayferry.bridge.UnixSockets;
import dev.wayferry.posix.Epoll;
import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.PosixException;
import dev.wayferry.proxy.log.GuestLog;
import dev.wayferry.proxy.loop.EventLoop;
import dev.wayferry.proxy.loop.SideThreads;
import java.io.IOException;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A scanout as a window on the compositor, from the guest's first picture on. When it goes, because the user closes it or
 * the compositor ends, it is gone for the rest of the session, which goes on.
 */
final class WindowSink implements ScanoutSink {
    private static final Logger LOG = LoggerFactory.getLogger(WindowSink.class);

    private final String vm;
    private final GuestLog log;
    private final Screen.DisplaySocket display;
    private final EventLoop loop;
    private final BiConsumer<Integer, Integer> resized;
    private @Nullable Picture picture;
    private @Nullable PictureWindow window;
    private EventLoop.@Nullable Registration registration;
    private boolean begun;
    private boolean blank;
    private boolean waitsToWrite;
    private boolean closed;

    /** What is done with the window. */
    private interface Action {
        void on(PictureWindow window) throws IOException;
    }

    WindowSink(
            String vm,
            GuestLog log,
            Screen.DisplaySocket display,
            EventLoop loop,
            BiConsumer<Integer, Integer> resized) {
        this.vm = vm;
        this.log = log;
        this.display = display;
        this.loop = loop;
        this.resized = resized;
    }

    @Override
    public void show(Picture newPicture) {
        picture = newPicture;
        blank = false;
        if (!begun) {
            begun = true;
            // A compositor whose backlog is full lets who connects wait.
            SideThreads.named("window " + vm).newThread(this::connect).start();
        }
        with(shown -> shown.show(newPicture.pixels(), newPicture.width(), newPicture.height()));
    }

    @Override
    public void damage(Area area) {
        Picture now = picture;
        if (blank && now != null) {
            blank = false;
            with(shown -> shown.show(now.pixels(), now.width(), now.height()));
        } else {
            with(shown -> shown.damage(area.x(), area.y(), area.width(), area.height()));
        }
    }

    @Override
    public void blank() {
        blank = true;
        with(PictureWindow::blank);
    }

    private void connect() {
        try {
            OwnedFd socket = UnixSockets.connect(display.find());
            if (!loop.post(() -> connected(socket))) {
                socket.close();
            }
        } catch (IOException e) {
            log.warn(LOG, "vm={} there is no window for the guest's screen: {}", vm, e.getMessage());
        }
    }

    private void connected(OwnedFd socket) {
        if (closed) {
            socket.close();
            return;
        }
        PictureWindow made = new PictureWindow(socket, vm, resized::accept);
        window = made;
        try {
            registration = loop.register(made.fd(), Epoll.EPOLLIN, _ -> with(PictureWindow::onReady));
        } catch (PosixException e) {
            gone(e);
            return;
        }
        Picture now = picture;
        if (now != null && !blank) {
            with(shown -> shown.show(now.pixels(), now.width(), now.height()));
        } else {
            with(PictureWindow::blank);
        }
    }

    private void with(Action action) {
        PictureWindow shown = window;
        EventLoop.Registration watched = registration;
        if (shown == null || watched == null) {
            return;
        }
        try {
            action.on(shown);
            if (shown.wantsToWrite() != waitsToWrite) {
                waitsToWrite = shown.wantsToWrite();
                watched.modify(waitsToWrite ? Epoll.EPOLLIN | Epoll.EPOLLOUT : Epoll.EPOLLIN);
            }
        } catch (IOException e) {
            gone(e);
        } catch (RuntimeException e) {
            // A fault of ours in what is only looked at must not end the session.
            log.error(LOG, "vm={} the window of the guest's screen fails", vm, e);
            release();
        }
    }

    private void gone(IOException why) {
        log.info(LOG, "vm={} the window of the guest's screen is gone: {}", vm, why.getMessage());
        release();
    }

    private void release() {
        if (registration != null) {
            registration.cancel();
            registration = null;
        }
        if (window != null) {
            window.close();
            window = null;
        }
    }

    @Override
    public void close() {
        closed = true;
        release();
        picture = null;
    }
}
