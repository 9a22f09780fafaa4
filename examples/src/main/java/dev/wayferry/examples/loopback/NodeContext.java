package dev.wayferry.examples.loopback;

import dev.wayferry.examples.virtgpu.VirtGpuBlob;
import dev.wayferry.examples.virtgpu.VirtGpuContext;
import dev.wayferry.posix.OwnedFd;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A context that another process keeps, see {@link NodeGpu}. */
final class NodeContext implements VirtGpuContext {
    private final NodeSocket socket;
    private final OwnedFd eventFd;
    private final Set<Blob> blobs = new HashSet<>();
    private boolean closed;

    /** Takes ownership of both. */
    NodeContext(NodeSocket socket, OwnedFd eventFd) {
        this.socket = socket;
        this.eventFd = eventFd;
    }

    private final class Blob implements VirtGpuBlob {
        private final int handle;
        private final int resourceId;
        private final long size;
        private @Nullable Arena mapping;
        private @Nullable MemorySegment mapped;

        Blob(ByteBuffer answer) {
            handle = answer.getInt();
            resourceId = answer.getInt();
            size = answer.getLong();
            blobs.add(this);
        }

        @Override
        public int resourceId() {
            return resourceId;
        }

        @Override
        public long size() {
            return size;
        }

        @Override
        public MemorySegment map() throws IOException {
            MemorySegment memory = mapped;
            if (memory == null) {
                ByteBuffer answer = ask(NodeSocket.MAP, this);
                long pieceLength = answer.getLong();
                long[] offsets = new long[answer.remaining() / Long.BYTES];
                answer.asLongBuffer().get(offsets);
                Arena arena = Arena.ofShared();
                try (BlobMemory where = new BlobMemory(socket.takeFile(), offsets, pieceLength)) {
                    memory = where.map(arena);
                } catch (IOException e) {
                    arena.close();
                    throw e;
                }
                mapping = arena;
                mapped = memory;
            }
            return memory;
        }

        @Override
        public OwnedFd export() throws IOException {
            ByteBuffer unused = ask(NodeSocket.EXPORT, this);
            return socket.takeFile();
        }

        private void unmap() {
            mapped = null;
            if (mapping != null) {
                mapping.close();
                mapping = null;
            }
        }

        @Override
        public void close() throws IOException {
            if (blobs.remove(this)) {
                unmap();
                socket.compose().putInt(NodeSocket.CLOSE_BLOB).putInt(handle);
                socket.send();
            }
        }
    }

    private ByteBuffer ask(int operation, VirtGpuBlob blob) throws IOException {
        socket.compose().putInt(operation).putInt(((Blob) blob).handle);
        return socket.call();
    }

    @Override
    public VirtGpuBlob createBlob(int blobMem, int blobFlags, long size, long blobId) throws IOException {
        socket.compose()
                .putInt(NodeSocket.CREATE_BLOB)
                .putInt(blobMem)
                .putInt(blobFlags)
                .putLong(size)
                .putLong(blobId);
        return new Blob(socket.call());
    }

    @Override
    public VirtGpuBlob importBlob(int fd) throws IOException {
        socket.compose().putInt(NodeSocket.IMPORT_BLOB);
        return new Blob(socket.call(fd));
    }

    @Override
    public void submit(MemorySegment command, int ring, VirtGpuBlob... fenced) throws IOException {
        ByteBuffer request =
                socket.compose().putInt(NodeSocket.SUBMIT).putInt(ring).putInt(fenced.length);
        for (VirtGpuBlob blob : fenced) {
            request.putInt(((Blob) blob).handle);
        }
        request.put(command.asByteBuffer());
        socket.send();
    }

    @Override
    public void await(VirtGpuBlob blob) throws IOException {
        ByteBuffer unused = ask(NodeSocket.AWAIT, blob);
    }

    @Override
    public boolean isSignalled(VirtGpuBlob blob) throws IOException {
        return ask(NodeSocket.IS_SIGNALLED, blob).getInt() == 1;
    }

    @Override
    public int eventFd() {
        return eventFd.number();
    }

    @Override
    public boolean takeEvent() throws IOException {
        socket.compose().putInt(NodeSocket.TAKE_EVENT);
        return socket.call().getInt() == 1;
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        List.copyOf(blobs).forEach(Blob::unmap);
        blobs.clear();
        eventFd.close();
        socket.close();
    }
}
