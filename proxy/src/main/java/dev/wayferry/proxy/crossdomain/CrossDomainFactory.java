package dev.wayferry.proxy.crossdomain;

import dev.wayferry.bridge.Budget;
import dev.wayferry.bridge.Chunks;
import dev.wayferry.bridge.FileClassifier;
import dev.wayferry.bridge.ImageAllocator;
import dev.wayferry.bridge.OutboundQueue;
import dev.wayferry.posix.Iovecs;
import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.SocketMessage;
import dev.wayferry.proxy.gpu.GpuContext;
import dev.wayferry.proxy.gpu.GpuContextHost;
import dev.wayferry.proxy.limit.Limit;
import dev.wayferry.proxy.limit.Limits;
import dev.wayferry.proxy.log.GuestLog;
import dev.wayferry.proxy.loop.EventLoop;
import dev.wayferry.proxy.loop.SideThreads;
import dev.wayferry.proxy.stats.Counter;
import dev.wayferry.proxy.stats.Counters;
import dev.wayferry.wire.crossdomain.CrossDomain;
import dev.wayferry.wire.crossdomain.CrossDomainCapabilities;
import dev.wayferry.wire.gpu.VirtioGpu;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** Makes the cross-domain contexts of one VM, and holds what they share: the loop's scratch buffers and the limits. */
public final class CrossDomainFactory implements GpuContext.Factory {
    /** Every command up to WRITE. */
    private static final int VERSION = 1;

    /** Pieces of guest memory that one SEND or WRITE may lie in. */
    private static final int MAX_BUFFERS = 64;

    private static final int SOON_MILLIS = 50;

    /** Bytes of WRITEs that are copied in one turn as their pipes' readers stand still; what exceeds it is for a later one. */
    private static final int MAX_OVERDUE_COPIES = 1 << 20;

    private static final int STAGING_SIZE = 1 << 16;

    /** SENDs that wait because not even their bytes can be copied, or a file of theirs is being made: half of the queue. */
    private static final int MAX_HELD_SENDS = 128;

    /** WRITEs that wait for their pipes: a quarter of the queue. */
    private static final int MAX_HELD_WRITES = 64;

    /**
     * Pipes that hold more than usual at once. Linux counts what a user's pipes may hold, 64 MiB, and makes them all small
     * beyond that (pipe(7), pipe-user-pages-soft): these are 4 MiB.
     */
    private static final int MAX_LARGE_PIPES = 16;

    /** Finds the compositor's socket, anew for each connection. */
    @FunctionalInterface
    public interface DisplaySource {
        Path find() throws IOException;
    }

    /**
     * What the command line decides.
     *
     * @param vm the VM's name, for logs
     * @param channels the sockets of other channel types (2 to 31): paths, or {@code @name} for abstract ones
     * @param limits what the guest may have at once
     * @param mapPartialPages whether the VMM can map a file whose last page is not whole
     * @param allocator makes the files that guests' images lie in; the caller's to close, after all sessions
     */
    public record Settings(
            String vm,
            DisplaySource display,
            Map<Integer, String> channels,
            Limits limits,
            boolean mapPartialPages,
            ImageAllocator allocator) {
        /** Whether there is a socket for channels of this type. */
        boolean has(int channelType) {
            return channelType == CrossDomain.CHANNEL_TYPE_WAYLAND || channels.containsKey(channelType);
        }

        private String socket(int channelType) throws IOException {
            String other = channels.get(channelType);
            return other == null ? display.find().toString() : other;
        }

        private int channelBits() {
            int bits = 1 << CrossDomain.CHANNEL_TYPE_WAYLAND;
            for (int type : channels.keySet()) {
                bits |= 1 << type;
            }
            return bits;
        }
    }

    final Settings settings;
    final EventLoop loop;
    final GuestLog log;
    final Counters counters;
    final SocketMessage message;
    final Iovecs iovecs;
    final MemorySegment staging;
    final FileClassifier classifier;

    /** What all that waits for sockets and pipes may take; one of them four times what it leaves to the others. */
    final Budget queued;

    /** Pipes and received files of all contexts together, most of them an open descriptor. */
    final Budget items;

    /** Wayland objects that are followed where guest memory is mirrored. */
    final Budget mirroredObjects;

    final MirrorTurns mirrorTurns;

    final ImageLayouts layouts;

    final HeldCount heldSends;
    final HeldCount heldWrites;

    final Budget largePipes = new Budget(MAX_LARGE_PIPES, MAX_LARGE_PIPES);

    /** Bytes copied in this turn of what is overdue. */
    private long overdueCopies;

    /** What is sent together. */
    final Batch batch = new Batch();

    private final Chunks chunks = new Chunks();

    /** Sockets that wait for the contexts that will have them as their channels. */
    final SocketsByUuid sockets;

    private final byte[] capset = new byte[CrossDomainCapabilities.LENGTH];

    /** Has no thread before it is needed. */
    private final ScheduledExecutorService later =
            Executors.newSingleThreadScheduledExecutor(SideThreads.named("later"));

    /** Closes all that was received and may wait for others, which the loop never does. */
    final Closer closer = new Closer();

    final Connector connector;

    /**
     * Contexts of the VM that {@code loop} serves.
     *
     * @param arena where the scratch buffers live, closed after the loop has ended
     */
    public CrossDomainFactory(Settings settings, EventLoop loop, GuestLog log, Counters counters, Arena arena) {
        this.settings = settings;
        this.queued = new Budget(settings.limits().of(Limit.QUEUED_BYTES), 4);
        this.items = new Budget(settings.limits().of(Limit.ITEMS), 4);
        this.mirroredObjects = new Budget(settings.limits().of(Limit.MIRRORED_OBJECTS), 4);
        this.loop = loop;
        this.log = log;
        this.counters = counters;
        this.heldSends = new HeldCount(MAX_HELD_SENDS, 2, counters);
        this.heldWrites = new HeldCount(MAX_HELD_WRITES, 4, counters);
        this.message = new SocketMessage(MAX_BUFFERS, arena);
        this.iovecs = new Iovecs(MAX_BUFFERS, arena);
        this.staging = arena.allocate(STAGING_SIZE);
        this.classifier = new FileClassifier(arena);
        this.mirrorTurns = new MirrorTurns(loop);
        this.layouts = new ImageLayouts(settings.allocator(), loop, settings.limits().number(Limit.CONTEXTS));
        this.sockets = new SocketsByUuid(closer);
        this.connector = new Connector(settings.vm(), settings::socket, loop, closer, log);
        new CrossDomainCapabilities()
                .wrap(staging, 0)
                .version(VERSION)
                .supportedChannels(settings.channelBits())
                .supportsDmabuf(settings.allocator().makesDmaBufs() ? 1 : 0);
        MemorySegment.copy(staging, ValueLayout.JAVA_BYTE, 0, capset, 0, capset.length);
    }

    @Override
    public int capsetId() {
        return VirtioGpu.CAPSET_CROSS_DOMAIN;
    }

    @Override
    public int capsetVersion() {
        return VERSION;
    }

    @Override
    public byte[] capset() {
        return capset.clone();
    }

    @Override
    public GpuContext create(int ctxId, String debugName, GpuContextHost host) {
        return new CrossDomainContext(this, ctxId, debugName, host);
    }

    /** Takes ownership of {@code socket}, to which a context may connect by this UUID. On the loop. */
    public void offer(UUID uuid, OwnedFd socket) {
        if (!sockets.put(uuid, socket)) {
            closer.close(socket);
        }
    }

    @Override
    public void reset() {
        sockets.close();
    }

    /** A queue for at most {@code most} bytes that a socket or a pipe has no room for. */
    OutboundQueue newQueue(long most) {
        return new OutboundQueue(most, queued, chunks, bytes -> counters.add(Counter.QUEUED, bytes));
    }

    /** Whether more of what is overdue may be copied in this turn. */
    boolean mayCopyOverdue() {
        return overdueCopies < MAX_OVERDUE_COPIES;
    }

    /** So many bytes of what is overdue were copied. */
    void copiedOverdue(int bytes) {
        if (overdueCopies == 0) {
            // What the loop posts to itself while it gives out it runs in the next turn.
            boolean unused = loop.post(() -> overdueCopies = 0);
        }
        overdueCopies += bytes;
    }

    /** Runs {@code task} on the loop after a short while, or never if the loop ends before. */
    void soon(Runnable task) {
        var unused = later.schedule(() -> loop.post(task), SOON_MILLIS, TimeUnit.MILLISECONDS);
    }

    /** Lets no further connection begin, and gives up those that are being made. After the loop has ended. */
    public void close() {
        layouts.close();
        chunks.close();
        connector.close();
        var unused = later.shutdownNow();
        closer.shutdown();
    }
}
