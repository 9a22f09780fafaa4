package dev.wayferry.proxy.vhostuser;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.wayferry.posix.Errno;
import dev.wayferry.posix.FileStatus;
import dev.wayferry.posix.OwnedFd;
import dev.wayferry.proxy.virtio.SharedMemory;
import dev.wayferry.wire.vhostuser.ShmemMap;
import dev.wayferry.wire.vhostuser.VhostUser;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The socket on which the back-end asks the VMM to map files into the guest. One request is out at a time; whoever asks
 * waits, and must therefore be neither the loop nor the thread that serves the main socket, as QEMU asks things there
 * before it answers here.
 *
 * <p>QEMU answers a map before it is live, and an unmap before it is gone. Both are over only behind a barrier: one
 * request more, whose answer comes from behind them. SHARED_OBJECT_LOOKUP of a number that nobody has serves, where the
 * front-end has acknowledged that it knows such requests; elsewhere the answer itself is the end of the matter.
 */
final class BackChannel implements SharedMemory, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(BackChannel.class);

    private static final int UUID_LENGTH = 16;

    /** How long a request waits for the front-end to hand over the socket; some do so only after the guest has begun. */
    static final long PATIENCE_NANOS = 10_000_000_000L;

    /** What tells one file from every other: device and inode. */
    record FileIdentity(long device, long inode) {}

    private final String vm;
    private final long patience;
    private final Map<FileIdentity, Integer> mapped = new ConcurrentHashMap<>();
    private final Map<Long, FileIdentity> atOffset = new ConcurrentHashMap<>();
    private volatile long protocolFeatures;
    private @Nullable MessageSocket socket;
    private @Nullable MessageSocket inUse;
    private boolean givenUp;
    private boolean closed;

    /** @param patience how long a request waits for a socket, in nanoseconds */
    BackChannel(String vm, long patience) {
        this.vm = vm;
        this.patience = patience;
    }

    void protocolFeatures(long features) {
        protocolFeatures = features;
    }

    private boolean has(int feature) {
        return (protocolFeatures & 1L << feature) != 0;
    }

    /** Takes ownership of a socket, which replaces the one before. */
    synchronized void connect(OwnedFd newSocket) {
        if (closed) {
            newSocket.close();
            return;
        }
        MessageSocket old = socket;
        if (old != null && old == inUse) {
            old.shutdown(); // whoever waits for its answer closes it
        } else if (old != null) {
            old.close();
        }
        socket = new MessageSocket(newSocket);
        givenUp = false;
        notifyAll();
    }

    /**
     * Waits for the front-end to hand over a socket, but not for ever: a guest whose request is never answered hangs, and
     * everything that has to be made or mapped waits behind it. Once waited in vain, nobody waits again.
     */
    private synchronized MessageSocket acquire() throws IOException {
        long deadline = System.nanoTime() + patience;
        boolean interrupted = false;
        while (socket == null && !closed && !givenUp) {
            try {
                TimeUnit.NANOSECONDS.timedWait(this, deadline - System.nanoTime());
                givenUp = socket == null && deadline - System.nanoTime() <= 0;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        if (socket == null) {
            throw new IOException(closed ? "the session is over" : "the VMM has handed over no socket (SET_BACKEND_REQ_FD)");
        }
        inUse = socket;
        return socket;
    }

    private synchronized void release(MessageSocket used) {
        inUse = null;
        if (used != socket) {
            used.close();
        }
    }

    @Override
    public boolean isAvailable() {
        return has(VhostUser.PROTOCOL_F_SHMEM) && has(VhostUser.PROTOCOL_F_BACKEND_REQ);
    }

    /** Whether the file is one that we had mapped into the guest, and not the guest's own memory. */
    boolean isOurs(FileIdentity file) {
        return mapped.containsKey(file);
    }

    @Override
    public int map(int shmid, long offset, long length, int fd) {
        FileIdentity identity = identify(fd);
        if (identity == null) {
            return -Errno.EBADF;
        }
        // Known before the request goes, as QEMU tells the main socket of the new region while it handles it.
        mapped.merge(identity, 1, Integer::sum);
        atOffset.put(offset, identity);
        int result = request(VhostUser.BACKEND_SHMEM_MAP, shmid, offset, length, VhostUser.SHMEM_MAP_RW, fd);
        if (result != 0) {
            forget(offset);
        }
        return result;
    }

    @Override
    public int unmap(int shmid, long offset, long length) {
        int result = request(VhostUser.BACKEND_SHMEM_UNMAP, shmid, offset, length, 0, -1);
        forget(offset);
        return result;
    }

    @Override
    public void dropped() {
        mapped.clear();
        atOffset.clear();
    }

    private void forget(long offset) {
        FileIdentity identity = atOffset.remove(offset);
        if (identity != null) {
            mapped.computeIfPresent(identity, (_, count) -> count == 1 ? null : count - 1);
        }
    }

    static @Nullable FileIdentity identify(int fd) {
        try (Arena arena = Arena.ofConfined()) {
            FileStatus status = new FileStatus(arena);
            return status.read(fd) < 0 ? null : new FileIdentity(status.device(), status.inode());
        }
    }

    private int request(int request, int shmid, long offset, long length, long flags, int fd) {
        String what = request == VhostUser.BACKEND_SHMEM_MAP ? "SHMEM_MAP" : "SHMEM_UNMAP";
        MessageSocket to = null;
        try {
            to = acquire();
            new ShmemMap()
                    .wrap(to.payload().asSlice(0, ShmemMap.LENGTH).fill((byte) 0), 0)
                    .shmid(shmid)
                    .shmOffset(offset)
                    .len(length)
                    .mmapFlags(flags);
            long answer = exchange(to, request, ShmemMap.LENGTH, fd);
            if (answer != 0) {
                LOG.warn("vm={} the VMM refused {} [0x{}, 0x{}): {}", vm, what, Long.toHexString(offset),
                        Long.toHexString(offset + length), answer);
                return -Errno.EIO;
            }
            barrier(to);
            return 0;
        } catch (IOException e) {
            LOG.warn("vm={} {} [0x{}, 0x{}): {}", vm, what, Long.toHexString(offset),
                    Long.toHexString(offset + length), e.getMessage());
            return -Errno.EIO;
        } finally {
            if (to != null) {
                release(to);
            }
        }
    }

    private void barrier(MessageSocket to) throws IOException {
        if (!has(VhostUser.PROTOCOL_F_SHARED_OBJECT) || !has(VhostUser.PROTOCOL_F_REPLY_ACK)) {
            return;
        }
        UUID nobodys = UUID.randomUUID();
        to.payload().set(JAVA_LONG, 0, nobodys.getMostSignificantBits());
        to.payload().set(JAVA_LONG, Long.BYTES, nobodys.getLeastSignificantBits());
        long unused = exchange(to, VhostUser.BACKEND_SHARED_OBJECT_LOOKUP, UUID_LENGTH, -1);
    }

    /** Sends the payload and returns the u64 that comes back; 0 at once where the front-end does not answer. */
    private long exchange(MessageSocket to, int request, int size, int fd) throws IOException {
        boolean answered = has(VhostUser.PROTOCOL_F_REPLY_ACK);
        to.header().request(request).flags(VhostUser.VERSION | (answered ? VhostUser.FLAG_NEED_REPLY : 0));
        to.send(size, fd);
        if (!answered) {
            return 0;
        }
        if (!to.receive()) {
            throw new IOException("the VMM closed the back-channel");
        }
        if (to.header().request() != request || to.header().size() != Long.BYTES
                || (to.header().flags() & VhostUser.FLAG_REPLY) == 0) {
            throw new VhostUserException(String.format("the back-channel answered request %d with %d, flags 0x%x, %d bytes",
                    request, to.header().request(), to.header().flags(), to.header().size()));
        }
        return to.payload().get(JAVA_LONG, 0);
    }

    /** Ends all waiting, from any thread; requests fail from now on. */
    synchronized void shutdown() {
        closed = true;
        if (socket != null) {
            socket.shutdown();
        }
        notifyAll();
    }

    /** Closes the socket; nobody may be asking any more. */
    @Override
    public synchronized void close() {
        shutdown();
        if (socket != null) {
            socket.close();
            socket = null;
        }
    }
}
