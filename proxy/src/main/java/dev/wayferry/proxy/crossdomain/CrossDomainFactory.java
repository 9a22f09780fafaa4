package dev.wayferry.proxy.crossdomain;

import dev.wayferry.bridge.Budget;
import dev.wayferry.bridge.FileClassifier;
import dev.wayferry.bridge.ImageAllocator;
import dev.wayferry.bridge.UnixSockets;
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
import java.nio.file.Path;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/** Makes the cross-domain contexts of one VM, and holds what they share: the loop's scratch buffers and the limits. */
public final class CrossDomainFactory implements GpuContext.Factory {
    /** Every command up to WRITE. */
    private static final int VERSION = 1;

    /** Pieces of guest memory that one SEND or WRITE may lie in. */
    private static final int MAX_BUFFERS = 64;

    private static final int SOON_MILLIS = 50;

    private static final int STAGING_SIZE = 1 << 16;

    /**
     * Bytes that wait, of all channels and pipes of the VM, for compositors and programs that do not read: half of the heap
     * that the launcher gives the JVM (128 MiB). One may have four times what it leaves to the others, so a single pipe may
     * have 51 MiB and a paste of 50 MB ends up there whole, in WRITEs of 4 KB, before anybody reads.
     */
    private static final long MAX_QUEUED = 64L << 20;

    /**
     * Requests that wait because not even their bytes can be taken: half of the 256 that QEMU's control queue has, for
     * guests wait as a whole when there are no more. One channel or pipe may hold as many as it leaves to the others, 64 if
     * it is alone.
     */
    private static final int MAX_HELD = 128;

    /** Connections that are made at once, and that wait for their turn; a compositor that is slow accepts none. */
    private static final int MAX_CONNECTING = 8;

    private static final int MAX_CONNECTIONS_WAITING = 1024;

    /** Files that wait for being closed. */
    private static final int MAX_CLOSING = 1024;

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

    /** What all that waits for sockets and pipes may take, see {@link #MAX_QUEUED}. */
    final Budget queued = new Budget(MAX_QUEUED, 4);

    /** Pipes and received files of all contexts together, most of them an open descriptor. */
    final Budget items;

    /** Wayland objects that are followed where guest memory is mirrored. */
    final Budget mirroredObjects;

    final ImageLayouts layouts;

    /** How many requests may be held, see {@link #MAX_HELD}. */
    final Budget held = new Budget(MAX_HELD, 1);

    /** Sockets that wait for the contexts that will have them as their channels. */
    final SocketsByUuid sockets = new SocketsByUuid();

    private final byte[] capset = new byte[CrossDomainCapabilities.LENGTH];

    /** Has no thread before it is needed. */
    private final ScheduledExecutorService later =
            Executors.newSingleThreadScheduledExecutor(SideThreads.named("later"));

    private final ThreadPoolExecutor connector = new ThreadPoolExecutor(
            MAX_CONNECTING, MAX_CONNECTING, 1, TimeUnit.SECONDS, new ArrayBlockingQueue<>(MAX_CONNECTIONS_WAITING),
            SideThreads.named("connector"));

    /** Closes what may take its time, apart from those who connect, so that neither waits for the other. */
    private final ThreadPoolExecutor closer = new ThreadPoolExecutor(
            1, 1, 1, TimeUnit.SECONDS, new ArrayBlockingQueue<>(MAX_CLOSING),
            SideThreads.named("closer"));

    /**
     * Contexts of the VM that {@code loop} serves.
     *
     * @param arena where the scratch buffers live, closed after the loop has ended
     */
    public CrossDomainFactory(Settings settings, EventLoop loop, GuestLog log, Counters counters, Arena arena) {
        this.settings = settings;
        this.items = new Budget(settings.limits().of(Limit.ITEMS), 4);
        this.mirroredObjects = new Budget(settings.limits().of(Limit.MIRRORED_OBJECTS), 4);
        this.loop = loop;
        this.log = log;
        this.counters = counters;
        this.message = new SocketMessage(MAX_BUFFERS, arena);
        this.iovecs = new Iovecs(MAX_BUFFERS, arena);
        this.staging = arena.allocate(STAGING_SIZE);
        this.classifier = new FileClassifier(arena);
        this.layouts = new ImageLayouts(settings.allocator(), loop);
        new CrossDomainCapabilities()
                .wrap(MemorySegment.ofArray(capset), 0)
                .version(VERSION)
                .supportedChannels(settings.channelBits())
                .supportsDmabuf(settings.allocator().makesDmaBufs() ? 1 : 0);
        connector.allowCoreThreadTimeOut(true);
        closer.allowCoreThreadTimeOut(true);
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
            socket.close();
        }
    }

    @Override
    public void reset() {
        sockets.close();
    }

    /**
     * Connects to the socket of a channel type on a thread of its own, as connect(2) waits while the listener is slow, and
     * tells the loop. A socket that comes too late for the loop is closed.
     */
    void connect(int channelType, BiConsumer<@Nullable OwnedFd, @Nullable IOException> connected) {
        try {
            connector.execute(() -> connectNow(channelType, connected));
        } catch (RejectedExecutionException e) {
            connected.accept(null, new IOException("too many connections are being made already", e));
        }
    }

    /** A request waits. */
    void hold() {
        held.take(1);
        counters.add(Counter.HELD, 1);
    }

    /** So many requests wait no more. */
    void letGo(int requests) {
        held.giveBack(requests);
        counters.add(Counter.HELD, -requests);
    }

    /** Closes a file of unknown kind, which may take its time: a socket that lingers, for one. */
    void closeElsewhere(OwnedFd file) {
        try {
            closer.execute(file::close);
        } catch (RejectedExecutionException e) {
            file.close();
        }
    }

    private void connectNow(int channelType, BiConsumer<@Nullable OwnedFd, @Nullable IOException> connected) {
        try {
            OwnedFd socket = UnixSockets.connect(settings.socket(channelType));
            if (!loop.post(() -> connected.accept(socket, null))) {
                socket.close();
            }
        } catch (IOException e) {
            boolean unused = loop.post(() -> connected.accept(null, e));
        } catch (RuntimeException e) {
            // A path that can't be one, for instance: the guest waits for an answer all the same.
            boolean unused = loop.post(() -> connected.accept(null, new IOException(e)));
        }
    }

    /** Runs {@code task} on the loop after a short while, or never if the loop ends before. */
    void soon(Runnable task) {
        var unused = later.schedule(() -> loop.post(task), SOON_MILLIS, TimeUnit.MILLISECONDS);
    }

    /** Lets no further connection begin, and gives up those that are being made. */
    public void close() {
        layouts.close();
        var unused = connector.shutdownNow();
        var unusedToo = later.shutdownNow();
        // What it has still to close it closes.
        closer.shutdown();
    }
}
