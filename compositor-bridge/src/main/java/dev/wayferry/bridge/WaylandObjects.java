package dev.wayferry.bridge;

import dev.wayferry.posix.Errno;
import dev.wayferry.posix.OwnedFd;
import dev.wayferry.wire.wayland.MalformedMessageException;
import dev.wayferry.wire.wayland.WaylandReader;
import dev.wayferry.wire.wayland.WaylandWriter;
import dev.wayferry.wire.wayland.WlDisplay;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/** A client's connection that never blocks: its objects, and who hears their events. For one thread. */
final class WaylandObjects implements AutoCloseable {
    static final int DISPLAY = 1;

    private static final Listener NOBODY = (_, _) -> {};

    /** Hears the events of one object; reads the arguments that it wants, in order. */
    interface Listener {
        void event(int opcode, WaylandReader args) throws IOException, MalformedMessageException;
    }

    private final WaylandConnection connection;

    /** By object id. */
    private final List<Listener> listeners = new ArrayList<>();

    private final ArrayDeque<Integer> freeIds = new ArrayDeque<>();

    /** Takes ownership of a connected stream socket. */
    WaylandObjects(OwnedFd socket) {
        connection = new WaylandConnection(socket);
        listeners.add(NOBODY);
        listeners.add(this::displayEvent);
    }

    private void displayEvent(int opcode, WaylandReader args) throws IOException, MalformedMessageException {
        int object = args.readInt();
        if (opcode == WlDisplay.ERROR_EVENT) {
            int code = args.readInt();
            throw new IOException("the compositor refused a request: object " + Integer.toUnsignedString(object) + " error "
                    + code + ": " + args.readNullableString());
        }
        if (object > DISPLAY && object < listeners.size()) {
            listeners.set(object, NOBODY);
            freeIds.add(object);
        }
    }

    int fd() {
        return connection.fd();
    }

    /** The id for an object that the next request makes. */
    int newObject(Listener listener) {
        Integer free = freeIds.poll();
        if (free != null) {
            listeners.set(free, listener);
            return free;
        }
        listeners.add(listener);
        return listeners.size() - 1;
    }

    /** Starts a request; complete it by {@link WaylandWriter#end}. */
    WaylandWriter request(int object, int opcode) {
        return connection.begin(object, opcode);
    }

    /** Takes ownership of a descriptor, which goes with the request written next. */
    void queueFd(int fd) {
        connection.queueFd(fd);
    }

    /** Sends what waits, as far as the socket takes it; whether that was all. */
    boolean flush() throws IOException {
        int result = connection.flush();
        if (result < 0 && result != -Errno.EAGAIN) {
            throw new IOException("the compositor hung up: " + Errno.name(result));
        }
        return result == 0;
    }

    /** Has the events heard that are there. */
    void dispatch() throws IOException {
        int received = connection.fill();
        while (received > 0) {
            try {
                while (connection.next()) {
                    WaylandReader args = connection.reader();
                    int id = args.objectId();
                    if (id > 0 && id < listeners.size()) {
                        listeners.get(id).event(args.opcode(), args);
                    }
                }
            } catch (MalformedMessageException e) {
                throw new IOException("the compositor sent no Wayland: " + e.getMessage(), e);
            }
            received = connection.fill();
        }
        if (received != -Errno.EAGAIN) {
            throw new IOException("the compositor hung up" + (received == 0 ? "" : ": " + Errno.name(received)));
        }
    }

    @Override
    public void close() {
        connection.close();
    }
}
