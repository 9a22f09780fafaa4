package dev.wayferry.examples.client;

import dev.wayferry.bridge.WaylandConnection;
import dev.wayferry.posix.Errno;
import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.PollSet;
import dev.wayferry.posix.Posix;
import dev.wayferry.posix.PosixException;
import dev.wayferry.posix.Sockets;
import dev.wayferry.wire.wayland.MalformedMessageException;
import dev.wayferry.wire.wayland.WaylandReader;
import dev.wayferry.wire.wayland.WaylandWriter;
import dev.wayferry.wire.wayland.WlCallback;
import dev.wayferry.wire.wayland.WlDisplay;
import dev.wayferry.wire.wayland.WlRegistry;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A client's connection: its objects, and the globals that the compositor offers. Everything by the thread that made it.
 *
 * <p>Requests wait in the buffer until {@link #flush} or something that waits. Events reach their objects' listeners inside
 * {@link #dispatch} only.
 */
public final class ClientConnection implements AutoCloseable {
    private static final int DISPLAY_ID = 1;
    private static final int FIRST_SERVER_ID = 0xff000000;
    private static final long NANOS_PER_MILLI = 1_000_000;
    private static final Listener NOBODY = (opcode, args) -> {};

    /** Hears the events of one object; reads the arguments that it wants, in order. */
    public interface Listener {
        void event(int opcode, WaylandReader args) throws MalformedMessageException;
    }

    private record Global(int name, int version) {}

    private final WaylandConnection connection;
    private final Arena arena = Arena.ofConfined();
    private final PollSet pollSet = new PollSet(1, arena);
    /** By object id; those of destroyed objects stay until the compositor has said that the id is free. */
    private final List<Listener> listeners = new ArrayList<>();

    private final Map<Integer, Listener> serverObjects = new HashMap<>();
    private final ArrayDeque<Integer> freeIds = new ArrayDeque<>();
    private final Map<String, Global> globals = new LinkedHashMap<>();
    private final int registry;
    private @Nullable String failure;
    private boolean syncDone;

    /** Takes ownership of a connected stream socket, and waits until the globals are known. */
    public ClientConnection(OwnedFd socket) throws IOException {
        connection = new WaylandConnection(socket);
        listeners.add(NOBODY);
        listeners.add(this::displayEvent);
        registry = newObject(this::registryEvent);
        request(DISPLAY_ID, WlDisplay.GET_REGISTRY).putInt(registry).end();
        try {
            roundTrip();
        } catch (IOException e) {
            close();
            throw e;
        }
    }

    /** Connects to the compositor that listens at {@code socket}. */
    public static ClientConnection connect(Path socket) throws IOException {
        return new ClientConnection(Sockets.connect(socket.toString()));
    }

    private void displayEvent(int opcode, WaylandReader args) throws MalformedMessageException {
        if (opcode == WlDisplay.ERROR_EVENT) {
            int object = args.readInt();
            int code = args.readInt();
            failure = "the compositor refused a request: object " + Integer.toUnsignedString(object) + " error " + code
                    + ": " + args.readNullableString();
        } else {
            int id = args.readInt();
            if (id > DISPLAY_ID && id < listeners.size() && listeners.get(id) != NOBODY) {
                listeners.set(id, NOBODY);
                freeIds.add(id);
            }
        }
    }

    private void registryEvent(int opcode, WaylandReader args) throws MalformedMessageException {
        int name = args.readInt();
        if (opcode == WlRegistry.GLOBAL_EVENT) {
            globals.putIfAbsent(args.readString(), new Global(name, args.readInt()));
        } else {
            globals.values().removeIf(global -> global.name() == name);
        }
    }

    /** The names of the interfaces that the compositor offers. */
    public List<String> globals() {
        return List.copyOf(globals.keySet());
    }

    /** The version of a global that the compositor offers, 0 when it has none. */
    public int globalVersion(String interfaceName) {
        Global global = globals.get(interfaceName);
        return global == null ? 0 : global.version();
    }

    /**
     * Binds a global at {@code version}, or at what the compositor has if that is older.
     *
     * @throws ConnectionBrokenException when it has none
     */
    public int bind(String interfaceName, int version, Listener listener) throws ConnectionBrokenException {
        Global global = globals.get(interfaceName);
        if (global == null) {
            throw new ConnectionBrokenException("the compositor offers no " + interfaceName);
        }
        int id = newObject(listener);
        request(registry, WlRegistry.BIND)
                .putInt(global.name())
                .putString(interfaceName)
                .putInt(Math.min(version, global.version()))
                .putInt(id)
                .end();
        return id;
    }

    /** The id for an object that the next request makes. */
    public int newObject(Listener listener) {
        Integer free = freeIds.poll();
        if (free != null) {
            listeners.set(free, listener);
            return free;
        }
        listeners.add(listener);
        return listeners.size() - 1;
    }

    /** The id for an object that has no events of interest. */
    public int newObject() {
        // Not the constant itself, which marks an id as free.
        return newObject((opcode, args) -> {});
    }

    /** Hears an object that an event of the compositor made. */
    public void adoptServerObject(int id, Listener listener) {
        serverObjects.put(id, listener);
    }

    /** Forgets such an object, once the request that destroys it is written. */
    public void dropServerObject(int id) {
        serverObjects.remove(id);
    }

    /** Starts a request; complete it by {@link WaylandWriter#end}. */
    public WaylandWriter request(int objectId, int opcode) {
        return connection.begin(objectId, opcode);
    }

    /** Takes ownership of a descriptor, which goes with the request just written. */
    public void queueFd(int fd) {
        connection.queueFd(fd);
    }

    /** The descriptor that came with the event being heard; the caller owns it. */
    public int takeFd() throws MalformedMessageException {
        return connection.takeFd();
    }

    /** The socket's descriptor, for tests that do to it what a client should not. */
    public int fd() {
        return connection.fd();
    }

    /** Sends everything that waits; blocks while the socket is full. */
    public void flush() throws IOException {
        int result = connection.flush();
        while (result == -Errno.EAGAIN) {
            PosixException.check(Posix.poll(connection.fd(), Posix.POLLOUT, -1), "poll");
            result = connection.flush();
        }
        if (result < 0) {
            // The compositor may have said why before it hung up.
            receive();
            throw new ConnectionBrokenException("the compositor hung up: " + Errno.name(result));
        }
    }

    /**
     * Sends what waits, then waits for events and has them heard.
     *
     * @param timeoutMillis at most so long, -1 for ever, 0 not at all
     * @return whether anything came
     */
    public boolean dispatch(int timeoutMillis) throws IOException {
        flush();
        pollSet.clear();
        pollSet.add(connection.fd(), Posix.POLLIN);
        int ready = pollSet.poll(timeoutMillis);
        if (ready <= 0) {
            if (ready < 0 && ready != -Errno.EINTR) {
                throw new PosixException("poll", ready);
            }
            return false;
        }
        receive();
        return true;
    }

    private void receive() throws IOException {
        int received = connection.fill();
        if (received == -Errno.EAGAIN) {
            return;
        }
        if (received <= 0) {
            throw new ConnectionBrokenException(
                    "the compositor hung up" + (received == 0 ? "" : ": " + Errno.name(received)));
        }
        try {
            while (connection.next()) {
                WaylandReader args = connection.reader();
                listener(args.objectId()).event(args.opcode(), args);
                if (failure != null) {
                    throw new ConnectionBrokenException(failure);
                }
            }
        } catch (MalformedMessageException e) {
            throw new ConnectionBrokenException("the compositor sent no Wayland: " + e.getMessage());
        }
    }

    private Listener listener(int id) {
        if (Integer.compareUnsigned(id, FIRST_SERVER_ID) >= 0) {
            return serverObjects.getOrDefault(id, NOBODY);
        }
        return id < listeners.size() ? listeners.get(id) : NOBODY;
    }

    /** Has events heard until {@code condition} holds. */
    public void dispatchUntil(BooleanSupplier condition) throws IOException {
        while (!condition.getAsBoolean()) {
            dispatch(-1);
        }
    }

    /** Has events heard until {@code condition} holds or {@link System#nanoTime} reaches {@code deadline}. */
    public void dispatchUntil(BooleanSupplier condition, long deadline) throws IOException {
        while (!condition.getAsBoolean()) {
            long left = deadline - System.nanoTime();
            if (left <= 0) {
                return;
            }
            dispatch((int) Math.min(Integer.MAX_VALUE, (left + NANOS_PER_MILLI - 1) / NANOS_PER_MILLI));
        }
    }

    /** Waits until the compositor has handled every request so far. */
    public void roundTrip() throws IOException {
        syncDone = false;
        int callback = newObject((opcode, args) -> syncDone |= opcode == WlCallback.DONE_EVENT);
        request(DISPLAY_ID, WlDisplay.SYNC).putInt(callback).end();
        while (!syncDone) {
            dispatch(-1);
        }
    }

    @Override
    public void close() {
        connection.close();
        arena.close();
    }
}
