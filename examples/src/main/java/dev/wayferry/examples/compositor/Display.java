package dev.wayferry.examples.compositor;

import dev.wayferry.bridge.UnixListener;
import dev.wayferry.posix.PosixException;
import dev.wayferry.wire.wayland.WaylandInterface;
import dev.wayferry.wire.wayland.WlCompositor;
import dev.wayferry.wire.wayland.WlDataDeviceManager;
import dev.wayferry.wire.wayland.WlOutput;
import dev.wayferry.wire.wayland.WlSeat;
import dev.wayferry.wire.wayland.WlShm;
import dev.wayferry.wire.wayland.WlSubcompositor;
import dev.wayferry.wire.wayland.WlSurface;
import dev.wayferry.wire.wayland.XdgWmBase;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The compositor's state. Everything here and behind it belongs to the loop's thread. */
final class Display implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Display.class);

    private static final long FRAME_NANOS = 1_000_000_000L / 60;
    private static final long NANOS_PER_MILLI = 1_000_000;

    private final Arena arena = Arena.ofConfined();
    private final EventLoop loop;
    private final UnixListener listener;
    private final ShmFiles shm = new ShmFiles(arena);
    private final Scene scene;
    private final Seat seat;
    private final DataExchange data;
    private final List<Global> globals = new ArrayList<>();
    private final List<Client> clients = new ArrayList<>();
    private final List<OutputResource> outputs = new ArrayList<>();
    private final long startNanos = System.nanoTime();
    private long nextFrameNanos = startNanos;
    private int serial;

    /** Made by the loop's thread; owns neither loop nor listener. */
    Display(EventLoop loop, UnixListener listener, int width, int height) throws IOException {
        this.loop = loop;
        this.listener = listener;
        scene = new Scene(width, height);
        seat = new Seat(this, Keymap.load());
        data = new DataExchange(this);
        global(WlCompositor.INTERFACE, 4, CompositorResource::new);
        global(WlSubcompositor.INTERFACE, 1, SubcompositorResource::new);
        global(WlShm.INTERFACE, 1, (client, id, version) -> {
            var resource = new ShmResource(client, id, version);
            resource.announceFormats();
            return resource;
        });
        global(WlOutput.INTERFACE, 3, (client, id, version) -> {
            var resource = new OutputResource(client, id, version);
            resource.announce();
            outputs.add(resource);
            return resource;
        });
        global(WlSeat.INTERFACE, 5, (client, id, version) -> {
            var resource = new SeatResource(client, id, version);
            resource.announce();
            return resource;
        });
        global(WlDataDeviceManager.INTERFACE, 3, DataDeviceManager::new);
        global(XdgWmBase.INTERFACE, 3, WmBase::new);
        loop.watch(listener.fd(), events -> accept());
    }

    private void global(WaylandInterface type, int version, Global.Binder binder) {
        globals.add(new Global(globals.size() + 1, type, version, binder));
    }

    private void accept() {
        try {
            UnixListener.Connection connection = listener.accept();
            var client = new Client(this, connection.socket(), connection.peerPid());
            clients.add(client);
            loop.watch(client.connection().fd(), client);
        } catch (IOException e) {
            LOG.warn("a connection could not be accepted", e);
        }
    }

    EventLoop loop() {
        return loop;
    }

    ShmFiles shm() {
        return shm;
    }

    Scene scene() {
        return scene;
    }

    Seat seat() {
        return seat;
    }

    DataExchange data() {
        return data;
    }

    List<Global> globals() {
        return globals;
    }

    List<Client> clients() {
        return Collections.unmodifiableList(clients);
    }

    int nextSerial() {
        return ++serial;
    }

    /** Milliseconds since the start, the time of input events. */
    int time() {
        return (int) ((System.nanoTime() - startNanos) / NANOS_PER_MILLI);
    }

    void removeClient(Client client) {
        clients.remove(client);
    }

    void removeOutput(OutputResource output) {
        outputs.remove(output);
    }

    /** Tells a surface's client that it is on the monitor now, or no longer. */
    void notifyOutput(Surface surface, boolean entered) {
        for (OutputResource output : outputs) {
            if (output.client() == surface.client()) {
                surface.event(entered ? WlSurface.ENTER_EVENT : WlSurface.LEAVE_EVENT)
                        .putInt(output.id())
                        .end();
            }
        }
    }

    /** Waits for whatever is next and handles it, with all that follows from it. */
    void turn() throws PosixException {
        loop.turn(nanosToNextFrame());
        tick();
        if (scene.takeChanged()) {
            seat.sceneChanged();
        }
        for (Client client : List.copyOf(clients)) {
            client.flush();
        }
    }

    private boolean wantsFrames() {
        for (Surface surface : scene.surfaces()) {
            if (surface.waitsForFrame()) {
                return true;
            }
        }
        return false;
    }

    private long nanosToNextFrame() {
        return wantsFrames() ? Math.max(0, nextFrameNanos - System.nanoTime()) : -1;
    }

    private void tick() {
        long now = System.nanoTime();
        if (now < nextFrameNanos || !wantsFrames()) {
            return;
        }
        boolean onTime = now - nextFrameNanos < FRAME_NANOS;
        nextFrameNanos = (onTime ? nextFrameNanos : now) + FRAME_NANOS;
        int time = time();
        for (Surface surface : List.copyOf(scene.surfaces())) {
            surface.frameDone(time);
        }
    }

    @Override
    public void close() throws IOException {
        loop.unwatch(listener.fd());
        for (Client client : List.copyOf(clients)) {
            client.end("ends with the compositor");
        }
        seat.close();
        arena.close();
    }
}
