package dev.wayferry.fuzz;

import dev.wayferry.bridge.MemoryAllocator;
import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.Sockets;
import dev.wayferry.proxy.crossdomain.CrossDomainFactory;
import dev.wayferry.proxy.gpu.GpuDevice;
import dev.wayferry.proxy.gpu.GuestBlobFiles;
import dev.wayferry.proxy.gpu.GuestShm;
import dev.wayferry.proxy.log.GuestLog;
import dev.wayferry.proxy.loop.EventLoop;
import dev.wayferry.proxy.stats.Counters;
import dev.wayferry.proxy.vhostuser.ShmemOffer;
import dev.wayferry.proxy.vhostuser.VhostUserSession;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** The session of one VMM, with its two threads, put together as the host process does. */
final class VmmSession {
    private static final long PATIENCE_MILLIS = TimeUnit.SECONDS.toMillis(60);

    private static final long WINDOW = 1L << 24;

    private final Path compositor;
    private final OwnedFd socket;
    private final AtomicReference<@Nullable Throwable> wrong = new AtomicReference<>();
    private final Thread thread;

    /** Takes ownership of the connected {@code socket}. */
    VmmSession(Path compositor, OwnedFd socket) {
        this.compositor = compositor;
        this.socket = socket;
        this.thread = Thread.ofPlatform().name("session").start(this::run);
    }

    private void run() {
        GuestLog log = GuestLog.silent();
        try (VhostUserSession vhostUser = new VhostUserSession("fuzz", ShmemOffer.AUTO, log, socket);
                Arena arena = Arena.ofShared();
                GuestBlobFiles guestBlobs = GuestBlobFiles.open(GuestShm.COPY)) {
            Counters counters = new Counters();
            EventLoop loop = new EventLoop("loop", failure -> {
                fail(failure);
                vhostUser.shutdown();
            });
            CrossDomainFactory contexts = new CrossDomainFactory(
                    new CrossDomainFactory.Settings(
                            "fuzz", () -> compositor, Map.of(), FuzzLimits.LOW, false, MemoryAllocator.memfd()),
                    loop, log, counters, arena);
            GpuDevice device = new GpuDevice(
                    "fuzz", loop::post, log, vhostUser.sharedMemory(), vhostUser.notices(), WINDOW, FuzzLimits.LOW, null,
                    640, 480, guestBlobs, contexts, counters);
            loop.start(device);
            try {
                vhostUser.run(loop, device, () -> {});
            } finally {
                vhostUser.shutdown();
                loop.stop();
                device.close();
                contexts.close();
            }
        } catch (IOException e) {
            // The session ends for something that the VMM did: so it should.
        } catch (RuntimeException | Error e) {
            fail(e);
        }
    }

    /** Memory that the VMM cuts off ends its session by an InternalError, and that is right. */
    private void fail(Throwable failure) {
        if (!(failure instanceof InternalError) && !(failure.getCause() instanceof InternalError)) {
            wrong.compareAndSet(null, failure);
        }
    }

    /** Waits for its end, the VMM being gone. */
    void awaitEnd() {
        boolean interrupted = false;
        try {
            thread.join(PATIENCE_MILLIS);
        } catch (InterruptedException e) {
            interrupted = true;
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        if (thread.isAlive()) {
            StringBuilder where = new StringBuilder();
            Thread.getAllStackTraces().forEach((each, frames) -> {
                if (frames.length > 0 && each.getName().matches("session|loop|keeper.*")) {
                    where.append("\n  ").append(each.getName()).append(": ").append(java.util.Arrays.toString(frames));
                }
            });
            throw new Finding(Finding.Kind.HANG, "the session does not end:" + where);
        }
        Throwable found = wrong.get();
        if (found != null) {
            throw new Finding("the session ended by a fault of ours", found);
        }
    }

    /** Sessions in this process. */
    static FrontEndMessages.Sessions sessions(Path compositor) {
        return new FrontEndMessages.Sessions() {
            private @Nullable VmmSession session;

            @Override
            public OwnedFd begin() throws IOException {
                OwnedFd[] pair = Sockets.pair();
                session = new VmmSession(compositor, pair[1]);
                return pair[0];
            }

            @Override
            public void awaitEnd() {
                if (session != null) {
                    session.awaitEnd();
                }
            }
        };
    }
}
