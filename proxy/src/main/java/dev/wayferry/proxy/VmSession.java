package dev.wayferry.proxy;

import dev.wayferry.posix.OwnedFd;
import dev.wayferry.proxy.crossdomain.CrossDomainFactory;
import dev.wayferry.proxy.gpu.GpuDevice;
import dev.wayferry.proxy.gpu.GuestBlobFiles;
import dev.wayferry.proxy.limit.Limit;
import dev.wayferry.proxy.log.GuestLog;
import dev.wayferry.proxy.loop.EventLoop;
import dev.wayferry.proxy.loop.LoopTuning;
import dev.wayferry.proxy.screen.ScanoutSettings;
import dev.wayferry.proxy.screen.Screen;
import dev.wayferry.proxy.vhostuser.ShmemOffer;
import dev.wayferry.proxy.vhostuser.VhostUserSession;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One VM, from the VMM's connecting to its going: a loop, a device and a vhost-user session put together. Nothing of it
 * outlives it.
 */
final class VmSession {
    private static final Logger LOG = LoggerFactory.getLogger(VmSession.class);

    private final Settings settings;
    private final HostProcess process;
    private final GuestLog log;
    private final GuestLog sessionsLog;
    private final VhostUserSession vhostUser;

    /**
     * What the command line decides.
     *
     * @param hostWindow bytes of the host-visible region, a power of two
     * @param shmem the dialects of shared memory that VMMs are offered
     * @param guestBlobs opens what makes files of guest blobs, for one session
     * @param loop what the session's loop is to do at the expense of others
     */
    record Settings(
            CrossDomainFactory.Settings crossDomain,
            long hostWindow,
            ShmemOffer shmem,
            ScanoutSettings scanout,
            Supplier<GuestBlobFiles> guestBlobs,
            LoopTuning loop) {
        String vm() {
            return crossDomain.vm();
        }

        GuestLog newLog() {
            return new GuestLog(vm(), crossDomain.limits().number(Limit.LOG_LINES_PER_SECOND));
        }
    }

    /**
     * The ways to the log of one VM's sessions. They have them in common, so that a VMM that connects again and again has no
     * more lines for it.
     *
     * @param guest for what the guest and its VMM cause
     * @param sessions for how sessions begin and end, which those lines are not to crowd out
     */
    record Logs(GuestLog guest, GuestLog sessions) {
        static Logs of(Settings settings) {
            return new Logs(settings.newLog(), settings.newLog());
        }
    }

    /** Says what the log should say before any VMM comes. */
    static void announce(Settings settings) {
        try (GuestBlobFiles guestBlobs = settings.guestBlobs().get()) {
            LOG.info("vm={} guest blobs that are sent will be {}", settings.vm(), guestBlobs.description());
        }
    }

    /** The only session of its VM. Takes ownership of the connected {@code socket}. */
    VmSession(Settings settings, HostProcess process, OwnedFd socket) {
        this(settings, Logs.of(settings), process, socket);
    }

    /** Takes ownership of the connected {@code socket}. */
    VmSession(Settings settings, Logs logs, HostProcess process, OwnedFd socket) {
        this.settings = settings;
        this.process = process;
        this.log = logs.guest();
        this.sessionsLog = logs.sessions();
        this.vhostUser = new VhostUserSession(settings.vm(), settings.shmem(), log, socket);
    }

    /**
     * Serves the VMM until it goes, on the calling thread; then everything of the VM is closed.
     *
     * @return whether the VMM went by itself, and not for something that was wrong
     */
    boolean run() {
        String vm = settings.vm();
        sessionsLog.info(LOG, "vm={} a VMM has connected", vm);
        try (vhostUser; Arena arena = Arena.ofShared(); GuestBlobFiles guestBlobs = settings.guestBlobs().get()) {
            AtomicBoolean failed = new AtomicBoolean();
            Consumer<Throwable> end = failure -> {
                failed.set(true);
                sessionsLog.error(LOG, "vm={} the session ends: {}", vm, failure.toString());
                LOG.debug("vm={} at", vm, failure);
                vhostUser.shutdown();
            };
            EventLoop loop = new EventLoop("loop " + vm, settings.loop(), end);
            CrossDomainFactory contexts = new CrossDomainFactory(settings.crossDomain(), loop, log, process.counters(), arena);
            ScanoutSettings scanout = settings.scanout();
            Screen screen = open(scanout, end, loop, contexts);
            GpuDevice device = new GpuDevice(
                    vm,
                    loop::post,
                    log,
                    vhostUser.sharedMemory(),
                    vhostUser.notices(),
                    settings.hostWindow(),
                    settings.crossDomain().limits(),
                    screen,
                    scanout.width(),
                    scanout.height(),
                    guestBlobs,
                    contexts,
                    process.counters());
            process.counters().loopBegins(loop.threadId());
            loop.start(device);
            try {
                vhostUser.run(loop, device, process.warmUp()::stop);
                sessionsLog.info(LOG, "vm={} the VMM has gone", vm);
                return !failed.get();
            } catch (IOException e) {
                sessionsLog.error(LOG, "vm={} the session ends: {}", vm, e.getMessage());
            } catch (RuntimeException e) {
                if (e.getCause() instanceof InternalError) {
                    sessionsLog.error(LOG, "vm={} the session ends: memory that the VMM shares was cut off: {}", vm,
                            e.getMessage());
                } else {
                    sessionsLog.error(LOG, "vm={} the session ends by a fault of ours", vm, e);
                }
            } finally {
                vhostUser.shutdown();
                loop.stop();
                process.counters().loopEnds();
                device.close();
                if (screen != null) {
                    screen.close();
                }
                contexts.close();
            }
        } catch (IOException e) {
            sessionsLog.error(LOG, "vm={} the session could not begin: {}", vm, e.getMessage());
        }
        return false;
    }

    /** Opens the guest's screen. If that fails what was made before, and has not begun, ends. */
    private @Nullable Screen open(
            ScanoutSettings scanout, Consumer<Throwable> end, EventLoop loop, CrossDomainFactory contexts) throws IOException {
        try {
            return Screen.open(
                    settings.vm(), log, scanout.target(), settings.crossDomain().display()::find, end);
        } catch (IOException e) {
            loop.endHere();
            contexts.close();
            throw e;
        }
    }
}
