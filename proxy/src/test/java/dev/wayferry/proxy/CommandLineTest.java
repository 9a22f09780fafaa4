package dev.wayferry.proxy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wayferry.bridge.AllocatorChoice;
import dev.wayferry.bridge.ImageAllocator;
import dev.wayferry.bridge.UnixListener;
import dev.wayferry.posix.ListeningSocket;
import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.Posix;
import dev.wayferry.posix.PosixException;
import dev.wayferry.posix.Sockets;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The process as a whole: options, exit codes, the socket, signals. It runs from the class path of these tests. */
class CommandLineTest {
    private static final long PATIENCE_SECONDS = 60;
    private static final long LONGEST_MINUTES = 5;

    @TempDir
    private Path folder;

    private record Ended(int code, String out, String err) {}

    /** The command by which {@code main} of these tests' class path is run. */
    static List<String> java(String main) {
        return new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx128m",
                "-XX:-UsePerfData",
                "-cp", System.getProperty("java.class.path"), main));
    }

    static ProcessBuilder wayferry(Map<String, String> environment, String... arguments) {
        List<String> command = java(Wayferry.class.getName());
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().keySet().removeIf(name -> name.startsWith("WAYFERRY_"));
        builder.environment().putAll(environment);
        return builder;
    }

    private Ended run(Map<String, String> environment, String... arguments) throws Exception {
        Path err = Files.createTempFile(folder, "err", "");
        Process process = wayferry(environment, arguments).redirectError(err.toFile()).start();
        process.getOutputStream().close();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertTrue(process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS), "it does not end");
        return new Ended(process.exitValue(), out, Files.readString(err));
    }

    private Ended run(String... arguments) throws Exception {
        return run(Map.of(), arguments);
    }

    /** A process that listens. */
    static final class Serving implements AutoCloseable {
        final Process process;
        private final BufferedReader log;
        final String last;

        Serving(ProcessBuilder builder) throws IOException {
            this(builder, "listening at");
        }

        Serving(ProcessBuilder builder, String firstAwaited) throws IOException {
            process = builder.start();
            // Whoever awaits a line that never comes fails, and does not wait for ever.
            CompletableFuture.delayedExecutor(LONGEST_MINUTES, TimeUnit.MINUTES).execute(process::destroyForcibly);
            log = process.errorReader();
            last = awaitLog(firstAwaited);
        }

        /** Reads its log up to a line with {@code text}. */
        String awaitLog(String text) throws IOException {
            StringBuilder all = new StringBuilder();
            for (String line = log.readLine(); line != null; line = log.readLine()) {
                all.append(line).append('\n');
                if (line.contains(text)) {
                    return line;
                }
            }
            throw new AssertionError("it ended without '" + text + "': " + all);
        }

        @Override
        public void close() throws IOException {
            process.destroyForcibly();
            log.close();
        }
    }

    private Serving serve(String... arguments) throws IOException {
        // Its log is what it says itself, not what the tests' properties file would let through.
        List<String> all = new ArrayList<>(List.of(arguments));
        all.add("--log-level=info");
        return new Serving(wayferry(Map.of(), all.toArray(String[]::new)));
    }

    // ---- what is only printed

    @ParameterizedTest
    @ValueSource(strings = {"--print-capabilities", "serve --print-capabilities", "--fd=99 --print-capabilities --no-such"})
    void printsCapabilitiesAndIgnoresTheRest(String arguments) throws Exception {
        Ended ended = run(arguments.split(" "));
        assertEquals(0, ended.code, ended.err);
        assertEquals("{\"type\": \"gpu\", \"features\": []}", ended.out.strip());
    }

    @Test
    void printsVersionAndHelp() throws Exception {
        Ended version = run("--version");
        assertEquals(0, version.code);
        assertTrue(version.out.startsWith("wayferry "), version.out);
        Ended help = run("serve", "--help");
        assertEquals(0, help.code);
        for (String option : List.of("--socket-path", "--fd", "--print-capabilities", "--wayland-display", "--channel",
                "--vm-name", "--host-window", "--limit", "--allocator", "--guest-shm", "--scanout=",
                "--scanout-size", "--busy-poll", "--realtime", "--stats-fd", "--sandbox", "--allow-uid",
                "--log-level", "--version", "Exit codes")) {
            assertTrue(help.out.contains(option), option);
        }
    }

    @Test
    void lendsNoMeaningToAVersionInTheEnvironment() throws Exception {
        Ended ended = run(Map.of("WAYFERRY_VERSION", "1.2.3", "WAYFERRY_HELP", "no", "WAYFERRY_FD", ""), "serve");
        assertEquals(2, ended.code);
        assertTrue(ended.err.contains("exactly one of --socket-path and --fd"), ended.err);
    }

    @Test
    void saysAtStartWhatBecomesOfGuestBlobs() throws Exception {
        ProcessBuilder command = wayferry(
                Map.of(), "--socket-path=" + folder.resolve("vm.sock"), "--guest-shm=refuse", "--log-level=info");
        try (Serving serving = new Serving(command, "guest blobs")) {
            assertTrue(serving.last.contains(
                    "vm=vm guest blobs that are sent will be refused: --guest-shm=refuse says so; --guest-shm=copy copies"));
            serving.awaitLog("listening at");
        }
    }

    // ---- wrong usage

    @ParameterizedTest
    @ValueSource(strings = {
        "",
        "serve",
        "--no-such-option",
        "--socket-path=x --fd=0",
        "--fd=4711",
        "--socket-path=",
        "--socket-path=x --vm-name=",
        "--fd=-1",
        "--fd=x",
        "--socket-path=x --host-window=300M",
        "--socket-path=x --allocator=no-such",
        "--socket-path=x --stats-fd=4711",
        "--socket-path=x --stats-fd=-1",
        "--socket-path=x --stats-fd=x",
        "--socket-path=x --stats-fd=2",
        "--fd=0 --stats-fd=0",
        "--socket-path=x --host-window=2K",
        "--socket-path=x --scanout=screen",
        "--socket-path=x --scanout=png:",
        "--socket-path=x --scanout-size=1280",
        "--socket-path=x --scanout-size=63x64",
        "--socket-path=x --scanout-size=4096x64",
        "--socket-path=x --host-window=9999999999G",
        "--socket-path=x --limit=contexts=0",
        "--socket-path=x --limit=contexts",
        "--socket-path=x --limit=contexts=9999999999",
        "--socket-path=x --limit=blob-bytes=65T",
        "--socket-path=x --limit=contexts=1,contexts=2",
        "--socket-path=x --busy-poll=-1",
        "--socket-path=x --busy-poll=50,",
        "--socket-path=x --busy-poll=10001",
        "--socket-path=x --realtime=first",
        "--socket-path=x --sandbox=some",
        "--socket-path=x --allow-uid=root",
        "--socket-path=x --allow-uid=-1",
        "--socket-path=x --log-level=loud",
        "no-such-command"
    })
    void endsWith2OverWrongUsage(String arguments) throws Exception {
        Ended ended = run(arguments.isEmpty() ? new String[0] : arguments.split(" "));
        assertEquals(2, ended.code, ended.err);
        assertFalse(ended.err.isBlank());
        assertFalse(ended.err.contains("\tat "), ended.err);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "--channel=x12=/tmp/x | 'x12' is none of camera, pipewire, x11, dbus-session, dbus-system",
        "--channel=wayland=/tmp/x | by --wayland-display",
        "--channel=x11= | 'x11=' names no socket",
        "--channel=x11=/a,0x11=/b | --channel: x11 is given twice"
    })
    void saysWhatIsWrongWithAChannel(String option, String message) throws Exception {
        Ended ended = run("--socket-path=x", option);
        assertEquals(2, ended.code, ended.err);
        assertTrue(ended.err.contains(message), ended.err);
    }

    @Test
    void endsWith1WhenTheDescriptorIsNoSocket() throws Exception {
        Ended ended = run("--fd=0");
        assertEquals(1, ended.code, ended.err);
        assertTrue(ended.err.contains("wayferry: descriptor 0 is no Unix socket"), ended.err);
        assertFalse(ended.err.contains("\tat "), ended.err);
    }

    @Test
    void endsWith1WhenThePathIsTooLongOrItsFolderIsMissing() throws Exception {
        Ended tooLong = run("--socket-path=/tmp/" + "x".repeat(120));
        assertEquals(1, tooLong.code, tooLong.err);
        assertTrue(tooLong.err.contains("at most 107"), tooLong.err);
        assertEquals(1, run("--socket-path=" + folder.resolve("missing/x.sock")).code);
    }

    // ---- the socket

    @Test
    void listensForItsOwnerOnlyAndEndsWith0OnSigterm() throws Exception {
        Path path = folder.resolve("gpu.sock");
        try (Serving serving = serve("--socket-path=" + path)) {
            assertEquals(0600, (int) Files.getAttribute(path, "unix:mode") & 0777);
            serving.process.destroy();
            assertTrue(serving.process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS));
            assertEquals(0, serving.process.exitValue());
            assertFalse(Files.exists(path));
        }
    }

    @Test
    void endsWith0OnSigtermWhileAVmIsServed() throws Exception {
        Path path = folder.resolve("gpu.sock");
        try (Serving serving = serve("--socket-path=" + path);
                FrontEnd vmm = new FrontEnd(Sockets.connect(path.toString()))) {
            vmm.negotiate(TestVm.ALL, true);
            vmm.setMemory();
            try (TestGuest guest = new TestGuest(vmm)) {
                guest.barrier();
                serving.process.destroy();
                assertTrue(serving.process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS));
                assertEquals(0, serving.process.exitValue());
                assertFalse(Files.exists(path));
            }
        }
    }

    @Test
    void takesItsOptionsFromTheEnvironment() throws Exception {
        Path path = folder.resolve("env.sock");
        Map<String, String> environment = Map.of(
                "WAYFERRY_SOCKET_PATH", path.toString(), "WAYFERRY_VM_NAME", "from-env", "WAYFERRY_HOST_WINDOW", "256M",
                "WAYFERRY_LOG_LEVEL", "info");
        try (Serving serving = new Serving(wayferry(environment));
                FrontEnd vmm = new FrontEnd(Sockets.connect(path.toString()))) {
            assertTrue(serving.awaitLog("connected").contains("vm=from-env"));
            vmm.negotiate(TestVm.ALL, true);
            var config = vmm.ask(FrontEnd.GET_SHMEM_CONFIG, FrontEnd.bytes(0));
            assertEquals(2056, config.capacity());
            assertEquals(1, config.getInt(0));
            assertEquals(0, config.getLong(8));
            assertEquals(256L << 20, config.getLong(16));
        }
    }

    @Test
    void replacesASocketOnWhichNobodyListens() throws Exception {
        Path path = folder.resolve("stale.sock");
        ListeningSocket.open(path.toString(), 0600).close();
        assertTrue(Files.exists(path));
        try (Serving serving = serve("--socket-path=" + path)) {
            Sockets.connect(path.toString()).close();
            assertTrue(serving.awaitLog("has gone").contains("vm=stale"));
        }
    }

    @Test
    void leavesASocketOnWhichSomebodyListensAndAFileThatIsNone() throws Exception {
        Path path = folder.resolve("taken.sock");
        try (UnixListener listener = UnixListener.bind(path)) {
            Ended ended = run("--socket-path=" + path);
            assertEquals(1, ended.code, ended.err);
            assertTrue(ended.err.contains("listens"), ended.err);
            assertTrue(Files.exists(listener.path()));
        }
        Files.writeString(path, "precious");
        assertEquals(1, run("--socket-path=" + path).code);
        assertEquals("precious", Files.readString(path));
    }

    // ---- channels

    @Test
    void takesChannelsFromTheEnvironmentAndSaysWhichOptionGivesAMissingOne() throws Exception {
        Path path = folder.resolve("gpu.sock");
        Map<String, String> environment = Map.of(
                "WAYFERRY_SOCKET_PATH", path.toString(), "WAYFERRY_CHANNEL", "pipewire=/run/a,b,0x1e=@c,dbus-session=/d",
                "WAYFERRY_LOG_LEVEL", "info");
        try (Serving serving = new Serving(wayferry(environment));
                FrontEnd vmm = new FrontEnd(Sockets.connect(path.toString()))) {
            vmm.negotiate(TestVm.ALL, true);
            vmm.setMemory();
            try (TestGuest guest = new TestGuest(vmm)) {
                assertEquals(1 << 1 | 1 << 0x10 | 1 << 0x1e | 1 << 0x12, guest.capset().getInt(4));
                guest.context(1);
                assertEquals(TestGuest.ERR_INVALID_PARAMETER, guest.request(TestGuest.init(1, 20, 0x11)));
                String line = serving.awaitLog("INIT asks for");
                assertTrue(line.contains("type 17, for which there is no socket; --channel=x11=PATH gives one"), line);
            }
        }
    }

    // ---- looking for work before sleeping

    @Test
    void refusesToBusyPollOnFewCpusUnlessForced() throws Exception {
        String path = folder.resolve("poll.sock").toString();
        Map<String, String> two = Map.of("JAVA_TOOL_OPTIONS", "-XX:ActiveProcessorCount=2");
        Ended ended = run(two, "--socket-path=" + path, "--busy-poll=50");
        assertEquals(1, ended.code, ended.err);
        assertTrue(ended.err.contains("wayferry: --busy-poll=50: this process may use 2 CPUs, and with fewer than 3 the"),
                ended.err);
        assertFalse(Files.exists(Path.of(path)), "it never listened");
        Map<String, String> three = Map.of("JAVA_TOOL_OPTIONS", "-XX:ActiveProcessorCount=3");
        new Serving(wayferry(two, "--socket-path=" + path, "--busy-poll=50,force", "--log-level=info")).close();
        new Serving(wayferry(three, "--socket-path=" + path, "--busy-poll=50", "--log-level=info")).close();
    }

    // ---- who makes images

    @Test
    void saysWhichAllocatorItHasTakenAndWhyNoneBefore() throws Exception {
        String path = folder.resolve("auto.sock").toString();
        try (Serving serving = new Serving(wayferry(Map.of(), "--socket-path=" + path, "--log-level=info"), "images are")) {
            String expected;
            try (ImageAllocator allocator = AllocatorChoice.AUTO.open().allocator()) {
                expected = "vm=auto images are allocated by " + allocator.name();
            }
            assertTrue(serving.last.contains(expected), serving.last);
            serving.awaitLog("listening at");
        }
        try (Serving serving = serve("--socket-path=" + path, "--allocator=memfd")) {
            assertTrue(serving.process.isAlive());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"gbm", "dma-heap", "udmabuf"})
    void endsWith1AndTheReasonWhenTheNamedAllocatorDoesNotWork(String name) throws Exception {
        AllocatorChoice choice = AllocatorChoice.valueOf(name.toUpperCase(Locale.ROOT).replace('-', '_'));
        Path path = folder.resolve("named.sock");
        try {
            choice.open().allocator().close();
            // It is there: then that is what serves.
            serve("--socket-path=" + path, "--allocator=" + name).close();
        } catch (IOException e) {
            Ended ended = run("--socket-path=" + path, "--allocator=" + name);
            assertEquals(1, ended.code, ended.err);
            assertTrue(ended.err.contains("wayferry: " + e.getMessage()), ended.err);
            assertFalse(Files.exists(path), "it never listened");
        }
    }

    // ---- one VMM after the other

    @Test
    void turnsASecondVmmAwayAndServesTheNextAtOnceWhenTheFirstHasGone() throws Exception {
        Path path = folder.resolve("gpu.sock");
        try (Serving serving = serve("--socket-path=" + path)) {
            Map<String, Integer> openBefore = OpenFds.now(serving.process.pid());
            for (int i = 0; i < 5; i++) {
                try (FrontEnd vmm = new FrontEnd(Sockets.connect(path.toString()))) {
                    // The very next connection after the last one's end: nobody waits in between.
                    vmm.negotiate(TestVm.ALL, true);
                    vmm.setMemory();
                    try (TestGuest guest = new TestGuest(vmm)) {
                        TestVm.assertOk(guest.ctxCreate(1));
                        try (FrontEnd second = new FrontEnd(Sockets.connect(path.toString()))) {
                            assertTrue(second.isHungUp());
                        }
                        guest.barrier();
                    }
                }
                serving.awaitLog("has gone");
            }
            OpenFds.awaitNoMoreThan(serving.process.pid(), openBefore);
        }
    }

    @Test
    void staysAliveWhenAVmmBreaksTheProtocol() throws Exception {
        Path path = folder.resolve("gpu.sock");
        try (Serving serving = serve("--socket-path=" + path)) {
            try (FrontEnd vmm = new FrontEnd(Sockets.connect(path.toString()))) {
                vmm.sendRaw(new byte[] {1, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0});
                assertTrue(vmm.isHungUp());
                serving.awaitLog("the version is not 1");
            }
            try (FrontEnd vmm = new FrontEnd(Sockets.connect(path.toString()))) {
                vmm.negotiate(TestVm.ALL, true);
            }
        }
    }

    // ---- an inherited socket

    /**
     * Connects to the path that is the first argument and runs the rest as a command with that socket as its standard
     * input, the only way in which a JVM lets another process inherit one.
     */
    static final class WithSocketAsInput {
        private static final int F_SETFD = 2;

        private WithSocketAsInput() {}

        public static void main(String[] arguments) throws Exception {
            OwnedFd socket = Sockets.connect(arguments[0]);
            Posix.close(0);
            int lowest = Posix.dup(socket.number());
            if (lowest != 0) {
                throw new AssertionError("the lowest free descriptor is " + lowest);
            }
            PosixException.check(Posix.fcntl(lowest, F_SETFD, 0), "fcntl");
            socket.close();
            Process process = new ProcessBuilder(List.of(arguments).subList(1, arguments.length)).inheritIO().start();
            System.exit(process.waitFor());
        }
    }

    @Test
    void servesAnInheritedSocketAndEndsWith0WhenTheVmmGoes() throws Exception {
        Ended ended = serveInherited(vmm -> {
            vmm.negotiate();
            vmm.setMemory();
            try (TestGuest guest = new TestGuest(vmm)) {
                TestVm.assertOk(guest.ctxCreate(1));
            }
        });
        assertEquals(0, ended.code, ended.err);
        assertTrue(ended.err.contains("the VMM has gone"), ended.err);
    }

    @Test
    void endsWith1WhenTheVmmOfAnInheritedSocketBreaksTheProtocol() throws Exception {
        Ended ended = serveInherited(vmm -> {
            vmm.sendRaw(new byte[] {1, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0});
            assertTrue(vmm.isHungUp());
        });
        assertEquals(1, ended.code, ended.err);
        assertTrue(ended.err.contains("the version is not 1"), ended.err);
    }

    private Ended serveInherited(TestVm.Negotiation vmmDoes) throws Exception {
        Path path = folder.resolve("inherit.sock");
        List<String> command = new ArrayList<>(wayferry(Map.of(), "--fd=0", "--log-level=info").command());
        List<String> serve = List.copyOf(command);
        command.set(command.size() - 3, WithSocketAsInput.class.getName());
        command = new ArrayList<>(command.subList(0, command.size() - 2));
        command.add(path.toString());
        command.addAll(serve);
        Path err = folder.resolve("err");
        try (UnixListener listener = UnixListener.bind(path)) {
            Process process = new ProcessBuilder(command).redirectError(err.toFile()).start();
            try (FrontEnd vmm = new FrontEnd(listener.accept().socket())) {
                vmmDoes.run(vmm);
            }
            assertTrue(process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS));
            return new Ended(process.exitValue(), "", Files.readString(err));
        }
    }
}
