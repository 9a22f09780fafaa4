package dev.wayferry.examples.guestproxy;

import dev.wayferry.bridge.WaylandConnection;
import dev.wayferry.examples.virtgpu.VirtGpuDevice;
import dev.wayferry.posix.Errno;
import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.PollSet;
import dev.wayferry.posix.Posix;
import dev.wayferry.posix.PosixException;
import dev.wayferry.posix.Sockets;
import dev.wayferry.wire.crossdomain.CrossDomain;
import dev.wayferry.wire.wayland.MalformedMessageException;
import dev.wayferry.wire.wayland.WlDisplay;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One program's connection, from its acceptance to its end: a loop over the program's socket, the context's events and the
 * pipes, on a thread of its own.
 *
 * <p>Nothing is read that could not be passed on. A request goes to the host in the turn that reads it; if the device's queue
 * is full the submit waits, and so does the program. From the host at most one message is asked for, and none while the
 * program has not read the events, or the bytes of pipes, that came before.
 */
final class ClientSession implements Runnable {
    private static final Logger LOG = LoggerFactory.getLogger(ClientSession.class);

    /** While the program has more than this to read, the host is not asked for anything. */
    static final long MAX_UNREAD_BYTES = 64 << 10;

    /** How long pipes may hold up the whole connection before they are given up. */
    private static final long PIPE_PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(10);

    private static final int PATIENCE_CHECK_MILLIS = 1000;

    /** How often it is looked whether a host that was slow takes more: no event tells. */
    private static final int HELD_UP_MILLIS = 5;

    /** How long the last events, or the last bytes of pipes, may take once the other side is gone. */
    private static final int LAST_WORDS_MILLIS = 1000;

    private static final long LAST_WORDS_NANOS = TimeUnit.MILLISECONDS.toNanos(LAST_WORDS_MILLIS);

    private static final int MAX_WATCHED = 2 + 2 * Pipes.MAX_PIPES;

    private final int number;
    private final VirtGpuDevice device;
    private final OwnedFd socket;
    private final ClientPages pages;
    private final Set<String> hiddenGlobals;
    private final GuestProxyCounters counters;
    private boolean over;

    /** Takes ownership of {@code socket}. */
    ClientSession(
            int number,
            VirtGpuDevice device,
            OwnedFd socket,
            ClientPages pages,
            Set<String> hiddenGlobals,
            GuestProxyCounters counters) {
        this.number = number;
        this.device = device;
        this.socket = socket;
        this.pages = pages;
        this.hiddenGlobals = hiddenGlobals;
        this.counters = counters;
    }

    /** Ends the connection, as if the program had; from any thread. */
    synchronized void end() {
        if (!over) {
            Sockets.shutdown(socket.number());
        }
    }

    @Override
    public void run() {
        try (Arena arena = Arena.ofConfined();
                WaylandConnection client = new WaylandConnection(socket)) {
            try {
                LOG.debug("client {}: connected", number);
                LOG.debug("client {}: {}", number, serve(client, arena));
            } finally {
                leave();
            }
        } catch (IOException | RuntimeException e) {
            LOG.warn("client {}: ended: {}", number, e.toString());
            LOG.debug("client {}", number, e);
        } finally {
            counters.ended.increment();
        }
    }

    private synchronized void leave() {
        over = true;
    }

    private String serve(WaylandConnection client, Arena arena) throws IOException {
        try (CrossDomainChannel channel = CrossDomainChannel.open(device, counters);
                SharedMemoryAllocator memory = new SharedMemoryAllocator(channel, counters);
                PoolSharing sharing = new PoolSharing(channel, pages);
                Pipes pipes = new Pipes(channel, counters, arena);
                ClientFiles files = new ClientFiles(channel, memory, pipes, arena);
                ObjectTable objects = new ObjectTable()) {
            return new Loop(client, channel, memory, sharing, pipes, files, objects, arena).run();
        }
    }

    /** What a session has while it lives. */
    private final class Loop {
        private final WaylandConnection client;
        private final CrossDomainChannel channel;
        private final Pipes pipes;
        private final RequestTranslator requests;
        private final EventTranslator events;
        private final PollSet watched;
        private long waitingSince;

        Loop(
                WaylandConnection client,
                CrossDomainChannel channel,
                SharedMemoryAllocator memory,
                PoolSharing sharing,
                Pipes pipes,
                ClientFiles files,
                ObjectTable objects,
                Arena arena) {
            this.client = client;
            this.channel = channel;
            this.pipes = pipes;
            HiddenDeletions hidden = new HiddenDeletions();
            HostFiles hostFiles = new HostFiles(channel, pipes);
            requests = new RequestTranslator(
                    client, channel, objects, hidden, memory, sharing, files, counters, arena);
            events = new EventTranslator(
                    client, channel, objects, hidden, hostFiles, hiddenGlobals, counters, arena);
            watched = new PollSet(MAX_WATCHED, arena);
        }

        /** Runs until one side ends the connection; returns how it ended. */
        String run() throws IOException {
            try {
                while (true) {
                    pollHost();
                    watched.clear();
                    boolean takesMore = channel.takesMore();
                    int socketAt = watched.add(
                            client.fd(),
                            (takesMore ? Posix.POLLIN : 0) | (client.pending() > 0 ? Posix.POLLOUT : 0));
                    int hostAt = watched.add(channel.isPolling() ? channel.eventFd() : -1, Posix.POLLIN);
                    pipes.addTo(watched);
                    await(timeout(takesMore));
                    pipes.run(watched);
                    if (watched.revents(hostAt) != 0 && !takeFromHost()) {
                        lastEvents();
                        return "the host ended the connection";
                    }
                    if ((watched.revents(socketAt) & ~Posix.POLLOUT) != 0 && !takeFromProgram()) {
                        lastBytes();
                        return "the program is gone";
                    }
                    int flushed = client.flush();
                    if (flushed < 0 && flushed != -Errno.EAGAIN) {
                        lastBytes();
                        return "the program is gone: " + Errno.name(flushed);
                    }
                }
            } catch (ProtocolError e) {
                channel.flush();
                client.begin(ObjectTable.DISPLAY_ID, WlDisplay.ERROR_EVENT)
                        .putInt(e.objectId())
                        .putInt(e.code())
                        .putString(e.getMessage())
                        .end();
                lastEvents();
                return "error of object " + e.objectId() + ", code " + e.code() + ": " + e.getMessage();
            } catch (MalformedMessageException e) {
                throw new IOException(e.getMessage(), e);
            }
        }

        /** Asks for the host's next message, if there is room for what it may bring. */
        private void pollHost() throws IOException {
            if (!pipes.haveRoom()) {
                long now = System.nanoTime();
                if (waitingSince == 0) {
                    waitingSince = now;
                } else if (now - waitingSince > PIPE_PATIENCE_NANOS) {
                    pipes.dropWaiting();
                }
            } else {
                waitingSince = 0;
            }
            if (client.pending() <= MAX_UNREAD_BYTES && pipes.haveRoom()) {
                channel.poll();
            }
        }

        private int timeout(boolean takesMore) throws IOException {
            if (!takesMore || pipes.areHeldUp()) {
                return HELD_UP_MILLIS;
            }
            return pipes.haveRoom() ? -1 : PATIENCE_CHECK_MILLIS;
        }

        private int await(int timeoutMillis) throws PosixException {
            int ready = watched.poll(timeoutMillis);
            return ready == -Errno.EINTR ? 0 : PosixException.check(ready, "poll");
        }

        /** Takes what is in the mailbox, if anything; false at the end of the channel. */
        private boolean takeFromHost() throws IOException, MalformedMessageException {
            int command = channel.takeMessage();
            switch (command) {
                case 0 -> {}
                case CrossDomain.CMD_RECEIVE -> {
                    return events.run();
                }
                case CrossDomain.CMD_READ -> pipes.read();
                default -> throw new MalformedMessageException(
                        "a message of the host with command " + CrossDomain.commandName(command));
            }
            return true;
        }

        /** Takes what the program wrote; false when it is gone. */
        private boolean takeFromProgram() throws IOException, MalformedMessageException, ProtocolError {
            int received = client.fill();
            if (received == -Errno.EAGAIN) {
                return true;
            }
            if (received == -Errno.EPROTO || received == -Errno.EMFILE) {
                throw new IOException("the program's descriptors: " + Errno.name(received));
            }
            if (received <= 0) {
                return false;
            }
            requests.run();
            return true;
        }

        /** The host is gone: gives the program what came before, an error's text perhaps. */
        private void lastEvents() {
            if (client.flush() == -Errno.EAGAIN) {
                Posix.poll(client.fd(), Posix.POLLOUT, LAST_WORDS_MILLIS);
                client.flush();
            }
        }

        /**
         * The program is gone: carries what it wrote into pipes just before. A clipboard manager that is asked once may
         * write, close and exit at once.
         */
        private void lastBytes() throws IOException {
            long quietSince = System.nanoTime();
            while (pipes.areBusy() && System.nanoTime() - quietSince < LAST_WORDS_NANOS) {
                watched.clear();
                pipes.addTo(watched);
                if (await(HELD_UP_MILLIS) > 0 && pipes.run(watched)) {
                    quietSince = System.nanoTime();
                }
            }
        }
    }
}
