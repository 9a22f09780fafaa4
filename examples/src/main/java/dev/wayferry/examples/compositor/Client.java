package dev.wayferry.examples.compositor;

import dev.wayferry.bridge.WaylandConnection;
import dev.wayferry.posix.Errno;
import dev.wayferry.posix.OwnedFd;
import dev.wayferry.wire.wayland.MalformedMessageException;
import dev.wayferry.wire.wayland.WaylandMessage;
import dev.wayferry.wire.wayland.WaylandReader;
import dev.wayferry.wire.wayland.WaylandWriter;
import dev.wayferry.wire.wayland.WlDisplay;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A client's connection and its objects. */
final class Client implements EventLoop.Handler {
    private static final Logger LOG = LoggerFactory.getLogger(Client.class);

    private static final int DISPLAY_ID = 1;
    private static final int FIRST_SERVER_ID = 0xff000000;
    private static final int MAX_OBJECTS = 1 << 16;
    /** Pixels of all its surfaces together: four screens of 8K would be too many. */
    private static final long MAX_PIXELS = 1L << 26;

    private final Display display;
    private final WaylandConnection connection;
    private final long pid;
    private final Map<Integer, Resource> resources = new LinkedHashMap<>();
    private long pixels;
    private boolean ended;
    private boolean waitsForRoom;

    /** Takes ownership of {@code socket}. */
    Client(Display display, OwnedFd socket, long pid) {
        this.display = display;
        this.connection = new WaylandConnection(socket);
        this.pid = pid;
        resources.put(DISPLAY_ID, new DisplayResource(this, DISPLAY_ID));
    }

    Display display() {
        return display;
    }

    WaylandConnection connection() {
        return connection;
    }

    /** The process at the other end when it connected. */
    long pid() {
        return pid;
    }

    boolean hasEnded() {
        return ended;
    }

    @Override
    public void ready(int events) {
        int received = connection.fill();
        if (received == -Errno.EAGAIN) {
            return;
        }
        if (received <= 0) {
            end(received == 0 ? "hung up" : "broke: " + Errno.name(received));
            return;
        }
        try {
            while (connection.next()) {
                dispatch(connection.reader());
            }
        } catch (MalformedMessageException e) {
            fail(DISPLAY_ID, WlDisplay.ERROR_INVALID_METHOD, String.valueOf(e.getMessage()));
        } catch (ProtocolException e) {
            fail(e.objectId(), e.code(), String.valueOf(e.getMessage()));
        } catch (RuntimeException e) {
            LOG.error("client {}: a request could not be carried out", pid, e);
            fail(DISPLAY_ID, WlDisplay.ERROR_IMPLEMENTATION, "an error of the compositor: " + e);
        }
    }

    private void dispatch(WaylandReader args) throws ProtocolException, MalformedMessageException {
        Resource resource = resources.get(args.objectId());
        if (resource == null) {
            throw new ProtocolException(
                    DISPLAY_ID,
                    WlDisplay.ERROR_INVALID_OBJECT,
                    "invalid object " + Integer.toUnsignedString(args.objectId()));
        }
        WaylandMessage request = resource.type().request(args.opcode());
        if (request == null || request.since() > resource.version()) {
            throw new ProtocolException(
                    DISPLAY_ID,
                    WlDisplay.ERROR_INVALID_METHOD,
                    "invalid method " + args.opcode() + ", object " + resource + " version " + resource.version());
        }
        resource.request(args.opcode(), args);
    }

    /** An id that the client chose for a new object. */
    int newId(WaylandReader args) throws ProtocolException, MalformedMessageException {
        int id = args.readInt();
        if (id == 0 || Integer.compareUnsigned(id, FIRST_SERVER_ID) >= 0 || resources.containsKey(id)) {
            throw new ProtocolException(
                    DISPLAY_ID, WlDisplay.ERROR_INVALID_OBJECT, "invalid new id " + Integer.toUnsignedString(id));
        }
        if (resources.size() >= MAX_OBJECTS) {
            throw new ProtocolException(DISPLAY_ID, WlDisplay.ERROR_NO_MEMORY, "more than " + MAX_OBJECTS + " objects");
        }
        return id;
    }

    /** A free id for an object of the compositor's making; the lowest, as libwayland's clients want no gaps. */
    int newServerId() {
        int id = FIRST_SERVER_ID;
        while (resources.containsKey(id)) {
            id++;
        }
        return id;
    }

    <T extends Resource> T add(T resource) {
        resources.put(resource.id(), resource);
        return resource;
    }

    /** An object argument that must be there and of that kind. */
    <T extends Resource> T object(WaylandReader args, Class<T> kind) throws ProtocolException, MalformedMessageException {
        T object = nullableObject(args, kind);
        if (object == null) {
            throw new ProtocolException(
                    DISPLAY_ID, WlDisplay.ERROR_INVALID_METHOD, "null for a " + kind.getSimpleName() + " that must be there");
        }
        return object;
    }

    <T extends Resource> @Nullable T nullableObject(WaylandReader args, Class<T> kind)
            throws ProtocolException, MalformedMessageException {
        int id = args.readInt();
        if (id == 0) {
            return null;
        }
        Resource resource = resources.get(id);
        if (!kind.isInstance(resource)) {
            throw new ProtocolException(
                    DISPLAY_ID,
                    WlDisplay.ERROR_INVALID_OBJECT,
                    "object " + Integer.toUnsignedString(id) + " is "
                            + (resource == null ? "none" : resource.type().name()) + ", not a " + kind.getSimpleName());
        }
        return kind.cast(resource);
    }

    /** Removes a destroyed object from the table. */
    void forget(Resource resource) {
        resources.remove(resource.id());
        if (Integer.compareUnsigned(resource.id(), FIRST_SERVER_ID) < 0) {
            event(DISPLAY_ID, WlDisplay.DELETE_ID_EVENT).putInt(resource.id()).end();
        }
    }

    WaylandWriter event(int objectId, int opcode) {
        return connection.begin(objectId, opcode);
    }

    /** Counts {@code more} (or, negative, fewer) pixels of private images. */
    void countPixels(long more) throws ProtocolException {
        if (pixels + more > MAX_PIXELS) {
            throw new ProtocolException(
                    DISPLAY_ID, WlDisplay.ERROR_NO_MEMORY, "surfaces of more than " + MAX_PIXELS + " pixels together");
        }
        pixels += more;
    }

    void releasePixels(long count) {
        pixels -= count;
    }

    private void fail(int objectId, int code, String message) {
        LOG.info("client {}: protocol error {} on object {}: {}", pid, code, Integer.toUnsignedString(objectId), message);
        event(DISPLAY_ID, WlDisplay.ERROR_EVENT).putInt(objectId).putInt(code).putString(message).end();
        connection.flush();
        end("was disconnected for its error");
    }

    /** Sends what waits; a client that is gone or never reads is disconnected. */
    void flush() {
        int result = connection.flush();
        boolean full = result == -Errno.EAGAIN;
        if (full != waitsForRoom) {
            waitsForRoom = full;
            display.loop().setWaitsForRoom(connection.fd(), full);
        }
        if (result < 0 && !full) {
            end("broke: " + Errno.name(result));
        }
    }

    /** Disconnects: every object is destroyed, every descriptor closed. */
    void end(String why) {
        if (ended) {
            return;
        }
        LOG.debug("client {} {}", pid, why);
        ended = true;
        var last = new ArrayList<>(resources.values());
        for (int i = last.size() - 1; i >= 0; i--) {
            last.get(i).end();
        }
        resources.clear();
        display.loop().unwatch(connection.fd());
        connection.close();
        display.removeClient(this);
    }
}
