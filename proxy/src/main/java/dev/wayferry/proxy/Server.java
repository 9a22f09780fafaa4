package dev.wayferry.proxy;

import dev.wayferry.bridge.UnixListener;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Listens for VMMs and serves them one after the other; who comes while one is served is turned away. */
final class Server {
    private static final Logger LOG = LoggerFactory.getLogger(Server.class);

    private final UnixListener listener;
    private final VmSession.Settings settings;
    private final AtomicBoolean busy = new AtomicBoolean();

    Server(UnixListener listener, VmSession.Settings settings) {
        this.listener = listener;
        this.settings = settings;
    }

    /** Serves until the process ends, or listening fails. */
    void run() throws IOException {
        LOG.info("vm={} listening at {}", settings.vm(), listener.path());
        while (true) {
            UnixListener.Connection connection = listener.accept();
            if (!busy.compareAndSet(false, true)) {
                LOG.warn("vm={} pid {} is turned away, a VMM is connected already", settings.vm(), connection.peerPid());
                connection.socket().close();
                continue;
            }
            VmSession session = new VmSession(settings, connection.socket());
            Thread unused = Thread.ofPlatform().name("vhost-user " + settings.vm()).start(() -> {
                try {
                    session.run();
                } finally {
                    busy.set(false);
                }
            });
        }
    }
}
