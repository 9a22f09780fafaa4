package dev.wayferry.proxy.vhostuser;

import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import dev.wayferry.posix.Errno;
import dev.wayferry.posix.FileStatus;
import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.PosixException;
import dev.wayferry.proxy.log.GuestLog;
import dev.wayferry.proxy.virtio.SharedMemory;
import dev.wayferry.proxy.virtio.VmmNotices;
import dev.wayferry.wire.vhostuser.VhostUser;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
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
final class BackChannel implements SharedMemory, VmmNotices, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(BackChannel.class);

    private static final int UUID_LENGTH = 16;
    private static final ValueLayout.OfLong BIG_ENDIAN_LONG = JAVA_LONG_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

    /** How long a request waits for the front-end to hand over the socket; some do so only after the guest has begun. */
    static final long PATIENCE_NANOS = 10_000_000_000L;

    /** How long an answer is waited for that a VMM may not give. */
    private static final int UNASKED_MILLIS = 2_000;

    /** What tells one file from every other: device and inode. */
    record FileIdentity(long device, long inode) {}

    private final String vm;
    private final GuestLog log;
    private final long patience;
    private final Map<FileIdentity, Integer> mapped = new ConcurrentHashMap<>();
    private final Map<Long, FileIdentity> atOffset = new ConcurrentHashMap<>();
    private volatile long protocolFeatures;
    private volatile @Nullable ShmemDialect dialect;
    private boolean suspended = true;
    private boolean silent;
    private @Nullable MessageSocket socket;
    private @Nullable MessageSocket inUse;
    private boolean givenUp;
    private boolean closed;

    /** @param patience how long a request waits for a socket, in nanoseconds */
    BackChannel(String vm, GuestLog log, long patience) {
        this.vm = vm;
        this.log = log;
        this.patience = patience;
    }

    /** What the VMM has acknowledged. */
    void protocolFeatures(long features) {
        protocolFeatures = features;
        dialect = ShmemDialect.of(features);
    }

    @Nullable ShmemDialect dialect() {
        return dialect;
    }

    /** The VMM has asked in this dialect, having acknowledged none. */
    void dialectHeard(ShmemDialect heard) {
        if (dialect == null) {
            dialect = heard;
        }
    }

    /**
     * While every ring is stopped the VMM is told nothing (vhost-user.rst, "Suspended device state"), and crosvm would not
     * answer: requests wait.
     */
    synchronized void suspended(boolean nowSuspended) {
        suspended = nowSuspended;
        notifyAll();
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

    @Override
    public synchronized void awaitResume() {
        boolean interrupted = false;
        while (suspended && !closed) {
            try {
                wait();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /**
     * Waits for the front-end to hand over a socket, but not for ever: a guest whose request is never answered hangs, and
     * everything that has to be made or mapped waits behind it. Once waited in vain, nobody waits again.
     */
    private synchronized MessageSocket acquire() throws IOException {
        boolean interrupted = false;
        long deadline = System.nanoTime() + patience;
        while (!closed && (suspended || (socket == null && !givenUp))) {
            try {
                if (suspended) {
                    wait();
                    deadline = System.nanoTime() + patience;
                } else {
                    TimeUnit.NANOSECONDS.timedWait(this, deadline - System.nanoTime());
                    givenUp = !suspended && socket == null && deadline - System.nanoTime() <= 0;
                }
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        if (socket == null || closed) {
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
        return dialect != null && has(VhostUser.PROTOCOL_F_BACKEND_REQ);
    }

    /**
     * {@inheritDoc} QEMU drops them; crosvm and cloud-hypervisor, which know neither of these requests that QEMU always
     * acknowledges, keep them.
     */
    @Override
    public boolean keepsMappingsOverReset() {
        return !has(VhostUser.PROTOCOL_F_CONFIGURE_MEM_SLOTS) && !has(VhostUser.PROTOCOL_F_SHARED_OBJECT);
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
        int result = request("SHMEM_MAP", shmid, offset, length, fd);
        if (result != 0) {
            forget(offset);
        }
        return result;
    }

    @Override
    public int unmap(int shmid, long offset, long length) {
        int result = request("SHMEM_UNMAP", shmid, offset, length, MessageSocket.NO_FD);
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

    /**
     * {@inheritDoc} cloud-hypervisor with Spectrum's patches ends its thread over a request that it does not know, as this
     * one; it has not taken REPLY_ACK. Those that have (QEMU, crosvm, cloud-hypervisor as released) know it.
     */
    @Override
    public boolean canTellOfConfig() {
        return has(VhostUser.PROTOCOL_F_BACKEND_REQ) && has(VhostUser.PROTOCOL_F_CONFIG)
                && has(VhostUser.PROTOCOL_F_REPLY_ACK) && dialect != ShmemDialect.LEGACY;
    }

    @Override
    public void configChanged() {
        boolean unused = notice("CONFIG_CHANGE_MSG", VhostUser.BACKEND_CONFIG_CHANGE_MSG, null);
    }

    @Override
    public boolean canShareObjects() {
        return has(VhostUser.PROTOCOL_F_BACKEND_REQ) && has(VhostUser.PROTOCOL_F_SHARED_OBJECT)
                && has(VhostUser.PROTOCOL_F_REPLY_ACK) && dialect != ShmemDialect.LEGACY;
    }

    @Override
    public boolean addSharedObject(UUID uuid) {
        return notice("SHARED_OBJECT_ADD", VhostUser.BACKEND_SHARED_OBJECT_ADD, uuid);
    }

    @Override
    public void removeSharedObject(UUID uuid) {
        boolean unused = notice("SHARED_OBJECT_REMOVE", VhostUser.BACKEND_SHARED_OBJECT_REMOVE, uuid);
    }

    /** Says something that the VMM may make nothing of; whether it took it. QEMU before 9.2 answers 1 to what it has done. */
    private boolean notice(String what, int request, @Nullable UUID uuid) {
        try {
            MessageSocket to = acquire();
            try {
                int size = 0;
                if (uuid != null) {
                    // As the guest was told it, the most significant byte first.
                    to.payload().set(BIG_ENDIAN_LONG, 0, uuid.getMostSignificantBits());
                    to.payload().set(BIG_ENDIAN_LONG, Long.BYTES, uuid.getLeastSignificantBits());
                    size = UUID_LENGTH;
                }
                long answer = exchange(to, request, size, MessageSocket.NO_FD);
                LOG.debug("vm={} {} {}: {}", vm, what, uuid, answer);
                return true;
            } catch (HungUpException e) {
                abandon(to);
                LOG.debug("vm={} {} {}: {}", vm, what, uuid, e.getMessage());
            } finally {
                release(to);
            }
        } catch (IOException e) {
            LOG.debug("vm={} {} {}: {}", vm, what, uuid, e.getMessage());
        }
        return false;
    }

    static @Nullable FileIdentity identify(int fd) {
        try (Arena arena = Arena.ofConfined()) {
            FileStatus status = new FileStatus(arena);
            return status.read(fd) < 0 ? null : new FileIdentity(status.device(), status.inode());
        }
    }

    /** Maps {@code fd}, or unmaps where there is none. */
    private int request(String what, int shmid, long offset, long length, int fd) {
        try {
            while (true) {
                MessageSocket to = acquire();
                try {
                    return request(to, what, shmid, offset, length, fd);
                } catch (HungUpException e) {
                    // cloud-hypervisor closes the channel at a pause and hands over another one once the rings run.
                    LOG.debug("vm={} {} is asked for again: {}", vm, what, e.getMessage());
                    abandon(to);
                } finally {
                    release(to);
                }
            }
        } catch (IOException e) {
            log.warn(LOG, "vm={} {} [0x{}, 0x{}): {}", vm, what, Long.toHexString(offset),
                    Long.toHexString(offset + length), e.getMessage());
            return -Errno.EIO;
        }
    }

    private int request(MessageSocket to, String what, int shmid, long offset, long length, int fd) throws IOException {
        ShmemDialect spoken = dialect;
        if (spoken == null) {
            throw new IOException("the VMM can't map");
        }
        long answer;
        if (fd == MessageSocket.NO_FD) {
            answer = exchange(to, spoken.unmapRequest(), spoken.writeUnmap(to.payload(), shmid, offset, length), fd);
        } else {
            answer = exchange(to, spoken.mapRequest(), spoken.writeMap(to.payload(), shmid, offset, length), fd);
        }
        if (answer != 0) {
            log.warn(LOG, "vm={} the VMM refused {} [0x{}, 0x{}): {}", vm, what, Long.toHexString(offset),
                    Long.toHexString(offset + length), answer);
            return -Errno.EIO;
        }
        barrier(to);
        return 0;
    }

    /** The VMM has closed the back-channel. */
    private static final class HungUpException extends IOException {
        private static final long serialVersionUID = 1;

        HungUpException(@Nullable Throwable cause) {
            super("the VMM closed the back-channel", cause);
        }
    }

    /** The socket is of no use any more; the next request waits for another. */
    private synchronized void abandon(MessageSocket dead) {
        if (socket == dead) {
            socket = null;
        }
    }

    private void barrier(MessageSocket to) throws IOException {
        if (!has(VhostUser.PROTOCOL_F_SHARED_OBJECT) || !has(VhostUser.PROTOCOL_F_REPLY_ACK)) {
            return;
        }
        UUID nobodys = UUID.randomUUID();
        to.payload().set(JAVA_LONG, 0, nobodys.getMostSignificantBits());
        to.payload().set(JAVA_LONG, Long.BYTES, nobodys.getLeastSignificantBits());
        long unused = exchange(to, VhostUser.BACKEND_SHARED_OBJECT_LOOKUP, UUID_LENGTH, MessageSocket.NO_FD);
    }

    /** Sends the payload and returns the u64 that comes back; 0 at once where the front-end does not answer. */
    private long exchange(MessageSocket to, int request, int size, int fd) throws IOException {
        boolean asked = has(VhostUser.PROTOCOL_F_REPLY_ACK);
        ShmemDialect spoken = dialect;
        boolean unasked = !asked && !silent && spoken != null && spoken.answersUnasked();
        to.header().request(request).flags(VhostUser.VERSION | (asked ? VhostUser.FLAG_NEED_REPLY : 0));
        try {
            to.send(size, fd);
        } catch (PosixException e) {
            throw e.errno() == Errno.EPIPE || e.errno() == Errno.ECONNRESET ? new HungUpException(e) : e;
        }
        if (!asked && !unasked) {
            return 0;
        }
        if (unasked && spoken != ShmemDialect.LEGACY && !to.awaitMessage(UNASKED_MILLIS)) {
            silent = true;
            log.warn(LOG, "vm={} the VMM answers no maps: they may be used a moment before they are there", vm);
            return 0;
        }
        if (!to.receive()) {
            throw new HungUpException(null);
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
