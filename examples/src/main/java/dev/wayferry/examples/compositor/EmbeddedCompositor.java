package dev.wayferry.examples.compositor;

import dev.wayferry.bridge.UnixListener;
import dev.wayferry.examples.picture.Picture;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A headless Wayland compositor on a thread of its own. All methods may be called from any other thread; each returns when
 * the compositor has done what it asks.
 *
 * <p>Windows are placed side by side from the upper left corner while there is room. The newest window has the keyboard
 * until another is clicked or {@linkplain #focus focused}. Pointer and keys are moved by the methods here only.
 */
public final class EmbeddedCompositor implements AutoCloseable {
    /** The colour where no window is, 0xRRGGBB. */
    public static final int BACKGROUND = 0x2e3440;

    /** The evdev code of the left mouse button. */
    public static final int BTN_LEFT = 0x110;

    private static final Logger LOG = LoggerFactory.getLogger(EmbeddedCompositor.class);

    /** How long a condition may take: so long that only a program that hangs exceeds it. */
    private static final Duration PATIENCE = Duration.ofSeconds(120);

    private static final int OPAQUE = 0xff000000;

    private record Waiter<T>(Supplier<Optional<T>> condition, CompletableFuture<T> result) {
        boolean isSatisfied() {
            Optional<T> value = condition.get();
            value.ifPresent(result::complete);
            return value.isPresent();
        }
    }

    private final Path socket;
    private final EventLoop loop;
    private final Thread thread;
    private final CompletableFuture<Display> started = new CompletableFuture<>();
    private final List<Waiter<?>> waiters = new ArrayList<>();
    private final Display display;
    private boolean stopping;

    private EmbeddedCompositor(UnixListener listener, int width, int height) throws IOException {
        socket = listener.path();
        loop = new EventLoop();
        thread = Thread.ofPlatform().name("compositor").unstarted(() -> run(listener, width, height));
        thread.start();
        try {
            display = started.join();
        } catch (RuntimeException e) {
            throw new IOException("the compositor could not start", e);
        }
    }

    /**
     * Starts a compositor with one monitor of that size, which listens at {@code socket} when this returns.
     *
     * @throws IOException when somebody listens there already, or the kernel refuses
     */
    public static EmbeddedCompositor start(Path socket, int width, int height) throws IOException {
        if (width <= 0 || height <= 0) {
            throw new IllegalArgumentException("a monitor of " + width + "x" + height);
        }
        UnixListener listener = UnixListener.bind(socket.toAbsolutePath());
        try {
            return new EmbeddedCompositor(listener, width, height);
        } catch (IOException | RuntimeException e) {
            listener.close();
            throw e;
        }
    }

    private void run(UnixListener listener, int width, int height) {
        try (loop;
                listener;
                Display running = new Display(loop, listener, width, height)) {
            started.complete(running);
            while (!stopping) {
                running.turn();
                waiters.removeIf(Waiter::isSatisfied);
            }
        } catch (IOException | RuntimeException | Error e) {
            LOG.error("the compositor ends", e);
            started.completeExceptionally(e);
        }
        for (Waiter<?> waiter : waiters) {
            waiter.result().completeExceptionally(new IllegalStateException("the compositor has ended"));
        }
    }

    /** Where clients connect, for {@code WAYLAND_DISPLAY}. */
    public Path socket() {
        return socket;
    }

    /** What is on screen now, without cursor. */
    public Picture screenshot() {
        return call(() -> Painter.paint(display.scene(), BACKGROUND | OPAQUE));
    }

    /** Every surface, in the order of their making. */
    public List<SurfaceInfo> surfaces() {
        return call(this::describeSurfaces);
    }

    /** How many clients are connected. */
    public int clientCount() {
        return call(() -> display.clients().size());
    }

    /** Whether a drag is under way. */
    public boolean isDragging() {
        return call(() -> display.data().drag() != null);
    }

    /** Waits for a surface of which {@code condition} holds; {@code what} names it where it never comes. */
    public SurfaceInfo awaitSurface(String what, Predicate<SurfaceInfo> condition) {
        return await(what, () -> describeSurfaces().stream().filter(condition).findFirst());
    }

    /** Waits until the surfaces are as {@code condition} wants them. */
    public List<SurfaceInfo> awaitSurfaces(String what, Predicate<List<SurfaceInfo>> condition) {
        return await(what, () -> Optional.of(describeSurfaces()).filter(condition));
    }

    /** Waits until exactly so many clients are connected. */
    public void awaitClients(int count) {
        await(count + " clients", () -> display.clients().size() == count ? Optional.of(count) : Optional.empty());
    }

    /** Waits until a client has started a drag. */
    public void awaitDrag() {
        await("a drag", () -> Optional.ofNullable(display.data().drag()));
    }

    /** Waits until the clipboard holds something of that type. */
    public void awaitSelection(String mimeType) {
        await(
                "a selection of " + mimeType,
                () -> Optional.ofNullable(display.data().selection())
                        .filter(source -> source.types().contains(mimeType)));
    }

    /** Moves the pointer to a place on screen. */
    public void pointerMotion(double x, double y) {
        call(() -> {
            display.seat().motion(x, y);
            return true;
        });
    }

    /** Presses or lets go a mouse button, by its evdev code. */
    public void pointerButton(int button, boolean pressed) {
        call(() -> {
            display.seat().button(button, pressed);
            return true;
        });
    }

    /** Moves the pointer there and clicks the left button. */
    public void click(double x, double y) {
        pointerMotion(x, y);
        pointerButton(BTN_LEFT, true);
        pointerButton(BTN_LEFT, false);
    }

    /** Turns the wheel by {@code steps} notches, down when positive. */
    public void pointerWheel(int steps) {
        call(() -> {
            display.seat().axis(0, steps);
            return true;
        });
    }

    /** Presses or lets go a key, by its evdev code. */
    public void key(int key, boolean pressed) {
        call(() -> {
            display.seat().key(key, pressed);
            return true;
        });
    }

    /** Brings a window to the front and gives it the keyboard. */
    public void focus(SurfaceInfo window) {
        call(() -> {
            Toplevel toplevel = toplevel(window);
            display.scene().raise(toplevel);
            display.seat().setKeyboardFocus(toplevel.shellSurface().surface());
            return true;
        });
    }

    /** Puts a window's geometry with its corner at a place on screen. */
    public void move(SurfaceInfo window, int x, int y) {
        call(() -> {
            toplevel(window).moveTo(x, y);
            return true;
        });
    }

    /** Asks a window's program to close it, as a title bar's button does. */
    public void close(SurfaceInfo window) {
        call(() -> {
            toplevel(window).askToClose();
            return true;
        });
    }

    private Toplevel toplevel(SurfaceInfo info) {
        for (Toplevel window : display.scene().windows()) {
            if (window.shellSurface().surface().number() == info.number()) {
                return window;
            }
        }
        throw new IllegalArgumentException("no window any more: " + info);
    }

    private List<SurfaceInfo> describeSurfaces() {
        var result = new ArrayList<SurfaceInfo>();
        for (Surface surface : display.scene().surfaces()) {
            result.add(describe(surface));
        }
        return result;
    }

    private SurfaceInfo describe(Surface surface) {
        Role role = surface.role();
        Toplevel window =
                role instanceof ShellSurface shellSurface && shellSurface.role() instanceof Toplevel it ? it : null;
        Scene.Hit place = display.scene().locate(surface);
        return new SurfaceInfo(
                surface.number(),
                role == null ? "" : role.roleName(),
                window == null ? "" : window.title(),
                window == null ? "" : window.appId(),
                surface.client().pid(),
                place != null,
                place == null ? 0 : (int) place.x(),
                place == null ? 0 : (int) place.y(),
                surface.width(),
                surface.height(),
                surface.frames(),
                window != null && window.isActivated());
    }

    /** Waits until {@code condition}, evaluated by the loop after each of its turns, has a value. */
    private <T> T await(String what, Supplier<Optional<T>> condition) {
        var result = new CompletableFuture<T>();
        var waiter = new Waiter<>(condition, result);
        execute(() -> waiters.add(waiter));
        try {
            return join(what, result);
        } catch (TimeoutException e) {
            execute(() -> waiters.remove(waiter));
            throw new IllegalStateException("waited in vain for " + what + "; there is " + surfaces(), e);
        }
    }

    private <T> T call(Callable<T> task) {
        var result = new CompletableFuture<T>();
        execute(() -> {
            try {
                result.complete(task.call());
            } catch (Exception e) {
                result.completeExceptionally(e);
            }
        });
        try {
            return join("an answer", result);
        } catch (TimeoutException e) {
            throw new IllegalStateException("the compositor does not answer", e);
        }
    }

    /** Waits for the loop to complete {@code result}, while there is a loop. */
    private <T> T join(String what, CompletableFuture<T> result) throws TimeoutException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        try {
            while (true) {
                try {
                    return result.get(1, TimeUnit.SECONDS);
                } catch (TimeoutException e) {
                    if (deadline - System.nanoTime() < 0) {
                        throw e;
                    }
                    if (!thread.isAlive() && !result.isDone()) {
                        throw new IllegalStateException("the compositor ended before there was " + what, e);
                    }
                }
            }
        } catch (ExecutionException e) {
            throw e.getCause() instanceof RuntimeException cause ? cause : new IllegalStateException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while waiting for " + what, e);
        }
    }

    private void execute(Runnable task) {
        if (!thread.isAlive()) {
            throw new IllegalStateException("the compositor has ended");
        }
        loop.execute(task);
    }

    /** Disconnects every client and removes the socket. */
    @Override
    public void close() {
        if (thread.isAlive()) {
            loop.execute(() -> stopping = true);
        }
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
