package dev.wayferry.examples.loopback;

import dev.wayferry.examples.loopback.VhostUserSocket.Message;
import dev.wayferry.posix.OwnedFd;
import dev.wayferry.wire.vhostuser.ShmemMap;
import dev.wayferry.wire.vhostuser.VhostUser;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Serves what the back-end asks for on its channel: SHMEM_MAP and SHMEM_UNMAP, and SHARED_OBJECT_LOOKUP, of which no
 * object is ever known. One thread at a time.
 *
 * <p>Source: vhost-user.rst, "Back-end message types", and QEMU's {@code hw/virtio/vhost-user.c}.
 */
final class BackChannel implements AutoCloseable {
    /** Tells the back-end of changed memory regions. */
    @FunctionalInterface
    interface MemoryListener {
        void memoryChanged() throws IOException;
    }

    private final VhostUserSocket socket;
    private final FrontEnd frontEnd;
    private final HostVisibleWindow window;
    private final VmmOptions options;
    private final Violations violations;
    private final MemoryListener listener;

    /** Takes ownership of {@code socket}. */
    BackChannel(
            OwnedFd socket,
            FrontEnd frontEnd,
            HostVisibleWindow window,
            VmmOptions options,
            Violations violations,
            MemoryListener listener) {
        this.socket = new VhostUserSocket(socket);
        this.frontEnd = frontEnd;
        this.window = window;
        this.options = options;
        this.violations = violations;
        this.listener = listener;
    }

    /** The channel's socket, to be polled; it stays this object's. */
    int fd() {
        return socket.fd();
    }

    /** Receives one request and does what it asks. */
    void serve() throws IOException {
        Message request = socket.receive(options.replyTimeoutMillis());
        try {
            dispatch(request);
        } finally {
            request.closeFds();
        }
    }

    private void dispatch(Message request) throws IOException {
        switch (request.request()) {
            case VhostUser.BACKEND_SHMEM_MAP -> map(request);
            case VhostUser.BACKEND_SHMEM_UNMAP -> unmap(request);
            case VhostUser.BACKEND_SHARED_OBJECT_LOOKUP -> {
                if (!frontEnd.has(VhostUser.PROTOCOL_F_SHARED_OBJECT)) {
                    violations.add("SHARED_OBJECT_LOOKUP though SHARED_OBJECT is not negotiated");
                }
                answer(request, false);
            }
            case VhostUser.BACKEND_SHARED_OBJECT_ADD, VhostUser.BACKEND_SHARED_OBJECT_REMOVE -> {
                if (!frontEnd.has(VhostUser.PROTOCOL_F_SHARED_OBJECT)) {
                    violations.add("a shared object though SHARED_OBJECT is not negotiated");
                }
                answer(request, true);
            }
            case VhostUser.BACKEND_CONFIG_CHANGE_MSG -> answer(request, true);
            default -> {
                violations.add("unknown request " + request.request() + " on the back-channel");
                answer(request, false);
            }
        }
    }

    private void map(Message request) throws IOException {
        ShmemMap map = shmemMap(request);
        if (map == null) {
            return;
        }
        int fd = request.fds().size() == 1 ? request.fds().getFirst().number() : -1;
        String refused = window.refusesMap(map, fd);
        if (refused != null) {
            refuse(request, "SHMEM_MAP", map, refused);
            return;
        }
        if (options.answersBeforeDone()) {
            answer(request, true);
            delay();
            window.map(map, request.fds().getFirst().duplicate());
            listener.memoryChanged();
        } else {
            window.map(map, request.fds().getFirst().duplicate());
            answer(request, true);
        }
    }

    private void unmap(Message request) throws IOException {
        ShmemMap unmap = shmemMap(request);
        if (unmap == null) {
            return;
        }
        String refused = window.refusesUnmap(unmap);
        if (refused != null) {
            refuse(request, "SHMEM_UNMAP", unmap, refused);
            return;
        }
        if (options.answersBeforeDone()) {
            answer(request, true);
            delay();
            window.unmap(unmap);
            listener.memoryChanged();
        } else {
            window.unmap(unmap);
            answer(request, true);
        }
    }

    private @Nullable ShmemMap shmemMap(Message request) throws IOException {
        long size = request.payload().byteSize();
        if (!frontEnd.has(VhostUser.PROTOCOL_F_SHMEM) || size != ShmemMap.LENGTH) {
            violations.add("request " + request.request() + " of " + size + " bytes on the back-channel");
            answer(request, false);
            return null;
        }
        return new ShmemMap().wrap(request.payload(), 0);
    }

    /** A request that fails ends the VM with some VMMs, so a good back-end makes none. */
    private void refuse(Message request, String name, ShmemMap map, String why) throws IOException {
        violations.add(name + " shm_offset 0x" + Long.toHexString(map.shmOffset()) + " len " + map.len() + ": " + why);
        answer(request, false);
    }

    private void answer(Message request, boolean success) throws IOException {
        if (request.needsReply() && frontEnd.has(VhostUser.PROTOCOL_F_REPLY_ACK)) {
            socket.send(request.request(), VhostUser.FLAG_REPLY, FrontEnd.ofLong(success ? 0 : 1));
        }
    }

    private void delay() {
        try {
            Thread.sleep(options.doneDelayMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** No other thread may be in a call. */
    @Override
    public void close() {
        socket.close();
    }
}
