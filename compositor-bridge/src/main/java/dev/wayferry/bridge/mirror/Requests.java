package dev.wayferry.bridge.mirror;

import dev.wayferry.bridge.Budget;
import dev.wayferry.posix.Iovecs;
import dev.wayferry.wire.wayland.MalformedMessageException;
import dev.wayferry.wire.wayland.WaylandInterface;
import dev.wayferry.wire.wayland.WaylandMessage;
import dev.wayferry.wire.wayland.WaylandReader;
import dev.wayferry.wire.wayland.WlCompositor;
import dev.wayferry.wire.wayland.WlDisplay;
import dev.wayferry.wire.wayland.WlOutput;
import dev.wayferry.wire.wayland.WlRegistry;
import dev.wayferry.wire.wayland.WlShm;
import dev.wayferry.wire.wayland.WlShmPool;
import dev.wayferry.wire.wayland.WlSurface;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a connection's requests mean for the mirror: its objects, and what happens to buffers and surfaces among them. An
 * object is forgotten at its destructor; of interfaces that {@link Protocols} does not list there are none.
 */
final class Requests {
    /** Pools of guest memory at once, each with a file held open. */
    static final int MAX_POOLS = 256;

    /** Bytes that one SEND may have copied, on the loop: three frames of 4K. */
    static final long MAX_AT_ONCE = 128L << 20;

    private static final int DISPLAY_ID = 1;

    private final PendingFiles files;
    private final Iovecs iovecs;
    private final Map<Integer, Tracked> objects = new HashMap<>();
    private final Budget budget;
    private long copied;

    /** The arguments of the request at hand, strings, arrays and descriptors left out. */
    private final int[] arguments = new int[16];

    private int argumentCount;
    private @Nullable String string;

    /** Pools of guest memory among the objects. */
    private int pools;

    /** Buffers that were committed and are not copied yet. */
    private final Set<Buffer> stale = new LinkedHashSet<>();

    private long copiedAtOnce;

    Requests(PendingFiles files, Iovecs iovecs, Budget budget) {
        this.files = files;
        this.iovecs = iovecs;
        this.budget = budget;
        objects.put(DISPLAY_ID, new Tracked(WlDisplay.INTERFACE));
        budget.take(1);
    }

    /** Bytes copied so far. */
    long copied() {
        return copied;
    }

    /** Follows the request at which {@code reader} stands. */
    void follow(WaylandReader reader) throws MalformedMessageException, RefusedException {
        int id = reader.objectId();
        Tracked object = objects.get(id);
        WaylandMessage request = object == null ? null : object.type().request(reader.opcode());
        if (object == null) {
            return;
        }
        boolean isOurs = object instanceof Surface || object instanceof Pool || object instanceof Buffer;
        if (request == null) {
            if (!isOurs) {
                // Of a newer version: what those added to globals are destructors, after which the number is another's.
                forget(id);
            }
            return;
        }
        try {
            read(reader, request);
        } catch (MalformedMessageException e) {
            if (isOurs) {
                throw e;
            }
            // The number is another object's by now, whose kind nobody follows; if not, the compositor says so.
            forget(id);
            return;
        }
        if (object.type() == Protocols.FIXES && reader.opcode() == Protocols.DESTROY_REGISTRY) {
            forget(arguments[0]);
            return;
        }
        if (object.type() == Protocols.TOPLEVEL_ICON && reader.opcode() == Protocols.ADD_BUFFER) {
            // What is read of it is read now or later, but never changes.
            if (objects.get(arguments[0]) instanceof Buffer buffer) {
                buffer.addAll();
                stale.add(buffer);
            }
            return;
        }
        if (object.type() == WlRegistry.INTERFACE && reader.opcode() == WlRegistry.BIND) {
            WaylandInterface bound = Protocols.named(string);
            if (bound != null) {
                put(arguments[2], new Tracked(bound));
            }
            return;
        }
        refuseWrittenBuffer(object, request);
        if (object instanceof Surface surface) {
            follow(surface, reader.opcode());
        } else if (object instanceof Pool pool) {
            follow(pool, reader.opcode());
        } else if (object.type() == WlShm.INTERFACE && reader.opcode() == WlShm.CREATE_POOL) {
            createPool();
        } else if (object.type() == WlCompositor.INTERFACE && reader.opcode() == WlCompositor.CREATE_SURFACE) {
            put(arguments[0], new Surface());
        } else {
            for (int i = 0; i < request.fdCount(); i++) {
                if (files.take()) {
                    throw new RefusedException(
                            "a guest blob that goes to " + object.type().name() + "." + request.name()
                                    + " can't be mirrored");
                }
            }
            if (object.type() == Protocols.VIEWPORTER && reader.opcode() == Protocols.GET_VIEWPORT
                    && objects.get(arguments[1]) instanceof Surface surface) {
                surface.transformed();
            }
            putNewObjects(request);
        }
        if (request.destructor()) {
            forget(id);
        }
    }

    private void read(WaylandReader reader, WaylandMessage request) throws MalformedMessageException {
        argumentCount = 0;
        string = null;
        for (WaylandMessage.Argument argument : request.arguments()) {
            switch (argument.type()) {
                case WaylandMessage.STRING -> string = reader.readNullableString();
                case WaylandMessage.ARRAY -> {
                    byte[] unused = reader.readArray();
                }
                case WaylandMessage.FD -> {
                    // It is not among the bytes.
                }
                default -> arguments[argumentCount++] = reader.readInt();
            }
        }
    }

    /** Other than by a surface a buffer goes only where the compositor writes into it, which the guest would never see. */
    private void refuseWrittenBuffer(Tracked object, WaylandMessage request) throws RefusedException {
        if (object instanceof Surface) {
            return;
        }
        int index = 0;
        for (WaylandMessage.Argument argument : request.arguments()) {
            if ("wl_buffer".equals(argument.interfaceName()) && argument.type() == WaylandMessage.OBJECT
                    && objects.get(arguments[index]) instanceof Buffer) {
                throw new RefusedException("the compositor would write into a buffer of guest memory ("
                        + object.type().name() + "." + request.name() + "), which is only mirrored");
            }
            if (isWord(argument)) {
                index++;
            }
        }
    }

    private static boolean isWord(WaylandMessage.Argument argument) {
        return argument.type() != WaylandMessage.STRING && argument.type() != WaylandMessage.ARRAY
                && argument.type() != WaylandMessage.FD;
    }

    private void putNewObjects(WaylandMessage request) throws RefusedException {
        int index = 0;
        for (WaylandMessage.Argument argument : request.arguments()) {
            if (argument.type() == WaylandMessage.NEW_ID) {
                WaylandInterface type = Protocols.named(argument.interfaceName());
                // Of an object without requests, such as wl_callback, no request would say that it has gone.
                if (type != null && !type.requests().isEmpty()) {
                    put(arguments[index], new Tracked(type));
                } else {
                    forget(arguments[index]);
                }
            }
            if (isWord(argument)) {
                index++;
            }
        }
    }

    private void put(int id, Tracked object) throws RefusedException {
        forget(id);
        if (!budget.hasRoom(objects.size(), 1)) {
            object.drop();
            throw new RefusedException(
                    "there are " + objects.size() + " objects already that --guest-shm=copy has to follow,"
                            + " see --limit=mirrored-objects");
        }
        objects.put(id, object);
        budget.take(1);
        pools += object instanceof Pool ? 1 : 0;
    }

    private void forget(int id) throws RefusedException {
        Tracked object = objects.remove(id);
        if (object != null) {
            budget.giveBack(1);
            pools -= object instanceof Pool ? 1 : 0;
            if (object instanceof Buffer buffer && stale.remove(buffer)) {
                refresh(buffer);
            }
            object.drop();
        }
    }

    /** Copies what the requests followed since the last time have committed, each buffer once. */
    void refresh() throws RefusedException {
        for (Buffer buffer : stale) {
            refresh(buffer);
        }
        stale.clear();
        copiedAtOnce = 0;
    }

    private void refresh(Buffer buffer) throws RefusedException {
        if (copiedAtOnce + buffer.stale() > MAX_AT_ONCE) {
            throw new RefusedException("one SEND commits more than " + MAX_AT_ONCE + " bytes of buffers");
        }
        long count = buffer.refresh(iovecs);
        copied += count;
        copiedAtOnce += count;
    }

    private void createPool() throws RefusedException {
        Pool pool = files.takePool();
        // Memory of the host's, or none that is known here, goes as it is.
        put(arguments[0], pool == null ? new Tracked(WlShmPool.INTERFACE) : pool);
        if (pool != null && arguments[1] > pool.size()) {
            throw new RefusedException(
                    "wl_shm.create_pool of " + arguments[1] + " bytes in a guest blob of " + pool.size());
        }
        if (pools > MAX_POOLS) {
            throw new RefusedException("there are " + MAX_POOLS + " pools of guest memory already");
        }
    }

    private void follow(Pool pool, int opcode) throws RefusedException {
        if (opcode == WlShmPool.CREATE_BUFFER) {
            put(arguments[0], new Buffer(pool, arguments[1], arguments[2], arguments[3], arguments[4], arguments[5]));
        } else if (opcode == WlShmPool.RESIZE && arguments[0] > pool.size()) {
            // The file behind it has been as large as the blob from the start; there is nothing to grow into.
            throw new RefusedException(
                    "wl_shm_pool.resize to " + arguments[0] + " bytes, the guest blob has " + pool.size());
        }
    }

    private void follow(Surface surface, int opcode) throws RefusedException {
        switch (opcode) {
            case WlSurface.ATTACH ->
                surface.attach(objects.get(arguments[0]) instanceof Buffer buffer ? buffer : null);
            case WlSurface.DAMAGE -> surface.damage(arguments[1], arguments[3]);
            case WlSurface.DAMAGE_BUFFER -> surface.damageBuffer(arguments[1], arguments[3]);
            case WlSurface.SET_BUFFER_SCALE -> surface.scale(arguments[0]);
            case WlSurface.SET_BUFFER_TRANSFORM -> {
                if (arguments[0] != WlOutput.TRANSFORM_NORMAL) {
                    surface.transformed();
                }
            }
            case WlSurface.COMMIT -> {
                Buffer buffer = surface.commit();
                if (buffer != null) {
                    stale.add(buffer);
                }
            }
            case WlSurface.FRAME -> forget(arguments[0]);
            default -> {
                // Of no interest.
            }
        }
    }

    /** Forgets all, closing what they hold. */
    void close() {
        objects.values().forEach(Tracked::drop);
        budget.giveBack(objects.size());
        objects.clear();
    }
}
