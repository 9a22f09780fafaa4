package dev.wayferry.proxy;

import dev.wayferry.bridge.UnixListener;
import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.Posix;
import dev.wayferry.posix.PosixException;
import dev.wayferry.proxy.log.GuestLog;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Listens for VMMs and serves them one after the other; who comes while one is served is turned away. */
final class Server {
    private static final Logger LOG = LoggerFactory.getLogger(Server.class);

    /** What listening waits after an error that may pass, such as too many open files. */
    private static final long PAUSE_MILLIS = 100;

    private final UnixListener listener;
    private final VmSession.Settings settings;
    private final HostProcess process;
    private final AllowedPeers vmms;
    private final VmSession.Logs sessionLogs;

    /** For those who connect and are not served; it may be anybody, and as often as they like. */
    private final GuestLog callersLog;

    private @Nullable Served served;

    /** A VMM being served on a thread of its own. */
    private static final class Served {
        private final VmSession session;
        private final OwnedFd connection;
        private final Thread thread;

        /** Takes ownership of {@code connection}, a second descriptor of the session's. */
        Served(String name, VmSession session, OwnedFd connection) {
            this.session = session;
            this.connection = connection;
            this.thread = Thread.ofPlatform().name(name).start(this::run);
        }

        private void run() {
            try {
                boolean unused = session.run();
            } finally {
                synchronized (connection) {
                    connection.close();
                }
            }
        }

        /** Whether the VMM is there. One that has hung up is gone, even while its session's end takes a moment. */
        boolean isThere() {
            synchronized (connection) {
                return connection.isOpen() && (Posix.poll(connection.number(), 0, 0) & Posix.POLLHUP) == 0;
            }
        }

        void join() throws InterruptedException {
            thread.join();
        }
    }

    Server(UnixListener listener, VmSession.Settings settings, HostProcess process, AllowedPeers vmms) {
        this.listener = listener;
        this.settings = settings;
        this.process = process;
        this.vmms = vmms;
        this.sessionLogs = VmSession.Logs.of(settings);
        this.callersLog = settings.newLog();
    }

    /** Serves until the thread is interrupted or listening ends. */
    void run() throws IOException {
        LOG.info("vm={} listening at {}", settings.vm(), listener.path());
        process.warmUp().start();
        try {
            while (true) {
                acceptOne();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void acceptOne() throws IOException, InterruptedException {
        UnixListener.Connection connection;
        try {
            connection = listener.accept();
        } catch (IOException e) {
            if (!listener.isOpen()) {
                throw e;
            }
            // The VM that is being served is not to suffer for it.
            callersLog.warn(LOG, "vm={} accepting a VMM: {}", settings.vm(), e.getMessage());
            Thread.sleep(PAUSE_MILLIS);
            return;
        }
        if (!vmms.contains(connection.peerUid())) {
            callersLog.warn(LOG, "vm={} pid {} of user {} is turned away, VMMs may be those of users {}; {}",
                    settings.vm(), connection.peerPid(), connection.peerUid(), vmms, vmms.remedy(connection.peerUid()));
            connection.socket().close();
            return;
        }
        if (served != null) {
            if (served.isThere()) {
                callersLog.warn(LOG, "vm={} pid {} is turned away, a VMM is connected already", settings.vm(),
                        connection.peerPid());
                connection.socket().close();
                return;
            }
            served.join();
            served = null;
        }
        serve(connection.socket());
    }

    private void serve(OwnedFd socket) {
        try {
            OwnedFd second = socket.duplicate();
            served = new Served("vhost-user " + settings.vm(), new VmSession(settings, sessionLogs, process, socket),
                    second);
        } catch (PosixException e) {
            callersLog.warn(LOG, "vm={} serving a VMM: {}", settings.vm(), e.getMessage());
            socket.close();
        }
    }
}
