package dev.wayferry.examples.loopback;

import dev.wayferry.examples.virtgpu.VirtGpuBlob;
import dev.wayferry.examples.virtgpu.VirtGpuContext;
import dev.wayferry.posix.OwnedFd;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One open of a {@link NodeServer}, by one thread. */
final class OpenNode implements AutoCloseable {
    private final LoopbackGpu guest;
    private final NodeSocket socket;
    private final Map<Integer, LoopbackBlob> blobs = new HashMap<>();
    private @Nullable VirtGpuContext context;
    private int lastHandle;

    /** An open of {@code guest}'s node; both arguments stay the caller's. */
    OpenNode(LoopbackGpu guest, NodeSocket socket) {
        this.guest = guest;
        this.socket = socket;
    }

    /** Serves until the other end hangs up. What fails and has no answer ends it. */
    void serve() throws IOException {
        for (ByteBuffer request = socket.receive(); request != null; request = socket.receive()) {
            int operation = request.getInt();
            switch (operation) {
                case NodeSocket.SUBMIT -> submit(request);
                case NodeSocket.CLOSE_BLOB -> {
                    LoopbackBlob blob = blobs.remove(request.getInt());
                    if (blob != null) {
                        blob.close();
                    }
                }
                default -> {
                    try {
                        answer(operation, request);
                    } catch (IOException e) {
                        socket.sendError(e);
                    }
                }
            }
        }
    }

    private void answer(int operation, ByteBuffer request) throws IOException {
        switch (operation) {
            case NodeSocket.CAPSET -> {
                byte[] capset = guest.capset(request.getInt(), request.getInt(), request.getInt());
                ok().put(capset);
                socket.send();
            }
            case NodeSocket.OPEN -> {
                if (context != null) {
                    throw new IOException("this open has its context already");
                }
                VirtGpuContext opened = guest.openContext(request.getInt(), request.getInt(), request.getLong());
                context = opened;
                ok();
                socket.send(opened.eventFd());
            }
            case NodeSocket.CREATE_BLOB -> {
                VirtGpuBlob blob = context()
                        .createBlob(request.getInt(), request.getInt(), request.getLong(), request.getLong());
                opened((LoopbackBlob) blob);
            }
            case NodeSocket.IMPORT_BLOB -> {
                try (OwnedFd file = socket.takeFile()) {
                    opened((LoopbackBlob) context().importBlob(file.number()));
                }
            }
            case NodeSocket.MAP -> {
                try (BlobMemory memory = blob(request).memory()) {
                    ByteBuffer answer = ok().putLong(memory.pieceLength());
                    for (long offset : memory.offsets()) {
                        answer.putLong(offset);
                    }
                    socket.send(memory.file().number());
                }
            }
            case NodeSocket.EXPORT -> {
                try (OwnedFd file = blob(request).export()) {
                    ok();
                    socket.send(file.number());
                }
            }
            case NodeSocket.AWAIT -> {
                context().await(blob(request));
                ok();
                socket.send();
            }
            case NodeSocket.IS_SIGNALLED -> {
                boolean signalled = context().isSignalled(blob(request));
                ok().putInt(signalled ? 1 : 0);
                socket.send();
            }
            case NodeSocket.TAKE_EVENT -> {
                boolean taken = context().takeEvent();
                ok().putInt(taken ? 1 : 0);
                socket.send();
            }
            default -> throw new IOException("a node knows no operation " + operation);
        }
    }

    private ByteBuffer ok() {
        return socket.compose().putInt(0);
    }

    private void opened(LoopbackBlob blob) throws IOException {
        blobs.put(++lastHandle, blob);
        ok().putInt(lastHandle).putInt(blob.resourceId()).putLong(blob.size());
        socket.send();
    }

    private void submit(ByteBuffer request) throws IOException {
        int ring = request.getInt();
        VirtGpuBlob[] fenced = new VirtGpuBlob[request.getInt()];
        for (int i = 0; i < fenced.length; i++) {
            fenced[i] = blob(request);
        }
        context().submit(MemorySegment.ofBuffer(request), ring, fenced);
    }

    private VirtGpuContext context() throws IOException {
        VirtGpuContext opened = context;
        if (opened == null) {
            throw new IOException("this open has no context");
        }
        return opened;
    }

    private LoopbackBlob blob(ByteBuffer request) throws IOException {
        int handle = request.getInt();
        LoopbackBlob blob = blobs.get(handle);
        if (blob == null) {
            throw new IOException("there is no handle " + handle);
        }
        return blob;
    }

    @Override
    public void close() throws IOException {
        if (context != null) {
            context.close();
        }
    }
}
