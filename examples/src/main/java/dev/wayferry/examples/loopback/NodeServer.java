package dev.wayferry.examples.loopback;

import dev.wayferry.bridge.UnixListener;
import dev.wayferry.posix.OwnedFd;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The render node of a guest without a VM, for programs of other processes: each connection to its socket is an open of it,
 * and whoever is killed has his context ended, as a kernel does. Serves as long as this process lives.
 */
public final class NodeServer {
    private static final Logger LOG = LoggerFactory.getLogger(NodeServer.class);

    private final UnixListener listener;
    private final Set<NodeSocket> open = ConcurrentHashMap.newKeySet();
    private volatile @Nullable LoopbackGpu guest;

    private NodeServer(UnixListener listener) {
        this.listener = listener;
    }

    /** Listens at {@code socket}; {@code guest} stays the caller's. */
    public static NodeServer start(Path socket, LoopbackGpu guest) throws IOException {
        NodeServer server = new NodeServer(UnixListener.bind(socket));
        server.guest = guest;
        Thread.ofPlatform().daemon().name("node").start(server::accept);
        return server;
    }

    /** Ends all that is open, as the end of the guest's programs does; nothing can be opened from now on. */
    public void shutDown() {
        guest = null;
        open.forEach(NodeSocket::shutdown);
    }

    /** Another guest has been booted. */
    public void boot(LoopbackGpu next) {
        guest = next;
    }

    private void accept() {
        try {
            while (true) {
                OwnedFd socket = listener.accept().socket();
                LoopbackGpu now = guest;
                if (now == null) {
                    socket.close();
                } else {
                    Thread.ofPlatform().daemon().name("open node").start(() -> serve(now, new NodeSocket(socket)));
                }
            }
        } catch (IOException e) {
            LOG.error("nobody can open the node any more: {}", e.toString());
        }
    }

    private void serve(LoopbackGpu of, NodeSocket socket) {
        open.add(socket);
        try (socket; OpenNode node = new OpenNode(of, socket)) {
            // Whoever opened it while the guest was shut down is not to stay.
            if (guest == of) {
                node.serve();
            }
        } catch (IOException e) {
            LOG.debug("an open node ends: {}", e.toString());
        } finally {
            open.remove(socket);
        }
    }
}
