package dev.wayferry.proxy;

import static java.util.stream.Collectors.toMap;

import dev.wayferry.bridge.AllocatorChoice;
import dev.wayferry.bridge.ImageAllocator;
import dev.wayferry.bridge.UnixListener;
import dev.wayferry.bridge.UnixSockets;
import dev.wayferry.bridge.WaylandDisplay;
import dev.wayferry.posix.CompilerThreads;
import dev.wayferry.posix.Identity;
import dev.wayferry.posix.Memory;
import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.Posix;
import dev.wayferry.posix.Priority;
import dev.wayferry.proxy.crossdomain.CrossDomainFactory;
import dev.wayferry.proxy.gpu.GuestBlobFiles;
import dev.wayferry.proxy.gpu.GuestShm;
import dev.wayferry.proxy.limit.Limit;
import dev.wayferry.proxy.limit.Limits;
import dev.wayferry.proxy.loop.LoopTuning;
import dev.wayferry.proxy.sandbox.AllowedFiles;
import dev.wayferry.proxy.sandbox.Sandbox;
import dev.wayferry.proxy.sandbox.SandboxMode;
import dev.wayferry.proxy.screen.ScanoutSettings;
import dev.wayferry.proxy.stats.StatsTeller;
import dev.wayferry.proxy.vhostuser.ShmemOffer;
import dev.wayferry.wire.crossdomain.CrossDomain;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code wayferry serve}: the host process. */
@Command(
        name = "serve",
        description = "Serves one VM as its vhost-user virtio-gpu device.",
        mixinStandardHelpOptions = true,
        versionProvider = Wayferry.Version.class,
        sortOptions = false,
        footer = {
            "",
            "Each option with a value can be given in the environment too: --vm-name as WAYFERRY_VM_NAME.",
            "Exit codes: 0 told to end, or the VMM of --fd has gone; 1 failed; 2 wrong usage."
        })
final class ServeCommand implements Callable<Integer> {
    private static final String DEFAULT_VM_NAME = "vm";

    /** Levels that SLF4J's simple logger knows. */
    enum LogLevel {
        ERROR,
        WARN,
        INFO,
        DEBUG,
        TRACE
    }

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Option(
            names = "--socket-path",
            paramLabel = "PATH",
            description = "Listens for the VMM here, with mode 0600; after one has gone the next finds a fresh device.")
    private @Nullable Path socketPath;

    @Option(
            names = "--fd",
            paramLabel = "N",
            description = "Serves the VMM at the other end of this connected socket, and ends with it.")
    private @Nullable Integer fd;

    @Option(names = "--print-capabilities", description = "Prints what VMMs and libvirt ask of a back-end, as JSON.")
    @SuppressWarnings("unused") // for the help: it is answered before anything else is looked at
    private boolean printCapabilities;

    @Option(
            names = "--wayland-display",
            paramLabel = "NAME|PATH",
            description = "The compositor's socket, looked up at each connection. Default: as libwayland finds it, by"
                    + " WAYLAND_DISPLAY and XDG_RUNTIME_DIR.")
    private @Nullable String waylandDisplay;

    @Option(
            names = "--channel",
            paramLabel = "TYPE=PATH",
            converter = ChannelOption.Converter.class,
            split = ",(?=[0-9a-z-]+=)",
            description = "Another socket of the host's that guest programs may reach, looked up at each connection. TYPE is"
                    + " camera, pipewire, x11, dbus-session, dbus-system or a number from 2 to 31; PATH may be @name for an"
                    + " abstract socket. Can be given several times, or several separated by commas.")
    private List<ChannelOption> channels = List.of();

    @Option(names = "--vm-name", paramLabel = "NAME", description = "What logs call the VM. Default: the socket's name.")
    private @Nullable String vmName;

    @Option(
            names = "--host-window",
            paramLabel = "SIZE",
            converter = ByteSize.class,
            defaultValue = "8G",
            description = "Size of the region in which the guest sees host memory, a power of two. Default: 8G.")
    private long hostWindow = 8L << 30;

    @Option(
            names = "--shmem-dialect",
            paramLabel = "DIALECT",
            defaultValue = "auto",
            description = "How the VMM is asked to map memory: auto (offers standard and legacy), standard, legacy (crosvm of"
                    + " 2024 and 2025, Spectrum's cloud-hypervisor), bit20 or bit21 (crosvm of 2025-12 to 2026-08)."
                    + " Default: auto.")
    private ShmemOffer shmemDialect = ShmemOffer.AUTO;

    @Option(
            names = "--limit",
            paramLabel = "NAME=VALUE",
            converter = LimitOption.Converter.class,
            split = ",",
            description = "What the guest may have at once, or do in a second, such as contexts=64 or blob-bytes=1G; the"
                    + " README has all of them. Can be given several times, or several separated by commas.")
    private List<LimitOption> limits = List.of();

    @Option(
            names = "--guest-shm",
            paramLabel = "WAY",
            defaultValue = "auto",
            description = "What becomes of guest memory that the guest sends (GUEST blobs): auto shares it by /dev/udmabuf"
                    + " where that is possible and refuses it elsewhere, copy mirrors it and copies what wl_shm surfaces"
                    + " damage, refuse refuses it. Default: auto.")
    private GuestShm guestShm = GuestShm.AUTO;

    @Option(
            names = "--map-partial-pages",
            arity = "0..1",
            description = "The VMM can map a file whose last page is not whole, as PipeWire's memory is; QEMU can't.")
    private boolean mapPartialPages;

    @Option(
            names = "--scanout",
            paramLabel = "WHERE",
            defaultValue = "none",
            description = "Where the guest's screen, such as its text console, is seen: none (it has none), png:PATH (a file"
                    + " that is written anew) or window (on the compositor). Default: none.")
    private String scanout = "none";

    @Option(
            names = "--scanout-size",
            paramLabel = "WIDTHxHEIGHT",
            defaultValue = "1280x800",
            description = "The size of the guest's screen, in pixels, at first. Default: 1280x800.")
    private String scanoutSize = "1280x800";

    @Option(
            names = "--allocator",
            paramLabel = "ALLOCATOR",
            defaultValue = "auto",
            description = "Who makes the memory of guests' images: gbm (the GPU of the first render node), dma-heap"
                    + " (/dev/dma_heap/system) or udmabuf (/dev/udmabuf), as dma-bufs; memfd; or auto, the first of them"
                    + " that works. Default: auto.")
    private AllocatorChoice allocator = AllocatorChoice.AUTO;

    @Option(
            names = "--busy-poll",
            paramLabel = "MICROS[,force]",
            converter = BusyPollOption.Converter.class,
            defaultValue = "0",
            description = "Looks for more work for up to so many microseconds before it sleeps, less where that finds"
                    + " nothing; on fewer than 3 CPUs only with ',force'. Default: 0, not at all.")
    private BusyPollOption busyPoll = BusyPollOption.OFF;

    @Option(
            names = "--realtime",
            paramLabel = "CPU",
            arity = "0..1",
            fallbackValue = RealtimeOption.LAST,
            converter = RealtimeOption.Converter.class,
            description = "Makes the VM's loop a real-time thread (SCHED_FIFO) alone on this CPU, without a number on the last"
                    + " one that may be used, and locks the memory it uses.")
    private @Nullable RealtimeOption realtime;

    @Option(
            names = "--stats-fd",
            paramLabel = "N",
            description = "Answers each byte that is written to the other end of this socket with a line of JSON: what was"
                    + " copied, allocated, sent and received so far, and what waits now.")
    private @Nullable Integer statsFd;

    @Option(
            names = "--sandbox",
            paramLabel = "HOW",
            defaultValue = "auto",
            description = "What the process takes from itself before it serves anybody, of files, system calls and"
                    + " capabilities: auto takes what this kernel can, strict does not start where that is not all, off takes"
                    + " nothing. Default: auto.")
    private SandboxMode sandbox = SandboxMode.AUTO;

    @Option(
            names = "--allow-uid",
            paramLabel = "UID",
            split = ",",
            description = "A VMM of this user may connect too, beside the own one's and root's; the socket's mode is then 0666,"
                    + " and others are turned away. Can be given several times.")
    private List<Integer> allowedUids = List.of();

    @Option(
            names = "--log-level",
            paramLabel = "LEVEL",
            defaultValue = "info",
            description = "error, warn, info, debug or trace. Default: info.")
    private LogLevel logLevel = LogLevel.INFO;

    private ScanoutSettings scanoutSettings = ScanoutSettings.NONE;

    @Override
    public Integer call() throws IOException {
        check();
        return serve();
    }

    /** What a command line without anything unusual says, see {@link PlainArguments}; the rest is as by default. */
    static ServeCommand plain(
            Path socketPath,
            @Nullable String waylandDisplay,
            @Nullable String vmName,
            @Nullable LogLevel logLevel,
            @Nullable SandboxMode sandbox) {
        ServeCommand command = new ServeCommand();
        command.socketPath = socketPath;
        command.waylandDisplay = waylandDisplay;
        command.vmName = vmName;
        command.logLevel = logLevel == null ? command.logLevel : logLevel;
        command.sandbox = sandbox == null ? command.sandbox : sandbox;
        return command;
    }

    /** Serves as the options say; returns what the process ends with. */
    int serve() throws IOException {
        // Read by the first logger, so no class that logs may have been used yet.
        System.setProperty("org.slf4j.simpleLogger.defaultLogLevel", logLevel.name().toLowerCase(Locale.ROOT));
        busyPoll.check();
        LoopTuning loop = new LoopTuning(busyPoll.micros(), RealtimeOption.prepare(realtime));
        Integer inherited = fd;
        Path path = socketPath;
        if (sandbox == SandboxMode.STRICT) {
            sandbox().check();
        }
        if (inherited != null) {
            Identity.keepFilesToOwner();
            Shutdown.atEnd(() -> {});
            try (ImageAllocator images = openAllocator(DEFAULT_VM_NAME)) {
                VmSession.Settings settings = settings(DEFAULT_VM_NAME, images, loop);
                VmSession.announce(settings);
                OwnedFd vmm = UnixSockets.adopt(inherited);
                HostProcess process = begin(settings.vm());
                process.warmUp().start();
                VmSession session = new VmSession(settings, process, vmm);
                return session.run() ? ExitCode.OK : ExitCode.FAILURE;
            }
        } else if (path != null) {
            PathRemoval removal = new PathRemoval();
            Shutdown.atEnd(removal);
            if (allocator != AllocatorChoice.AUTO) {
                // One that was named and does not work is found out before anybody can connect. Drivers make files, too.
                Identity.keepFilesToOwner();
                allocator.open().allocator().close();
            }
            // First of all, so that a VMM which is started at the same time finds it; what it does not wait for comes after.
            UnixListener listener = UnixListener.bindFirst(path.toAbsolutePath(), AllowedPeers.socketMode(allowedUids));
            removal.listener = listener;
            Identity.keepFilesToOwner();
            try (ImageAllocator images = openAllocator(nameOf(path))) {
                listener.prepare();
                VmSession.Settings settings = settings(nameOf(path), images, loop);
                VmSession.announce(settings);
                HostProcess process = begin(settings.vm());
                AllowedPeers vmms = AllowedPeers.here(Identity.user(), allowedUids);
                new Server(listener, settings, process, vmms).run();
            }
        }
        return ExitCode.OK;
    }

    /** Nobody is served before this, and none of the threads that serve are there; a VMM that has connected waits. */
    private HostProcess begin(String vm) throws IOException {
        Priority.makePromptWithAllItStarts();
        CompilerThreads.makeUnhurried();
        sandbox().enter(vm);
        HostProcess process = new HostProcess();
        if (statsFd != null) {
            Thread unused = StatsTeller.start(new OwnedFd(statsFd), process.counters());
        }
        return process;
    }

    private Sandbox sandbox() {
        AllowedFiles files = new AllowedFiles();
        Path path = socketPath;
        if (fd == null && path != null) {
            files.removed(path);
        }
        try {
            files.server(WaylandDisplay.socket(waylandDisplay, System.getenv()).toString());
        } catch (IOException e) {
            // There is none to be connected to; whoever wants to is told why.
        }
        channels.forEach(channel -> files.server(channel.socket()));
        Path picture = scanoutSettings.target().path();
        if (picture != null) {
            files.written(picture);
        }
        if (guestShm == GuestShm.AUTO) {
            files.udmabuf();
        }
        if (allocator == AllocatorChoice.AUTO || allocator == AllocatorChoice.GBM) {
            files.gpus();
        }
        return new Sandbox(sandbox, files, realtime != null);
    }

    private ImageAllocator openAllocator(String defaultName) throws IOException {
        AllocatorChoice.Found found = allocator.open();
        LoggerFactory.getLogger(ServeCommand.class)
                .info("vm={} {}", vmName == null ? defaultName : vmName, found.said());
        return found.allocator();
    }

    /** A class with a name, see {@link Shutdown}: nothing before listening may be a lambda. */
    private static final class PathRemoval implements Runnable {
        private volatile @Nullable UnixListener listener;

        @Override
        public void run() {
            UnixListener open = listener;
            try {
                if (open != null) {
                    open.removePath();
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private void check() {
        var given = spec.commandLine().getParseResult();
        // What the command line says wins over the environment.
        if (given.hasMatchedOption("--fd") && !given.hasMatchedOption("--socket-path")) {
            socketPath = null;
        } else if (given.hasMatchedOption("--socket-path") && !given.hasMatchedOption("--fd")) {
            fd = null;
        }
        if ((fd == null) == (socketPath == null)) {
            throw wrong("exactly one of --socket-path and --fd is needed");
        }
        if (socketPath != null && socketPath.toString().isEmpty()) {
            throw wrong("--socket-path is empty");
        }
        for (int i = 0; i < channels.size(); i++) {
            int type = channels.get(i).type();
            if (channels.subList(0, i).stream().anyMatch(other -> other.type() == type)) {
                throw wrong("--channel: " + CrossDomain.channelTypeName(type) + " is given twice");
            }
        }
        for (int i = 0; i < limits.size(); i++) {
            Limit limit = limits.get(i).limit();
            if (limits.subList(0, i).stream().anyMatch(other -> other.limit() == limit)) {
                throw wrong("--limit: " + limit + " is given twice");
            }
        }
        if (vmName != null && vmName.isBlank()) {
            throw wrong("--vm-name is empty");
        }
        if (fd != null && !Posix.isOpen(fd)) {
            throw wrong("--fd=" + fd + ": no such descriptor is open");
        }
        if (allowedUids.stream().anyMatch(uid -> uid < 0)) {
            throw wrong("--allow-uid: a user's number is not less than 0");
        }
        if (statsFd != null) {
            checkStatsFd(statsFd);
        }
        if (Long.bitCount(hostWindow) != 1 || hostWindow < Memory.PAGE_SIZE) {
            throw wrong("--host-window: " + hostWindow + " bytes is no power of two of at least a page");
        }
        try {
            scanoutSettings = ScanoutSettings.of(scanout, scanoutSize);
        } catch (IllegalArgumentException e) {
            throw wrong(String.valueOf(e.getMessage()));
        }
    }

    private void checkStatsFd(int descriptor) {
        int flags = descriptor < 0 ? -1 : Posix.statusFlags(descriptor);
        if (flags < 0) {
            throw wrong("--stats-fd=" + descriptor + ": no such descriptor is open");
        }
        if (Integer.valueOf(descriptor).equals(fd)) {
            throw wrong("--stats-fd=" + descriptor + ": that is what --fd serves");
        }
        if ((flags & Posix.O_ACCMODE) != Posix.O_RDWR || !Posix.linkOf(descriptor).startsWith("socket:")) {
            throw wrong("--stats-fd=" + descriptor + ": it is no socket");
        }
        if (Posix.setNonBlocking(descriptor, false) < 0 || Posix.setCloseOnExec(descriptor) < 0) {
            throw wrong("--stats-fd=" + descriptor + ": fcntl fails");
        }
    }

    private ParameterException wrong(String what) {
        return new ParameterException(spec.commandLine(), what);
    }

    private VmSession.Settings settings(String defaultName, ImageAllocator images, LoopTuning loop) {
        String name = vmName == null ? defaultName : vmName;
        String display = waylandDisplay;
        CrossDomainFactory.DisplaySource source = () -> WaylandDisplay.socket(display, System.getenv());
        Map<Integer, String> sockets = channels.stream().collect(toMap(ChannelOption::type, ChannelOption::socket));
        Limits chosen = new Limits(limits.stream().collect(toMap(LimitOption::limit, LimitOption::value)));
        return new VmSession.Settings(
                new CrossDomainFactory.Settings(name, source, sockets, chosen, mapPartialPages, images),
                hostWindow, shmemDialect, scanoutSettings, () -> GuestBlobFiles.open(guestShm), loop);
    }

    private static String nameOf(Path path) {
        Path file = path.getFileName();
        return file == null ? DEFAULT_VM_NAME : file.toString().replaceFirst("\\.sock(et)?$", "");
    }
}
