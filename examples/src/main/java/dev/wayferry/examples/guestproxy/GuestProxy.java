package dev.wayferry.examples.guestproxy;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.wayferry.bridge.UnixListener;
import dev.wayferry.examples.virtgpu.VirtGpuDevice;
import dev.wayferry.posix.Errno;
import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.PollSet;
import dev.wayferry.posix.Posix;
import dev.wayferry.posix.PosixException;
import dev.wayferry.wire.crossdomain.CrossDomain;
import dev.wayferry.wire.crossdomain.CrossDomainCapabilities;
import dev.wayferry.wire.gpu.VirtioGpu;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives a guest's programs a Wayland display: each connection to its socket becomes a cross-domain context of the GPU, and
 * on the host a connection to the compositor.
 *
 * <p>A connection's failure ends that connection only.
 */
public final class GuestProxy implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(GuestProxy.class);

    /**
     * Globals that programs are not shown: these are about files that cross-domain cannot carry (fences, timelines,
     * sockets, leased devices), and a program that finds them relies on them.
     */
    public static final Set<String> DEFAULT_HIDDEN_GLOBALS = Set.of(
            "wp_linux_drm_syncobj_manager_v1",
            "zwp_linux_explicit_synchronization_v1",
            "wp_security_context_manager_v1",
            "wp_drm_lease_device_v1");

    private static final int ACCEPT_PAUSE_MILLIS = 100;
    private static final long JOIN_MILLIS = 20_000;

    private final VirtGpuDevice device;
    private final UnixListener listener;
    private final ClientPages pages;
    private final Set<String> hiddenGlobals;
    private final GuestProxyCounters counters = new GuestProxyCounters();
    private final Map<ClientSession, Thread> sessions = new ConcurrentHashMap<>();
    private final OwnedFd wake;
    private final Thread acceptor;
    private volatile boolean closing;

    private GuestProxy(
            VirtGpuDevice device, UnixListener listener, ClientPages pages, Set<String> hiddenGlobals)
            throws IOException {
        this.device = device;
        this.listener = listener;
        this.pages = pages;
        this.hiddenGlobals = hiddenGlobals;
        this.wake = OwnedFd.of(Posix.eventfd(), "eventfd");
        this.acceptor = new Thread(this::accept, "guest-proxy " + listener.path().getFileName());
    }

    /**
     * Listens at {@code socket} until closed. The device stays the caller's and must outlive the proxy.
     *
     * @throws IOException when the device offers no Wayland channel, or the path can't be listened at
     */
    public static GuestProxy start(VirtGpuDevice device, Path socket) throws IOException {
        return start(device, socket, DEFAULT_HIDDEN_GLOBALS);
    }

    /**
     * Listens at {@code socket} until closed. The device stays the caller's and must outlive the proxy.
     *
     * @param hiddenGlobals interfaces that programs are not shown
     * @throws IOException when the device offers no Wayland channel, or the path can't be listened at
     */
    public static GuestProxy start(VirtGpuDevice device, Path socket, Set<String> hiddenGlobals) throws IOException {
        checkCapabilities(device);
        return start(device, socket, hiddenGlobals, ClientPages.probe(device));
    }

    /** The same, programs' memory being shared as {@code pages} says, of which it takes ownership. */
    static GuestProxy start(VirtGpuDevice device, Path socket, Set<String> hiddenGlobals, ClientPages pages)
            throws IOException {
        UnixListener listener;
        try {
            checkCapabilities(device);
            listener = UnixListener.bind(socket);
        } catch (IOException | RuntimeException e) {
            pages.close();
            throw e;
        }
        GuestProxy proxy;
        try {
            proxy = new GuestProxy(device, listener, pages, Set.copyOf(hiddenGlobals));
        } catch (IOException | RuntimeException e) {
            listener.close();
            pages.close();
            throw e;
        }
        proxy.acceptor.start();
        LOG.info("listening at {}", socket);
        return proxy;
    }

    private static void checkCapabilities(VirtGpuDevice device) throws IOException {
        byte[] data = device.capset(VirtioGpu.CAPSET_CROSS_DOMAIN, 0, CrossDomainCapabilities.LENGTH);
        if (data.length < CrossDomainCapabilities.LENGTH) {
            throw new IOException("the GPU's cross-domain capset has " + data.length + " bytes, not "
                    + CrossDomainCapabilities.LENGTH);
        }
        var capabilities = new CrossDomainCapabilities().wrap(MemorySegment.ofArray(data), 0);
        int channels = capabilities.supportedChannels();
        if (capabilities.version() < 1 || (channels & 1 << CrossDomain.CHANNEL_TYPE_WAYLAND) == 0) {
            throw new IOException("the GPU's cross-domain capset (version " + capabilities.version() + ", channels 0x"
                    + Integer.toHexString(channels) + ") offers no Wayland channel");
        }
    }

    /** What happened so far. */
    public GuestProxyCounters counters() {
        return counters;
    }

    /** Where programs connect. */
    public Path socket() {
        return listener.path();
    }

    private void accept() {
        int number = 0;
        try (Arena arena = Arena.ofConfined()) {
            PollSet watched = new PollSet(2, arena);
            int listening = listener.fd();
            while (!closing) {
                watched.clear();
                watched.add(listening, Posix.POLLIN);
                watched.add(wake.number(), Posix.POLLIN);
                int ready = watched.poll(-1);
                if (ready != -Errno.EINTR) {
                    PosixException.check(ready, "poll");
                }
                if (watched.revents(0) != 0 && !closing) {
                    acceptOne(++number);
                }
            }
        } catch (IOException e) {
            LOG.error("accepts no more programs: {}", e.toString());
        }
    }

    private void acceptOne(int number) {
        OwnedFd socket;
        try {
            socket = listener.accept().socket();
        } catch (IOException e) {
            LOG.warn("a program could not be accepted: {}", e.toString());
            pause();
            return;
        }
        counters.connections.increment();
        ClientSession session = new ClientSession(number, device, socket, pages, hiddenGlobals, counters);
        Thread thread = new Thread(
                () -> {
                    try {
                        session.run();
                    } finally {
                        sessions.remove(session);
                    }
                },
                "guest-proxy client " + number);
        sessions.put(session, thread);
        thread.start();
    }

    /** Gives time for descriptors to become free again, which is what accepting may lack. */
    private static void pause() {
        try {
            Thread.sleep(ACCEPT_PAUSE_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Accepts no more programs, and ends the connections of those that are there. */
    @Override
    public synchronized void close() throws IOException {
        if (closing) {
            return;
        }
        closing = true;
        try (Arena arena = Arena.ofConfined()) {
            Posix.write(wake.number(), arena.allocateFrom(JAVA_LONG, 1));
        }
        join(acceptor);
        listener.close();
        wake.close();
        for (Map.Entry<ClientSession, Thread> each : sessions.entrySet()) {
            each.getKey().end();
            join(each.getValue());
        }
        pages.close();
        LOG.info("closed: {}", counters);
    }

    private static void join(Thread thread) {
        try {
            if (!thread.join(Duration.ofMillis(JOIN_MILLIS))) {
                LOG.warn("{} does not end", thread.getName());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
