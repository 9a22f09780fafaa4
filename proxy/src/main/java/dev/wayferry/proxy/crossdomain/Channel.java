package dev.wayferry.proxy.crossdomain;

import dev.wayferry.bridge.OutboundQueue;
import dev.wayferry.posix.Epoll;
import dev.wayferry.posix.Errno;
import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.PosixException;
import dev.wayferry.posix.SocketMessage;
import dev.wayferry.posix.Sockets;
import dev.wayferry.proxy.limit.Limit;
import dev.wayferry.proxy.loop.EventLoop;
import dev.wayferry.proxy.queue.DescriptorChain;
import dev.wayferry.proxy.stats.Counter;
import dev.wayferry.wire.crossdomain.CrossDomain;
import org.jspecify.annotations.Nullable;

/**
 * A context's connection to the compositor, or to another of the host's sockets. It outlives its socket: before there is
 * one, bytes wait in its queue; after it there is nothing to read but the end.
 */
final class Channel {
    private static final int INTEREST = Epoll.EPOLLIN | Epoll.EPOLLRDHUP | Epoll.EPOLLET;

    private final CrossDomainFactory shared;
    private final Runnable ready;
    private final OutboundQueue outbound;
    private int type = CrossDomain.CHANNEL_TYPE_WAYLAND;
    private Dialect dialect = Dialect.BASE;
    private boolean seqpacket;
    private @Nullable OwnedFd socket;
    private EventLoop.@Nullable Registration registration;
    private boolean readable;
    private boolean writable;
    private boolean hangUp;

    /** Whether the last receive has filled its room: there may be more, or that was all. */
    private boolean full;

    /** Whether it was all the last time: then it is asked first, which costs less than a receive that finds nothing. */
    private boolean wasAllLastTime;

    private boolean awaitingRoom;
    private boolean retrying;
    private boolean awaitingBudget;

    /** @param ready run when there is something to read, or room to write */
    Channel(CrossDomainFactory shared, Runnable ready) {
        this.shared = shared;
        this.ready = ready;
        this.outbound = shared.newQueue(shared.settings.limits().of(Limit.CONTEXT_QUEUED_BYTES));
    }

    /** What INIT says: the kind of channel (CROSS_DOMAIN_CHANNEL_TYPE_*), and what guest is at its other end. */
    void init(int newType, Dialect newDialect) {
        type = newType;
        dialect = newDialect;
    }

    Dialect dialect() {
        return dialect;
    }

    /** Whether Wayland's rules hold: files belong to the stream, in their order, and not to the bytes they came with. */
    boolean isWayland() {
        return type == CrossDomain.CHANNEL_TYPE_WAYLAND;
    }

    /** What logs call the other end. */
    String peer() {
        return isWayland() ? "the compositor" : "the server of channel " + CrossDomain.channelTypeName(type);
    }

    /** Takes ownership of the connected {@code newSocket} and sends what has been waiting for it. */
    void connected(OwnedFd newSocket) throws PosixException {
        seqpacket = Sockets.isSeqpacket(newSocket.number());
        PosixException.check(Sockets.takeUrgentInTurn(newSocket.number()), "setsockopt of a socket");
        registration = shared.loop.register(newSocket.number(), INTEREST, this::onReady);
        socket = newSocket;
        writable = true;
        ready.run();
    }

    private void onReady(int events) {
        if ((events & (Epoll.EPOLLIN | Epoll.EPOLLHUP | Epoll.EPOLLRDHUP | Epoll.EPOLLERR)) != 0) {
            readable = true;
            hangUp |= (events & (Epoll.EPOLLHUP | Epoll.EPOLLRDHUP | Epoll.EPOLLERR)) != 0;
        }
        writable |= (events & Epoll.EPOLLOUT) != 0;
        ready.run();
    }

    boolean isReadable() {
        return readable;
    }

    /** The message to be filled with descriptors for the next {@link #send}. */
    SocketMessage message() {
        return shared.message;
    }

    /**
     * Sends {@code length} bytes of a request, straight from guest memory, with the descriptors that were added to the
     * {@link #message}; they stay their owners'. What the socket can't take at once is copied and goes later.
     *
     * @return how many bytes were taken, the descriptors with the first of them; if not all, there is no room for the rest
     *     before the next call of {@code ready}. Or a negative error number after which the connection is of no use
     */
    int send(DescriptorChain chain, long offset, int length) {
        OwnedFd to = socket;
        int gone = 0;
        if (seqpacket && length > shared.staging.byteSize()) {
            // It has to go in one piece, also if it has to wait first.
            return -Errno.EMSGSIZE;
        }
        while (to != null && !retrying && outbound.isEmpty() && gone < length) {
            long sent = sendNow(to, chain, offset + gone, length - gone);
            if (sent == -Errno.EAGAIN) {
                break;
            }
            if (sent == -Errno.ETOOMANYREFS) {
                sent = retrySoon();
            }
            if (sent < 0 && sent != -Errno.EINTR) {
                return (int) sent;
            }
            if (sent > 0) {
                gone += (int) sent;
                if (gone < length) {
                    shared.message.clear();
                }
            }
        }
        return gone == length ? length : keep(chain, offset, length, gone);
    }

    /**
     * Sends the bytes of {@code run}'s first requests, which have no descriptors, as far as they go at once.
     *
     * @return how many bytes were taken; 0 when they have to go one by one, by {@link #send}, which says why
     */
    long sendRun(RequestRun run) {
        OwnedFd to = socket;
        if (to == null || seqpacket || retrying || !outbound.isEmpty()) {
            return 0;
        }
        SocketMessage message = shared.message.clear();
        if (run.gather(message.iovecs(), Long.MAX_VALUE) == 0) {
            return 0;
        }
        shared.counters.add(Counter.SENDMSGS, 1);
        return Math.max(0, message.send(to.number()));
    }

    /** Bytes that wait, copied. */
    long queued() {
        return outbound.size();
    }

    /** Whether {@link #sendOwn} can take so much; if not, {@code ready} is run when that may have changed. */
    boolean hasRoom(int bytes, int fds) {
        boolean room = outbound.hasRoom(bytes, fds);
        if (!room && outbound.isEmpty() && !awaitingBudget) {
            // Other channels have taken what there is, and no event tells when they give it back.
            awaitingBudget = true;
            shared.soon(() -> {
                awaitingBudget = false;
                ready.run();
            });
        }
        return room;
    }

    /**
     * Sends bytes that the channel keeps, for which there is {@linkplain #hasRoom room}, in order with all others. Takes
     * ownership of {@code fds}, which go with the first of them.
     *
     * @return 0, or a negative error number after which the connection is of no use
     */
    int sendOwn(byte[] bytes, int[] fds) {
        boolean waits = !outbound.isEmpty();
        outbound.add(bytes, fds, seqpacket);
        if (waits) {
            return 0;
        }
        writable = socket != null;
        return flush();
    }

    private long sendNow(OwnedFd to, DescriptorChain chain, long offset, int length) {
        SocketMessage message = shared.message;
        message.iovecs().clear();
        if (!chain.addTo(message.iovecs(), offset, length)) {
            // It lies in too many pieces.
            int part = (int) Math.min(length, shared.staging.byteSize());
            shared.counters.copied(Counter.COPIED_SCATTERED, part);
            if (chain.read(offset, shared.staging, 0, part) != part) {
                return -Errno.EFAULT;
            }
            message.iovecs().clear();
            message.addBuffer(shared.staging.address(), part);
        }
        shared.counters.add(Counter.SENDMSGS, 1);
        return message.send(to.number());
    }

    /** Copies what did not go, if there is room; returns as {@link #send} does. */
    private int keep(DescriptorChain chain, long offset, int length, int gone) {
        SocketMessage message = shared.message;
        int result = awaitRoom(true);
        if (result < 0 || !outbound.hasRoom(length - gone, message.fdCount())) {
            return result < 0 ? result : gone;
        }
        result = outbound.add(chain, offset + gone, length - gone, message, seqpacket);
        if (result < 0) {
            return result;
        }
        shared.counters.copied(Counter.COPIED_WAITING, length - gone);
        return length;
    }

    /** Sends what waits, if there is room again; 0, or a negative error number. */
    int flush() {
        OwnedFd to = socket;
        if (!writable || retrying || to == null) {
            return 0;
        }
        writable = false;
        int result = outbound.sendTo(to.number(), shared.message);
        if (result == 0) {
            return awaitRoom(false);
        }
        if (result == -Errno.ETOOMANYREFS) {
            return retrySoon();
        }
        return result == -Errno.EAGAIN ? awaitRoom(true) : result;
    }

    /**
     * The user has too many descriptors in flight, of this and other programs (unix(7), ETOOMANYREFS): there will be room
     * when somebody somewhere receives some, of which no event tells. EPOLLOUT says nothing about it, and comes again from
     * each attempt that fails: so it is not watched meanwhile.
     */
    private int retrySoon() {
        retrying = true;
        shared.soon(() -> {
            retrying = false;
            writable = true;
            ready.run();
        });
        return awaitRoom(false);
    }

    /** EPOLLOUT is watched only while something waits: each read of the peer would be an event otherwise. */
    private int awaitRoom(boolean wanted) {
        boolean await = wanted && !retrying;
        if (registration != null && await != awaitingRoom) {
            awaitingRoom = await;
            try {
                registration.modify(await ? INTEREST | Epoll.EPOLLOUT : INTEREST);
            } catch (PosixException e) {
                return -e.errno();
            }
        }
        return 0;
    }

    /**
     * Receives up to {@code length} bytes straight to {@code address}; descriptors that came are in the {@link #message} and
     * the caller's. The message holds nothing else afterwards, whatever the result.
     *
     * @return bytes, 0 at the end (or for an empty message, of which there is no RECEIVE), {@code -EAGAIN} when there is
     *     nothing, or another negative error number
     */
    long receive(long address, int length) {
        // What is in the message from another context's use of it must not be taken for something that came.
        SocketMessage message = shared.message.clear();
        OwnedFd from = socket;
        if (from == null) {
            return -Errno.EAGAIN;
        }
        if (full && wasAllLastTime && !hangUp) {
            wasAllLastTime = message.unread(from.number()) == 0;
            if (wasAllLastTime) {
                full = false;
                readable = false;
                return -Errno.EAGAIN;
            }
        }
        long count;
        do {
            message.clear().addBuffer(address, length);
            shared.counters.add(Counter.RECVMSGS, 1);
            count = seqpacket ? message.receivePacket(from.number()) : message.receive(from.number());
        } while (count == -Errno.EINTR);
        // A short receive without descriptors has emptied the socket, and what comes later is a new edge: so the receive
        // that would find nothing is saved. A receive stops behind bytes that carry descriptors, and after a hang-up
        // there is no further edge.
        wasAllLastTime |= full && count == -Errno.EAGAIN;
        full = count == length && !seqpacket;
        readable = count > 0 && (full || seqpacket || hangUp || message.fdCount() > 0);
        return count;
    }

    /** Forgets what was not sent yet: the compositor would make nothing of it any more. */
    void stopSending() {
        outbound.close();
    }

    /** Ends the connection; bytes not yet sent are lost with it. */
    void close() {
        readable = false;
        if (registration != null) {
            registration.cancel();
            registration = null;
        }
        if (socket != null) {
            close(socket);
            socket = null;
        }
        outbound.close();
    }

    /**
     * The peer sees the end at once, and can send nothing more: so what is not in the socket now will not be when it is
     * closed. Mostly nothing is, and then closing waits for nobody. A socket that a context received may have other holders,
     * for whom it is not to end.
     */
    private void close(OwnedFd connected) {
        if (type == CrossDomain.CHANNEL_TYPE_INTERNAL_SOCKET) {
            shared.closer.close(connected);
            return;
        }
        int result = Sockets.shutdown(connected.number());
        // Where messages are kept apart, one without bytes does not count but can have files.
        if (result == 0 && !seqpacket && shared.message.unread(connected.number()) == 0) {
            connected.close();
        } else {
            shared.closer.close(connected);
        }
    }
}
