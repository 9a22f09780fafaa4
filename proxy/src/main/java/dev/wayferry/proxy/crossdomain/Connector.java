package dev.wayferry.proxy.crossdomain;

import dev.wayferry.bridge.NearbySocket;
import dev.wayferry.posix.Errno;
import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.PosixException;
import dev.wayferry.posix.Sockets;
import dev.wayferry.proxy.log.GuestLog;
import dev.wayferry.proxy.loop.EventLoop;
import dev.wayferry.proxy.loop.SideThreads;
import java.io.IOException;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Connects one VM's contexts to the sockets of the host's: at once where the last connection of that channel type has shown
 * that nothing is to be waited for, else one after the other by a thread. Types of channels do not wait for each other, and
 * who has given up holds up nobody. Belongs to the loop.
 */
final class Connector {
    private static final Logger LOG = LoggerFactory.getLogger(Connector.class);

    /** How long a thread waits for a listener whose backlog is full, before it is seen who still wants a connection. */
    private static final int PATIENCE_SECONDS = 1;

    /** Finds the socket of a channel type, anew for each connection. May wait for something. */
    @FunctionalInterface
    interface SocketSource {
        String find(int channelType) throws IOException;
    }

    private final String vm;
    private final SocketSource sockets;
    private final EventLoop loop;
    private final Closer closer;
    private final GuestLog log;
    private final Map<Integer, Destination> destinations = new HashMap<>();

    /** One for each type of which a connection is being made; a further one while the last has told and is not yet through. */
    private final ThreadPoolExecutor threads = new ThreadPoolExecutor(
            0, Integer.MAX_VALUE, 1, TimeUnit.SECONDS, new SynchronousQueue<>(), SideThreads.named("connector"));

    Connector(String vm, SocketSource sockets, EventLoop loop, Closer closer, GuestLog log) {
        this.vm = vm;
        this.sockets = sockets;
        this.loop = loop;
        this.closer = closer;
        this.log = log;
    }

    /** Somebody's wish for a connection. */
    final class Wish {
        private final Destination destination;
        private final BiConsumer<@Nullable OwnedFd, @Nullable IOException> connected;

        private Wish(Destination destination, BiConsumer<@Nullable OwnedFd, @Nullable IOException> connected) {
            this.destination = destination;
            this.connected = connected;
        }

        /** Nothing is told any more. */
        void giveUp() {
            destination.wishes.remove(this);
        }
    }

    /** What there is of a channel type. */
    private final class Destination {
        private final int channelType;
        private final Set<Wish> wishes = new LinkedHashSet<>();
        private @Nullable NearbySocket nearby;
        private boolean connecting;
        private boolean full;

        private Destination(int channelType) {
            this.channelType = channelType;
        }

        private void add(Wish wish) {
            // Who comes later does not go ahead of those who wait.
            OwnedFd socket = nearby == null || !wishes.isEmpty() ? null : nearby.connect();
            if (socket != null) {
                wish.connected.accept(socket, null);
                return;
            }
            forget();
            wishes.add(wish);
            if (!connecting) {
                connecting = true;
                threads.execute(this::connect);
            }
        }

        /** On a thread. */
        private void connect() {
            OwnedFd socket = null;
            NearbySocket found = null;
            IOException failure = null;
            try {
                String path = sockets.find(channelType);
                int connected = Sockets.connectWithin(path, PATIENCE_SECONDS);
                if (connected >= 0) {
                    socket = new OwnedFd(connected);
                    found = NearbySocket.at(path);
                } else {
                    failure = new PosixException("connect to " + path, connected);
                }
            } catch (IOException e) {
                failure = e;
            } catch (RuntimeException e) {
                // A path that can't be one, for instance: the guest waits for an answer all the same.
                failure = new IOException(e);
            }
            tell(socket, found, failure);
        }

        private void tell(@Nullable OwnedFd socket, @Nullable NearbySocket found, @Nullable IOException failure) {
            if (!loop.post(() -> told(socket, found, failure))) {
                if (socket != null) {
                    socket.close();
                }
                if (found != null) {
                    found.close();
                }
            }
        }

        private void told(@Nullable OwnedFd socket, @Nullable NearbySocket found, @Nullable IOException failure) {
            if (found != null) {
                forget();
                nearby = found;
            }
            if (failure instanceof PosixException e && e.errno() == Errno.EAGAIN) {
                if (!full && !wishes.isEmpty()) {
                    log.warn(LOG, "vm={} {}: it accepts none of those that wait there; {} more of this VM wait",
                            vm, e.getMessage(), wishes.size());
                }
                full = true;
            } else {
                full = false;
                serve(socket, failure);
            }
            connecting = !wishes.isEmpty();
            if (connecting) {
                threads.execute(this::connect);
            }
        }

        private void serve(@Nullable OwnedFd socket, @Nullable IOException failure) {
            Iterator<Wish> waiting = wishes.iterator();
            if (waiting.hasNext()) {
                Wish first = waiting.next();
                waiting.remove();
                first.connected.accept(socket, failure);
            } else if (socket != null) {
                closer.close(socket);
            }
        }

        private void forget() {
            if (nearby != null) {
                nearby.close();
                nearby = null;
            }
        }
    }

    /**
     * Asks for a connection to the socket of a channel type.
     *
     * @param connected is given the socket, which it then owns, or why there is none; perhaps before this returns
     */
    Wish connect(int channelType, BiConsumer<@Nullable OwnedFd, @Nullable IOException> connected) {
        Destination destination = destinations.computeIfAbsent(channelType, Destination::new);
        Wish wish = new Wish(destination, connected);
        destination.add(wish);
        return wish;
    }

    /** Lets no further connection begin; what is being made is closed. After the loop has ended. */
    void close() {
        destinations.values().forEach(Destination::forget);
        threads.shutdown();
    }
}
