package dev.wayferry.proxy;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.wayferry.bridge.ImageAllocator;
import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.PosixException;
import dev.wayferry.posix.Sockets;
import dev.wayferry.proxy.gpu.GuestBlobFiles;
import dev.wayferry.proxy.screen.ScanoutSettings;
import dev.wayferry.proxy.vhostuser.ShmemOffer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * The host process's session of one VM with a VMM, a guest and a compositor of the test's, all in this process, over real
 * sockets, memory files and eventfds. When it closes it looks for descriptors that were left open.
 */
final class TestVm implements AutoCloseable {
    static final long WINDOW = 1L << 26;
    static final int MAX_MAPS = 4;
    static final long MAX_FILE_COPY = 1 << 20;

    /** MQ, REPLY_ACK, BACKEND_REQ, CONFIG, BACKEND_SEND_FD, CONFIGURE_MEM_SLOTS, SHARED_OBJECT, SHMEM. */
    static final long ALL = 1L << 0 | 1L << 3 | 1L << 5 | 1L << 9 | 1L << 10 | 1L << 15 | 1L << 18 | 1L << 22;

    private final Map<String, Integer> before;
    private final Path folder;
    private final TestSettings settings;
    final HostProcess process = new HostProcess();
    private Thread session;
    final FrontEnd vmm;
    final TestGuest guest;
    final TestCompositor compositor;

    /** A VM whose guest has its queues running. */
    TestVm() throws IOException {
        this(ALL, true);
    }

    TestVm(long protocolFeatures, boolean withBackChannel) throws IOException {
        this(FrontEnd::new, _ -> {}, vmm -> vmm.negotiate(protocolFeatures, withBackChannel));
    }

    /** A VM whose session is told something else than the usual. */
    TestVm(Consumer<TestSettings> change) throws IOException {
        this(FrontEnd::new, change);
    }

    /** A VM whose guest has a screen. */
    TestVm(ScanoutSettings scanout) throws IOException {
        this(settings -> settings.scanout = scanout);
    }

    /** A VM whose guest reaches other sockets, too, by the types of their channels. */
    TestVm(Map<Integer, String> channels) throws IOException {
        this(settings -> settings.channels = channels);
    }

    /**
     * A VM whose guest reaches other sockets, too, by the types of their channels. Its VMM maps what it is told to, however
     * long the file is, and is said to do so.
     */
    static TestVm thatMapsPartialPages(Map<Integer, String> channels) throws IOException {
        return new TestVm(socket -> {
            FrontEnd vmm = new FrontEnd(socket);
            vmm.checksSizes = false;
            return vmm;
        }, settings -> {
            settings.channels = channels;
            settings.mapPartialPages = true;
        });
    }

    /** A VM whose images {@code allocator} makes, which stays the caller's. */
    TestVm(ImageAllocator allocator) throws IOException {
        this(settings -> settings.allocator = allocator);
    }

    /** A VM of a VMM whose memory can be sealed, with another way for guest blobs. */
    static TestVm withGuestBlobs(Supplier<GuestBlobFiles> guestBlobs) throws IOException {
        return new TestVm(FrontEnd::withSealableMemory, settings -> settings.guestBlobs = guestBlobs);
    }

    /** Makes a front-end of a connected socket, which it takes over. */
    interface FrontEndFactory {
        FrontEnd on(OwnedFd socket) throws IOException;
    }

    interface Negotiation {
        void run(FrontEnd vmm) throws IOException;
    }

    /** A VM of another VMM, which is offered the dialects {@code shmem}. */
    TestVm(FrontEndFactory frontEnd, ShmemOffer shmem) throws IOException {
        this(frontEnd, settings -> settings.shmem = shmem);
    }

    /** A VM of another VMM. */
    TestVm(FrontEndFactory frontEnd, Consumer<TestSettings> change) throws IOException {
        this(frontEnd, change, FrontEnd::negotiate);
    }

    private TestVm(FrontEndFactory frontEnd, Consumer<TestSettings> change, Negotiation negotiation) throws IOException {
        warmUp();
        before = OpenFds.now();
        folder = Files.createTempDirectory("wayferry");
        compositor = new TestCompositor(folder);
        settings = new TestSettings();
        change.accept(settings);
        OwnedFd[] pair = Sockets.pair();
        session = serve(pair[1]);
        vmm = frontEnd.on(pair[0]);
        negotiation.run(vmm);
        vmm.setMemory();
        guest = new TestGuest(vmm);
    }

    /** Begins a session on this end of a socket. */
    private Thread serve(OwnedFd socket) {
        VmSession vm = new VmSession(settings.with(compositor.path()), process, socket);
        return Thread.ofPlatform().name("session").start(vm::run);
    }

    /** The back-end dies, and another takes its place. */
    void restartBackEnd() throws IOException {
        end();
        OwnedFd[] pair = Sockets.pair();
        session = serve(pair[1]);
        vmm.reconnect(pair[0]);
    }

    /** Has the libraries loaded that keep descriptors. */
    private static void warmUp() throws IOException {
        Path folder = Files.createTempDirectory("wayferry");
        new TestCompositor(folder).close();
        delete(folder);
    }

    /** The VMM goes; waits until the session is over. */
    void end() {
        vmm.hangUp();
        FrontEnd.join(session);
    }

    @Override
    public void close() throws IOException {
        end();
        guest.close();
        vmm.close();
        compositor.close();
        delete(folder);
        OpenFds.awaitNoMoreThan(before);
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            files.sorted(Comparator.reverseOrder()).forEach(file -> {
                try {
                    Files.delete(file);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
        }
    }

    /** Between {@code client} and the context of this number, whose connection it is, all is well. */
    void assertServed(int ctx, TestCompositor.Connection client) throws PosixException {
        assertOk(guest.request(TestGuest.send(ctx, "served")));
        assertEquals("served", client.readText(6));
        client.send("answered");
        assertEquals("answered", guest.receive(ctx).text());
    }

    static void assertOk(int type) {
        assertEquals(0x1100, type, () -> "response 0x" + Integer.toHexString(type));
    }
}
