package dev.wayferry.proxy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wayferry.bridge.UnixListener;
import dev.wayferry.posix.Landlock;
import dev.wayferry.posix.Sockets;
import dev.wayferry.proxy.CommandLineTest.Serving;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.newsclub.net.unix.AFUNIXServerSocket;
import org.newsclub.net.unix.AFUNIXSocketAddress;

/** What a process that serves can't do, tried from inside, and what it says where the kernel lacks something. */
class SandboxTest {
    private static final long PATIENCE_SECONDS = 120;
    private static final int X11 = 0x11;

    @TempDir
    private Path folder;

    /** What this kernel can keep threads from; 0 without Landlock. */
    private final int landlock = Landlock.version();

    private static String abstractName() {
        return "wayferry-test-" + ProcessHandle.current().pid() + "-" + System.nanoTime();
    }

    private static ProcessBuilder java(String main, List<String> first, String... arguments) {
        List<String> command = new ArrayList<>(CommandLineTest.wayferry(Map.of(), arguments).command());
        int at = command.indexOf("dev.wayferry.proxy.Wayferry");
        command.set(at, main);
        command.addAll(at + 1, first);
        return new ProcessBuilder(command);
    }

    /** The process with {@code --log-level=info}; {@code prefix} is what it is started by. */
    private ProcessBuilder serve(List<String> prefix, String... more) {
        List<String> arguments = new ArrayList<>(List.of("--socket-path=" + socket(), "--log-level=info"));
        arguments.addAll(List.of(more));
        List<String> command = new ArrayList<>(prefix);
        ProcessBuilder builder = CommandLineTest.wayferry(Map.of(), arguments.toArray(String[]::new));
        command.addAll(builder.command());
        return builder.command(command);
    }

    private Path socket() {
        return folder.resolve("vm.sock");
    }

    // ---- from inside

    @Test
    void threadsThatServeAndThoseTheyStartReachNothingElse(@TempDir Path elsewhere) throws Exception {
        Path forbidden = Files.writeString(elsewhere.resolve("file"), "secret");
        Path display = folder.resolve("display");
        String name = abstractName();
        try (AFUNIXServerSocket _ = AFUNIXServerSocket.bindOn(AFUNIXSocketAddress.inAbstractNamespace(name));
                UnixListener _ = UnixListener.bind(display);
                UnixListener third = UnixListener.bind(elsewhere.resolve("socket"))) {
            ProcessBuilder probe = java(
                    SandboxProbe.class.getName(),
                    List.of(display.toString(), name, forbidden.toString(), third.path().toString()),
                    "--socket-path=" + socket(), "--log-level=info", "--wayland-display=" + display);
            try (Serving serving = new Serving(probe);
                    FrontEnd vmm = new FrontEnd(Sockets.connect(socket().toString()));
                    BufferedReader told = serving.process.inputReader()) {
                assertRefused(told, "main");
                String unused = serving.awaitLog("connected");
                assertRefused(told, "vhost-user vm");
                vmm.negotiate(TestVm.ALL, true);
                vmm.setMemory();
                try (TestGuest guest = new TestGuest(vmm)) {
                    guest.context(1);
                    assertEquals(TestGuest.ERR_INVALID_PARAMETER, guest.request(TestGuest.init(1, 20, X11)));
                    assertRefused(told, "loop vm");
                    assertSystemCallsAreTakenFromAllThreads(serving.process.pid());
                }
            }
            assertEquals("secret", Files.readString(forbidden));
        }
    }

    /** What was tried on a thread and on one that it started. */
    private void assertRefused(BufferedReader told, String thread) throws IOException {
        String expected = expected().toString();
        for (String who : List.of(thread, "child of " + thread)) {
            String line = told.readLine();
            assertTrue(line != null && line.startsWith(who + "{"), () -> who + ": " + line);
            Map<String, String> results = new TreeMap<>();
            for (String each : line.substring(line.indexOf('{') + 1, line.length() - 1).split(", ")) {
                results.put(each.substring(0, each.indexOf('=')), each.substring(each.indexOf('=') + 1));
            }
            assertEquals(expected, results.toString(), who);
        }
    }

    private Map<String, String> expected() {
        Map<String, String> expected = new TreeMap<>();
        for (String call : List.of("open_by_handle_at", "execve", "execveat", "fork", "ptrace", "ptrace of another",
                "process_vm_readv", "kill", "tgkill", "pidfd_getfd", "socket of family 2", "socket of family 10",
                "socket of family 16", "socket of family 17", "socket of family 40", "bind", "unshare", "setns", "mount",
                "move_mount", "bpf", "perf_event_open", "io_uring_setup", "kexec_load", "keyctl", "userfaultfd", "setuid",
                "capset", "prctl", "sched_setscheduler", "TIOCSTI")) {
            expected.put(call, "EPERM");
        }
        expected.put("process", "refused");
        expected.put("clone3", "ENOSYS");
        expected.put("a call of the future", "ENOSYS");
        expected.put("allowed socket", "0");
        // By it dma-bufs are told from other files.
        expected.put("own fdinfo", "0");
        assertTrue(landlock > 0, "these tests need a kernel with Landlock");
        for (String file : List.of("read", "write", "make", "remove")) {
            expected.put(file, "EACCES");
        }
        expected.put("socket elsewhere", landlock >= Landlock.RESTRICTS_SOCKETS_BY_PATH ? "EACCES" : "0");
        expected.put("abstract socket", landlock >= Landlock.RESTRICTS_ABSTRACT_SOCKETS ? "EPERM" : "0");
        return expected;
    }

    private static void assertSystemCallsAreTakenFromAllThreads(long process) throws IOException {
        Map<String, String> loop = null;
        for (Map<String, String> thread : threads(process)) {
            assertEquals("2", thread.get("Seccomp"), thread.getOrDefault("Name", ""));
            assertEquals("1", thread.get("NoNewPrivs"), thread.getOrDefault("Name", ""));
            loop = thread.getOrDefault("Name", "").equals("loop vm") ? thread : loop;
        }
        assertTrue(loop != null && loop.getOrDefault("CapPrm", "").matches("0+") && loop.getOrDefault("CapEff", "").matches("0+"), () -> "" + process);
    }

    /** What the kernel says of each thread. */
    private static List<Map<String, String>> threads(long process) throws IOException {
        List<Map<String, String>> threads = new ArrayList<>();
        try (Stream<Path> tasks = Files.list(Path.of("/proc/" + process + "/task"))) {
            for (Path task : tasks.toList()) {
                Map<String, String> fields = new TreeMap<>();
                for (String line : lines(task.resolve("status"))) {
                    int colon = line.indexOf(':');
                    fields.put(line.substring(0, colon), line.substring(colon + 1).strip());
                }
                if (!fields.isEmpty()) {
                    threads.add(fields);
                }
            }
        }
        return threads;
    }

    /** A thread may end at any time; it then has none. */
    private static List<String> lines(Path status) {
        try {
            return Files.readAllLines(status);
        } catch (IOException e) {
            return List.of();
        }
    }

    @Test
    void aCompositorThatIsStartedAnewIsReached() throws Exception {
        Path display = folder.resolve("display");
        try (Serving serving = new Serving(serve(List.of(), "--wayland-display=" + display));
                FrontEnd vmm = new FrontEnd(Sockets.connect(socket().toString()))) {
            vmm.negotiate(TestVm.ALL, true);
            vmm.setMemory();
            try (TestGuest guest = new TestGuest(vmm)) {
                for (int ctx = 1; ctx <= 2; ctx++) {
                    try (UnixListener compositor = UnixListener.bind(display)) {
                        guest.channel(ctx);
                        compositor.accept().socket().close();
                    }
                }
            }
            assertTrue(serving.process.isAlive());
        }
    }

    // ---- what can be chosen

    @Test
    void offTakesNothing() throws Exception {
        try (Serving serving = new Serving(serve(List.of(), "--sandbox=off"), "sandbox: off")) {
            String unused = serving.awaitLog("listening at");
            // Nothing but what it had from the start.
            Map<String, String> here = threads(ProcessHandle.current().pid()).getFirst();
            for (Map<String, String> thread : threads(serving.process.pid())) {
                assertEquals(here.get("Seccomp"), thread.get("Seccomp"), thread.getOrDefault("Name", ""));
                assertEquals(here.get("NoNewPrivs"), thread.get("NoNewPrivs"), thread.getOrDefault("Name", ""));
            }
        }
    }

    @Test
    void anAbstractChannelIsReachedAndStrictRefusesIt() throws Exception {
        String name = abstractName();
        try (AFUNIXServerSocket server = AFUNIXServerSocket.bindOn(AFUNIXSocketAddress.inAbstractNamespace(name))) {
            try (Serving serving = new Serving(
                            serve(List.of(), "--channel=x11=@" + name), "all abstract sockets stay open to it");
                    FrontEnd vmm = new FrontEnd(Sockets.connect(socket().toString()))) {
                vmm.negotiate(TestVm.ALL, true);
                vmm.setMemory();
                try (TestGuest guest = new TestGuest(vmm)) {
                    guest.channel(1, 20, X11);
                    server.accept().close();
                }
                assertTrue(serving.process.isAlive());
            }
            assertTrue(refused(serve(List.of(), "--sandbox=strict", "--channel=x11=@" + name))
                    .contains("wayferry: --sandbox=strict: all abstract sockets stay open to it, for a --channel has one"));
        }
    }

    // ---- kernels that lack something

    /** Starts a program for which the kernel has no Landlock. The process is the program's, and strace's a child of it. */
    private static final List<String> WITHOUT_LANDLOCK = List.of(
            "strace", "-D", "-f", "-qqq", "-o", "/dev/null", "-e", "trace=landlock_create_ruleset", "-e", "signal=none",
            "-e", "inject=landlock_create_ruleset:error=ENOSYS");

    private static final List<String> WITHOUT_SECCOMP = List.of(
            "strace", "-D", "-f", "-qqq", "-o", "/dev/null", "-e", "trace=seccomp", "-e", "signal=none",
            "-e", "inject=seccomp:error=ENOSYS");

    private String refused(ProcessBuilder builder) throws Exception {
        Process process = builder.start();
        String said = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
        assertTrue(process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS));
        assertEquals(1, process.exitValue(), said);
        assertFalse(said.contains("listening at"), said);
        return said;
    }

    @Test
    void strictStartsWhereTheKernelHasAllAndElseSaysWhatItLacks() throws Exception {
        if (landlock >= Landlock.RESTRICTS_ABSTRACT_SOCKETS) {
            try (Serving serving = new Serving(serve(List.of(), "--sandbox=strict"), "sandbox: ")) {
                assertTrue(serving.last.contains("sandbox: no new privileges, no capabilities, files by Landlock " + landlock
                        + " on "), serving.last);
                assertTrue(serving.last.contains("threads, system calls on all threads")
                        || serving.last.contains("threads that serve, system calls on all threads"), serving.last);
                String unused = serving.awaitLog("listening at");
            }
        } else {
            assertTrue(refused(serve(List.of(), "--sandbox=strict")).contains("wayferry: --sandbox=strict: "));
        }
    }

    @Test
    void strictRefusesToStartWithoutLandlock() throws Exception {
        String said = refused(serve(WITHOUT_LANDLOCK, "--sandbox=strict"));
        assertTrue(said.contains("wayferry: --sandbox=strict: the kernel has no Landlock, or it is not switched on"), said);
    }

    @Test
    void strictRefusesToStartWithoutSeccomp() throws Exception {
        String said = refused(serve(WITHOUT_SECCOMP, "--sandbox=strict"));
        assertTrue(said.contains("wayferry: --sandbox=strict: the kernel has no seccomp filters"), said);
    }

    @Test
    void autoSaysWhatTheKernelLacksAndDoesTheRest() throws Exception {
        try (Serving serving = new Serving(serve(WITHOUT_LANDLOCK), "sandbox: ")) {
            assertTrue(serving.last.contains("sandbox: no new privileges, no capabilities, system calls on all threads;"
                    + " lacking: the kernel has no Landlock, or it is not switched on, so that files stay open to it"),
                    serving.last);
            String unused = serving.awaitLog("listening at");
        }
        try (Serving serving = new Serving(serve(WITHOUT_SECCOMP), "sandbox: ")) {
            assertTrue(serving.last.contains("lacking: a seccomp filter on all threads: ENOSYS"), serving.last);
            String unused = serving.awaitLog("listening at");
        }
    }
}
