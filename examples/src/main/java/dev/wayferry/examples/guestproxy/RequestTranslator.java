package dev.wayferry.examples.guestproxy;

import dev.wayferry.bridge.WaylandConnection;
import dev.wayferry.posix.FileStatus;
import dev.wayferry.wire.crossdomain.CrossDomain;
import dev.wayferry.wire.wayland.MalformedMessageException;
import dev.wayferry.wire.wayland.WaylandInterface;
import dev.wayferry.wire.wayland.WaylandMessage;
import dev.wayferry.wire.wayland.WaylandReader;
import dev.wayferry.wire.wayland.WaylandWriter;
import dev.wayferry.wire.wayland.WlBuffer;
import dev.wayferry.wire.wayland.WlDisplay;
import dev.wayferry.wire.wayland.WlShm;
import dev.wayferry.wire.wayland.WlShmPool;
import dev.wayferry.wire.wayland.WlSurface;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * From the program to the host: requests pass as they are, except those about shared memory.
 *
 * <p><b>Whose is a file?</b> Descriptors come beside the bytes, in order, and each message takes as many as its signature
 * says, never later than its own bytes. So of a request with a known signature the files are known exactly. Of an unknown
 * one they are not, and then the rule is: the known requests behind it that have been received already take theirs, what is
 * left over is the unknown one's. That is right as long as a program sends a request's files with the request, as libwayland
 * does unless its buffer is full in just that moment. All of this matters only for the pools of {@code wl_shm}, whose file
 * does not go to the host; every other file goes in the order in which it came.
 */
final class RequestTranslator {
    private static final Logger LOG = LoggerFactory.getLogger(RequestTranslator.class);

    /** The request of every kind of offer by which a program asks for its data. */
    private static final String RECEIVE = "receive";

    private static final int SCRATCH_SIZE = 64;

    private final WaylandConnection client;
    private final CrossDomainChannel channel;
    private final ObjectTable objects;
    private final HiddenDeletions hidden;
    private final SharedMemoryAllocator memory;
    private final PoolSharing sharing;
    private final ClientFiles files;
    private final GuestProxyCounters counters;
    private final FileStatus status;
    private final MemorySegment scratch;
    private final WaylandWriter writer = new WaylandWriter();
    private final Identifiers identifiers = new Identifiers();
    private final Identifiers none = new Identifiers();
    /** A pool just made, of which the host is not told before the next request: mostly that makes its only buffer. */
    private @Nullable ShmPool held;

    RequestTranslator(
            WaylandConnection client,
            CrossDomainChannel channel,
            ObjectTable objects,
            HiddenDeletions hidden,
            SharedMemoryAllocator memory,
            PoolSharing sharing,
            ClientFiles files,
            GuestProxyCounters counters,
            Arena arena) {
        this.client = client;
        this.channel = channel;
        this.objects = objects;
        this.hidden = hidden;
        this.memory = memory;
        this.sharing = sharing;
        this.files = files;
        this.counters = counters;
        this.status = new FileStatus(arena);
        this.scratch = arena.allocate(SCRATCH_SIZE, Long.BYTES);
    }

    /** Passes on every whole request that was received, and submits it. */
    void run() throws IOException, MalformedMessageException, ProtocolError {
        WaylandReader request = client.reader();
        while (client.next()) {
            counters.requests.increment();
            WaylandObject object = objects.get(request.objectId());
            if (held != null && !(object == held && request.opcode() == WlShmPool.CREATE_BUFFER)) {
                sendHeldPool(held);
            }
            translate(request, object);
        }
        if (held != null) {
            sendHeldPool(held);
        }
        channel.flush();
        files.releaseSent();
        memory.closeReleased();
        sharing.closeReleased();
    }

    private void translate(WaylandReader request, @Nullable WaylandObject target)
            throws IOException, MalformedMessageException, ProtocolError {
        switch (target) {
            case Surface surface -> surfaceRequest(request, surface);
            case ShmBuffer buffer -> bufferRequest(request, buffer);
            case ShmPool pool -> poolRequest(request, pool);
            case ShmGlobal shm -> shmRequest(request, shm);
            case Viewport viewport -> viewportRequest(request, viewport);
            case WaylandObject object -> pass(request, object);
            case null -> passUnknown(request, "object " + Integer.toUnsignedString(request.objectId()));
        }
    }

    private void surfaceRequest(WaylandReader request, Surface surface)
            throws IOException, MalformedMessageException, ProtocolError {
        switch (request.opcode()) {
            case WlSurface.ATTACH -> {
                WaylandObject buffer = objects.get(request.readInt());
                surface.attach(buffer instanceof ShmBuffer shmBuffer ? shmBuffer : null);
                forward(request);
            }
            case WlSurface.DAMAGE -> {
                surface.damage(request.readInt(), request.readInt(), request.readInt(), request.readInt());
                forward(request);
            }
            case WlSurface.DAMAGE_BUFFER -> {
                surface.damageBuffer(request.readInt(), request.readInt(), request.readInt(), request.readInt());
                forward(request);
            }
            case WlSurface.SET_BUFFER_SCALE -> {
                surface.scale(request.readInt());
                forward(request);
            }
            case WlSurface.SET_BUFFER_TRANSFORM -> {
                surface.transform(request.readInt());
                forward(request);
            }
            case WlSurface.COMMIT -> {
                counters.shmBytesCopied.add(surface.commit());
                forward(request);
            }
            case WlSurface.DESTROY -> {
                surface.forgetAll();
                forward(request);
            }
            default -> pass(request, surface);
        }
    }

    private void viewportRequest(WaylandReader request, Viewport viewport) throws IOException, MalformedMessageException {
        switch (request.opcode()) {
            case Viewport.SET_SOURCE -> viewport.setSource(request.readInt());
            case Viewport.SET_DESTINATION -> viewport.setDestination(request.readInt());
            case Viewport.DESTROY -> viewport.destroy();
            default -> {}
        }
        forward(request);
    }

    private void shmRequest(WaylandReader request, ShmGlobal shm)
            throws IOException, MalformedMessageException, ProtocolError {
        switch (request.opcode()) {
            case WlShm.CREATE_POOL -> createPool(request, shm);
            case WlShm.RELEASE -> {
                shm.release();
                finish(shm);
            }
            default -> pass(request, shm);
        }
    }

    private void createPool(WaylandReader request, ShmGlobal shm)
            throws IOException, MalformedMessageException, ProtocolError {
        int id = request.readInt();
        int size = request.readInt();
        int fd = client.takeFd();
        ClientFile file = new ClientFile(fd, status);
        if (size <= 0) {
            file.drop();
            throw new ProtocolError(shm.id(), WlShm.ERROR_INVALID_STRIDE, "invalid size (" + size + ")");
        }
        ShmPool pool = new ShmPool(id, shm, file, size);
        boolean usable = file.isDmaBuf() ? pool.shared(sharing) != null : file.isRegular();
        if (!usable) {
            pool.discard();
            throw new ProtocolError(shm.id(), WlShm.ERROR_INVALID_FD, "the pool's file is no memory file");
        }
        shm.addPool();
        held = pool;
        objects.put(pool);
    }

    /** Makes a pool on the host that has no buffer yet: its number is needed there before any larger one. */
    private void sendHeldPool(ShmPool pool) throws IOException {
        held = null;
        identifiers.clear();
        identifiers.add(CrossDomain.ID_TYPE_VIRTGPU_BLOB, files.empty());
        sendCreatePool(pool, ClientFiles.EMPTY_SIZE);
    }

    private void poolRequest(WaylandReader request, ShmPool pool)
            throws IOException, MalformedMessageException, ProtocolError {
        switch (request.opcode()) {
            case WlShmPool.CREATE_BUFFER -> createBuffer(request, pool);
            case WlShmPool.RESIZE -> {
                int size = request.readInt();
                if (size < pool.size()) {
                    throw new ProtocolError(pool.id(), WlShm.ERROR_INVALID_FD, "shrinking pool invalid");
                }
                pool.size(size);
            }
            case WlShmPool.DESTROY -> {
                forward(request);
                objects.destroy(pool);
                pool.shm().removePool();
                finish(pool.shm());
            }
            default -> pass(request, pool);
        }
    }

    private void createBuffer(WaylandReader request, ShmPool pool)
            throws IOException, MalformedMessageException, ProtocolError {
        int id = request.readInt();
        int offset = request.readInt();
        int width = request.readInt();
        int height = request.readInt();
        int stride = request.readInt();
        int format = request.readInt();
        long length = (long) stride * height;
        if (offset < 0 || width <= 0 || height <= 0 || stride < width || offset + length > pool.size()) {
            throw new ProtocolError(pool.id(), WlShm.ERROR_INVALID_STRIDE,
                    "invalid width, height or stride (" + width + "x" + height + ", " + stride + ")");
        }
        if (ShmFormat.mayHavePlanes(format)) {
            length = Math.min(ShmFormat.MAX_PLANES * length, pool.size() - offset);
        }
        SharedPool shared = pool.shared(sharing);
        if (shared != null) {
            objects.put(new SharedBuffer(id, shared));
            counters.shmBuffers.increment();
            counters.shmBuffersShared.increment();
            if (pool.onHost() != shared) {
                replacePool(pool);
                identifiers.clear();
                identifiers.add(CrossDomain.ID_TYPE_VIRTGPU_BLOB, shared.resourceId());
                sendCreatePool(pool, pool.size());
                pool.onHost(shared);
            }
            forward(request);
            return;
        }
        SharedMemory mirror;
        try {
            mirror = memory.allocate(length);
        } catch (IOException e) {
            LOG.warn("no memory for a buffer of {} bytes: {}", length, e.toString());
            throw new ProtocolError(ObjectTable.DISPLAY_ID, WlDisplay.ERROR_NO_MEMORY, "the host gives no memory");
        }
        objects.put(new ShmBuffer(id, pool.file(), offset, width, height, stride, format, length, mirror));
        counters.shmBuffers.increment();

        replacePool(pool);
        pool.onHost(null);
        identifiers.clear();
        identifiers.add(CrossDomain.ID_TYPE_VIRTGPU_BLOB, mirror.blob().resourceId());
        sendCreatePool(pool, Math.toIntExact(mirror.offset() + length));
        writer.wrap(scratch, 0)
                .begin(pool.id(), WlShmPool.CREATE_BUFFER)
                .putInt(id)
                .putInt(Math.toIntExact(mirror.offset()))
                .putInt(width)
                .putInt(height)
                .putInt(stride)
                .putInt(format)
                .end();
        channel.send(scratch, 0, writer.position(), none);
    }

    /** Before the host's pool is made: the one that has its number there goes, if there is one. */
    private void replacePool(ShmPool pool) throws IOException {
        if (pool == held) {
            held = null;
        } else {
            writer.wrap(scratch, 0).begin(pool.id(), WlShmPool.DESTROY).end();
            channel.send(scratch, 0, writer.position(), none);
            hidden.add(pool.id());
        }
    }

    /** Makes the host's pool, over the one file of {@link #identifiers}. */
    private void sendCreatePool(ShmPool pool, int size) throws IOException {
        writer.wrap(scratch, 0)
                .begin(pool.shm().id(), WlShm.CREATE_POOL)
                .putInt(pool.id())
                .putInt(size)
                .end();
        channel.send(scratch, 0, writer.position(), identifiers);
    }

    /** Passes on the release of a wl_shm once no pool of it is left. */
    private void finish(ShmGlobal shm) throws IOException {
        if (shm.isFinished()) {
            writer.wrap(scratch, 0).begin(shm.id(), WlShm.RELEASE).end();
            channel.send(scratch, 0, writer.position(), none);
        }
    }

    private void bufferRequest(WaylandReader request, ShmBuffer buffer)
            throws IOException, MalformedMessageException, ProtocolError {
        if (request.opcode() != WlBuffer.DESTROY) {
            pass(request, buffer);
            return;
        }
        forward(request);
        objects.destroy(buffer);
        memory.release(buffer.mirror(), !buffer.isBusy());
    }

    /** Passes a request as it is, and notes the objects that it makes. */
    private void pass(WaylandReader request, WaylandObject object)
            throws IOException, MalformedMessageException, ProtocolError {
        WaylandInterface type = object.type();
        WaylandMessage signature = type == null ? null : type.request(request.opcode());
        if (signature == null) {
            passUnknown(request, object + " request " + request.opcode());
            return;
        }
        identifiers.clear();
        String text = "";
        Surface surface = null;
        WaylandObject made = null;
        ShmBuffer shmBuffer = null;
        for (WaylandMessage.Argument argument : signature.arguments()) {
            switch (argument.type()) {
                case WaylandMessage.FD -> identify(object.interfaceName() + "." + signature.name(), signature);
                case WaylandMessage.STRING -> text = Objects.requireNonNullElse(request.readNullableString(), "");
                case WaylandMessage.ARRAY -> request.readArray();
                case WaylandMessage.NEW_ID -> {
                    String name = argument.interfaceName();
                    made = objects.make(request.readInt(), name != null ? name : text);
                }
                case WaylandMessage.OBJECT -> {
                    switch (objects.get(request.readInt())) {
                        case Surface named -> surface = named;
                        case ShmBuffer named -> shmBuffer = named;
                        case null, default -> {}
                    }
                }
                default -> request.readInt();
            }
        }
        if (shmBuffer != null) {
            passBuffer(shmBuffer, object);
        }
        if (made != null && surface != null && made.interfaceName().equals(Viewport.INTERFACE_NAME)) {
            objects.put(new Viewport(made.id(), surface));
        }
        if (signature.destructor() && ObjectTable.isServerId(object.id())) {
            objects.remove(object.id());
        }
        channel.send(request.buffer(), request.messageOffset(), request.size(), identifiers);
    }

    /** A buffer that goes elsewhere than to a surface: no damage tells of its changes. */
    private void passBuffer(ShmBuffer buffer, WaylandObject user) throws IOException {
        if (user instanceof Capture capture) {
            capture.target(buffer);
        } else {
            // A window's icon, for instance.
            buffer.stale().addWhole();
            counters.shmBytesCopied.add(buffer.refresh());
        }
    }

    private void passUnknown(WaylandReader request, String what) throws IOException, MalformedMessageException {
        counters.unknownRequests.increment();
        identifiers.clear();
        if (client.fdCount() > 0) {
            int spare = client.fdCount() - FileDemand.ofKnownRequests(request, objects);
            for (int i = 0; i < spare; i++) {
                identify(what, null);
            }
        }
        channel.send(request.buffer(), request.messageOffset(), request.size(), identifiers);
    }

    private void identify(String what, @Nullable WaylandMessage signature) throws IOException, MalformedMessageException {
        if (identifiers.isFull()) {
            throw new MalformedMessageException(what + ": more than " + CrossDomain.MAX_IDENTIFIERS + " files");
        }
        boolean sink = signature != null && signature.name().equals(RECEIVE);
        files.identify(client.takeFd(), identifiers, sink, what);
    }

    /** Passes a request without files as it is. */
    private void forward(WaylandReader request) throws IOException {
        channel.send(request.buffer(), request.messageOffset(), request.size(), none);
    }
}
