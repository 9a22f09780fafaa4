package dev.wayferry.examples.bench.compositor;

import dev.wayferry.posix.FileStatus;
import dev.wayferry.posix.Memory;
import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.PosixException;
import dev.wayferry.wire.wayland.MalformedMessageException;
import dev.wayferry.wire.wayland.WaylandReader;
import dev.wayferry.wire.wayland.WlCompositor;
import dev.wayferry.wire.wayland.WlRegistry;
import dev.wayferry.wire.wayland.WlShm;
import dev.wayferry.wire.wayland.WlShmPool;
import dev.wayferry.wire.wayland.WlSurface;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/**
 * What a client of the {@link EchoCompositor} shows: wl_shm and zwp_linux_dmabuf as far as clients of benches need them.
 * At each commit the picture is looked at, in the memory that the client has sent, and whether it is the one that is due is
 * told by {@link Arrivals}: so neither a copy that was never made nor frames that came in another order go unseen.
 */
final class EchoPictures implements AutoCloseable {
    /** The client's objects have numbers below this. */
    static final int MAX_OBJECTS = 64;

    private static final int PARAMS_ADD = 1;
    private static final int PARAMS_CREATE_IMMED = 3;
    private static final int DMABUF_CREATE_PARAMS = 1;

    private enum Type {
        REGISTRY,
        COMPOSITOR,
        SHM,
        POOL,
        DMABUF,
        PARAMS,
        BUFFER,
        SURFACE
    }

    /** Pixels of the client's. */
    private record Buffer(MemorySegment memory, long offset, int width, int height, int stride) {
        Buffer {
            if (width <= 0 || height <= 0 || stride < (long) width * Integer.BYTES || offset < 0
                    || offset + (long) stride * height > memory.byteSize()) {
                throw new IllegalArgumentException("a buffer of " + width + "x" + height + ", stride " + stride + ", at "
                        + offset + " of " + memory.byteSize() + " bytes");
            }
        }
    }

    private final Arena arena = Arena.ofConfined();
    private final WaylandReader reader = new WaylandReader();
    private final Arrivals arrivals;
    private final Type[] types = new Type[MAX_OBJECTS];
    private final @Nullable Buffer[] buffers = new Buffer[MAX_OBJECTS];
    private @Nullable MemorySegment file;
    private int paramsOffset;
    private int paramsStride;
    private @Nullable Buffer attached;
    private int frames;

    /** Of a client that has asked for a registry, object {@code registry}. */
    EchoPictures(Arrivals arrivals, int registry) {
        this.arrivals = arrivals;
        put(registry, Type.REGISTRY);
    }

    /** Does a request of {@code size} bytes; {@code client} has the files that came along. */
    void request(EchoClient client, MemorySegment input, int at, int size) throws IOException {
        long now = System.nanoTime();
        try {
            reader.wrap(input.asSlice(at, size), 0, size);
            if (!reader.next()) {
                throw new IOException("half a message");
            }
            Type type = reader.objectId() < MAX_OBJECTS ? types[reader.objectId()] : null;
            if (type == Type.SURFACE) {
                surface(reader.opcode(), now);
            } else if (type != null) {
                object(client, type, reader.opcode());
            }
        } catch (MalformedMessageException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    private void surface(int opcode, long now) throws MalformedMessageException {
        if (opcode == WlSurface.ATTACH) {
            int id = reader.readInt();
            attached = id > 0 && id < MAX_OBJECTS ? buffers[id] : null;
        } else if (opcode == WlSurface.COMMIT && attached != null) {
            FrameMarks marks = new FrameMarks(attached.width, attached.height);
            int wrong = marks.firstWrong(attached.memory, attached.offset, attached.stride, frames);
            if (wrong == FrameMarks.NONE) {
                arrivals.arrived(frames, now);
            } else {
                System.err.println("echo-compositor: frame " + frames + ", mark " + wrong + " of it: pixel 0x"
                        + Integer.toHexString(attached.memory.get(
                                ValueLayout.JAVA_INT, attached.offset + marks.at(wrong, attached.stride))));
                arrivals.wrong(frames);
            }
            frames++;
        }
    }

    private void object(EchoClient client, Type type, int opcode) throws IOException, MalformedMessageException {
        if (type == Type.REGISTRY && opcode == WlRegistry.BIND) {
            int unused = reader.readInt();
            String name = reader.readNullableString();
            int version = reader.readInt();
            bind(String.valueOf(name), version, reader.readInt());
        } else if (type == Type.COMPOSITOR && opcode == WlCompositor.CREATE_SURFACE) {
            put(reader.readInt(), Type.SURFACE);
        } else if (type == Type.SHM && opcode == WlShm.CREATE_POOL) {
            put(reader.readInt(), Type.POOL);
            file = map(client.takeFile(), reader.readInt());
        } else if (type == Type.POOL && opcode == WlShmPool.CREATE_BUFFER) {
            int id = reader.readInt();
            int offset = reader.readInt();
            buffer(id, offset, reader.readInt(), reader.readInt(), reader.readInt());
        } else if (type == Type.DMABUF && opcode == DMABUF_CREATE_PARAMS) {
            put(reader.readInt(), Type.PARAMS);
        } else if (type == Type.PARAMS && opcode == PARAMS_ADD) {
            file = map(client.takeFile(), 0);
            int unused = reader.readInt();
            paramsOffset = reader.readInt();
            paramsStride = reader.readInt();
        } else if (type == Type.PARAMS && opcode == PARAMS_CREATE_IMMED) {
            int id = reader.readInt();
            int width = reader.readInt();
            buffer(id, paramsOffset, width, reader.readInt(), paramsStride);
        }
    }

    private void bind(String name, int version, int id) throws IOException {
        put(id, switch (name) {
            case "wl_compositor" -> Type.COMPOSITOR;
            case "wl_shm" -> Type.SHM;
            case "zwp_linux_dmabuf_v1" -> Type.DMABUF;
            default -> throw new IOException("no global " + name + " version " + version);
        });
    }

    private void buffer(int id, int offset, int width, int height, int stride) throws IOException {
        MemorySegment memory = file;
        if (memory == null) {
            throw new IOException("a buffer without a file");
        }
        put(id, Type.BUFFER);
        buffers[id] = new Buffer(memory, offset, width, height, stride);
    }

    private void put(int id, Type type) {
        if (id <= 0 || id >= MAX_OBJECTS) {
            throw new IllegalArgumentException("object " + id + ", at most " + (MAX_OBJECTS - 1));
        }
        types[id] = type;
    }

    /** Maps {@code wanted} bytes, or all, of a file, which is closed. */
    private MemorySegment map(OwnedFd owned, int wanted) throws PosixException {
        try (OwnedFd fd = owned) {
            FileStatus status = new FileStatus(arena);
            PosixException.check(status.read(fd.number()), "fstat");
            long size = wanted > 0 ? wanted : status.size();
            if (status.size() < size) {
                throw new IllegalArgumentException("a file of " + status.size() + " bytes for " + wanted);
            }
            return Memory.map(fd.number(), 0, size, Memory.PROT_READ, arena);
        }
    }

    @Override
    public void close() {
        arena.close();
    }
}
