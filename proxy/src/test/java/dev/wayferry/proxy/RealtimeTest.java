package dev.wayferry.proxy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wayferry.posix.Landlock;
import dev.wayferry.posix.Priority;
import dev.wayferry.posix.Sockets;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code serve --realtime}, as /proc tells of the process and of each of its threads. */
class RealtimeTest {
    private static final long PATIENCE_SECONDS = 60;
    private static final int CAP_IPC_LOCK = 14;
    private static final int CAP_SYS_NICE = 23;
    private static final Path SELF = Path.of("/proc/self");
    private static final String SCHED_OTHER = "0";
    private static final String SCHED_FIFO = "1";
    private static final String SCHED_BATCH = "3";
    private static final String COMPILER = "C[12] CompilerThre .*";

    @TempDir
    private Path folder;

    /** What /proc says of a thread. */
    private record Scheduled(String policy, String priority, String cpus) {}

    private static String field(String name, Path folderOfProc) throws IOException {
        for (String line : Files.readAllLines(folderOfProc.resolve("status"))) {
            if (line.startsWith(name + ":")) {
                return line.substring(name.length() + 1).strip();
            }
        }
        throw new AssertionError(folderOfProc + " has no " + name);
    }

    private static Scheduled scheduled(Path task) throws IOException {
        // What follows the name, which may have anything in it; proc(5) counts from 1, the name being 2.
        String stat = Files.readString(task.resolve("stat"));
        String[] rest = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
        return new Scheduled(rest[41 - 3], rest[40 - 3], field("Cpus_allowed_list", task));
    }

    /** The threads by name, numbered where several have the same. */
    private static Map<String, Scheduled> threads(long process) throws IOException {
        Map<String, Scheduled> threads = new HashMap<>();
        try (Stream<Path> tasks = Files.list(Path.of("/proc/" + process + "/task"))) {
            tasks.forEach(task -> {
                try {
                    threads.put(field("Name", task) + " " + task.getFileName(), scheduled(task));
                } catch (NoSuchFileException e) {
                    // It has ended meanwhile.
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
        }
        return threads;
    }

    /** Whether another program may do what is asked for. */
    private static boolean isPermitted() throws Exception {
        Process trial = new ProcessBuilder("chrt", "-f", "1", "true").redirectErrorStream(true).start();
        trial.getInputStream().readAllBytes();
        long capabilities = Long.parseUnsignedLong(field("CapEff", SELF), 16);
        return trial.waitFor() == 0 && (capabilities & 1L << CAP_IPC_LOCK) != 0;
    }

    private ProcessBuilder serve(String... more) {
        List<String> options = new ArrayList<>(List.of("--socket-path=" + folder.resolve("gpu.sock"), "--log-level=info"));
        options.addAll(List.of(more));
        return CommandLineTest.wayferry(Map.of(), options.toArray(String[]::new));
    }

    /** Runs it where it ends by itself; returns what it says. */
    private String refused(ProcessBuilder serve) throws Exception {
        Process process = serve.redirectErrorStream(true).start();
        process.getOutputStream().close();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertTrue(process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS), "it does not end");
        assertEquals(1, process.exitValue(), said);
        assertFalse(said.contains("listening at") || said.contains("\tat "), said);
        assertFalse(Files.exists(folder.resolve("gpu.sock")));
        return said;
    }

    @ParameterizedTest
    @ValueSource(strings = {"--realtime", "--realtime=0"})
    void makesTheLoopAndNothingElseARealtimeThreadOnOneCpu(String option) throws Exception {
        if (!isPermitted()) {
            String said = refused(serve(option));
            assertTrue(said.contains("wayferry: --realtime: not permitted here: "), said);
            return;
        }
        try (TestCompositor compositor = new TestCompositor(folder);
                CommandLineTest.Serving serving = new CommandLineTest.Serving(
                        serve(option, "--wayland-display=" + compositor.path()));
                FrontEnd vmm = new FrontEnd(Sockets.connect(folder.resolve("gpu.sock").toString()))) {
            long process = serving.process.pid();
            String cpus = field("Cpus_allowed_list", SELF);
            String[] numbers = cpus.split("[,-]");
            String expected = option.equals("--realtime") ? numbers[numbers.length - 1] : "0";
            vmm.negotiate(TestVm.ALL, true);
            vmm.setMemory();
            try (TestGuest guest = new TestGuest(vmm)) {
                // Has the loop start threads: one connects, one keeps blobs.
                guest.channel(1);
                compositor.accept().close();
                ByteBuffer image = guest.imageRequirements(1, 64, 64);
                TestVm.assertOk(guest.request(guest.hostBlob(7, 1, image.getInt(48), image.getLong(40))));
                assertEquals(List.of(new Scheduled(SCHED_FIFO, "1", expected)), named(threads(process), "loop gpu"));
                awaitOrdinary(process, cpus, "loop gpu", "keeper gpu");
            }
            String locked = field("VmLck", Path.of("/proc/" + process));
            assertTrue(Long.parseLong(locked.split(" ")[0]) > 0, locked);
        }
    }

    @Test
    void withoutItNoThreadIsARealtimeOneAndTheCompilersTakeTheCpuFromNobody() throws Exception {
        try (CommandLineTest.Serving serving = new CommandLineTest.Serving(serve("--wayland-display=" + folder))) {
            awaitOrdinary(serving.process.pid(), field("Cpus_allowed_list", SELF), "no thread", "C1 CompilerThre");
        }
    }

    /** The kernel says it of all threads alike; one before 6.12 gives no thread a slice of its own, and all are the same. */
    @Test
    void threadsThatServeHaveShortSlicesAsAPromptThreadHas() throws Exception {
        List<String> expected = new ArrayList<>();
        Thread prompt = Thread.ofPlatform().start(() -> {
            Priority.makePrompt();
            expected.add(slice(Path.of("/proc/thread-self")));
        });
        prompt.join();
        try (TestCompositor compositor = new TestCompositor(folder);
                CommandLineTest.Serving serving =
                        new CommandLineTest.Serving(serve("--wayland-display=" + compositor.path()));
                FrontEnd vmm = new FrontEnd(Sockets.connect(folder.resolve("gpu.sock").toString()))) {
            vmm.negotiate(TestVm.ALL, true);
            vmm.setMemory();
            try (TestGuest guest = new TestGuest(vmm)) {
                guest.channel(1);
                compositor.accept().close();
                for (String name : List.of("loop gpu", "vhost-user gpu")) {
                    Path tasks = Path.of("/proc/" + serving.process.pid() + "/task");
                    List<String> slices = threads(serving.process.pid()).keySet().stream()
                            .filter(each -> each.startsWith(name + " "))
                            .map(each -> slice(tasks.resolve(each.substring(name.length() + 1))))
                            .toList();
                    assertEquals(expected, slices, name);
                }
            }
        }
    }

    /** In nanoseconds; empty where the kernel does not say. */
    private static String slice(Path task) {
        try (Stream<String> lines = Files.lines(task.resolve("sched"))) {
            return lines.filter(line -> line.startsWith("se.slice")).findFirst().orElse("");
        } catch (NoSuchFileException e) {
            return "";
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void worksWithTheStrictSandboxWhichLeavesTheLoopWhatItNeedsForThat() throws Exception {
        if (!isPermitted()) {
            String said = refused(serve("--realtime", "--sandbox=strict"));
            assertTrue(said.contains("wayferry: --realtime: not permitted here: "), said);
            return;
        }
        if (Landlock.version() < Landlock.RESTRICTS_ABSTRACT_SOCKETS) {
            String said = refused(serve("--realtime", "--sandbox=strict"));
            assertTrue(said.contains("wayferry: --sandbox=strict: "), said);
            return;
        }
        try (TestCompositor compositor = new TestCompositor(folder);
                CommandLineTest.Serving serving = new CommandLineTest.Serving(
                        serve("--realtime=0", "--sandbox=strict", "--wayland-display=" + compositor.path()),
                        "no capabilities but those for --realtime");
                FrontEnd vmm = new FrontEnd(Sockets.connect(folder.resolve("gpu.sock").toString()))) {
            vmm.negotiate(TestVm.ALL, true);
            vmm.setMemory();
            try (TestGuest guest = new TestGuest(vmm)) {
                guest.channel(1);
                try (TestCompositor.Connection client = compositor.accept()) {
                    TestVm.assertOk(guest.request(TestGuest.send(1, "x")));
                    assertEquals("x", client.readText(1));
                }
                long process = serving.process.pid();
                Map<String, Scheduled> threads = threads(process);
                assertEquals(List.of(new Scheduled(SCHED_FIFO, "1", "0")), named(threads, "loop gpu"));
                String loop = threads.keySet().stream().filter(name -> name.startsWith("loop gpu")).findFirst().orElseThrow();
                Path task = Path.of("/proc/" + process + "/task").resolve(loop.substring(loop.lastIndexOf(' ') + 1));
                assertEquals("2", field("Seccomp", task));
                long kept = 1L << CAP_IPC_LOCK | 1L << CAP_SYS_NICE;
                assertEquals(0, Long.parseUnsignedLong(field("CapEff", task), 16) & ~kept);
                assertEquals(0, Long.parseUnsignedLong(field("CapPrm", task), 16) & ~kept);
            }
            assertTrue(serving.process.isAlive());
        }
    }

    private static List<Scheduled> named(Map<String, Scheduled> threads, String name) {
        return threads.entrySet().stream()
                .filter(thread -> thread.getKey().startsWith(name))
                .map(Map.Entry::getValue)
                .toList();
    }

    /**
     * Waits until every thread but one is an ordinary one that may run anywhere, and the compilers are unhurried ones: those
     * just born leave the loop's CPU first.
     */
    private static void awaitOrdinary(long process, String cpus, String butFor, String amongThem) throws Exception {
        // Threads begin with the policy of whoever starts the process, mostly SCHED_OTHER.
        String usual = scheduled(Path.of("/proc/thread-self")).policy();
        Scheduled ordinary = new Scheduled(usual, "0", cpus);
        Scheduled unhurried = new Scheduled(usual.equals(SCHED_OTHER) ? SCHED_BATCH : usual, "0", cpus);
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        Map<String, Scheduled> threads = Map.of();
        do {
            assertTrue(System.nanoTime() < end, "not all are ordinary: " + threads);
            threads = threads(process);
            threads.keySet().removeIf(name -> name.startsWith(butFor));
        } while (!threads.entrySet().stream()
                        .allMatch(each -> each.getValue().equals(each.getKey().matches(COMPILER) ? unhurried : ordinary))
                || named(threads, amongThem).isEmpty());
    }

    @Test
    void refusesBeforeItListensAndNamesAllThatIsNotPermitted() throws Exception {
        ProcessBuilder serve = serve("--realtime");
        List<String> command = new ArrayList<>(List.of("prlimit", "--memlock=65536:65536", "--rtprio=0:0"));
        if (field("Uid", SELF).split("\t")[0].equals("0")) {
            command.addAll(List.of("setpriv", "--bounding-set=-sys_nice,-ipc_lock", "--inh-caps=-sys_nice,-ipc_lock"));
        }
        command.addAll(serve.command());
        String said = refused(serve.command(command));
        assertTrue(said.contains("wayferry: --realtime: not permitted here: mlockall, which needs CAP_IPC_LOCK, or a"
                + " RLIMIT_MEMLOCK (ulimit -l, LimitMEMLOCK=) above all that is mapped, guest memory included: ENOMEM; "
                + "sched_setscheduler to SCHED_FIFO, which needs CAP_SYS_NICE, or a RLIMIT_RTPRIO (ulimit -r, LimitRTPRIO=)"
                + " of at least 1: EPERM"), said);
    }

    @Test
    void refusesACpuThatItMayNotUse() throws Exception {
        String said = refused(serve("--realtime=1023"));
        assertTrue(said.contains("sched_setaffinity to CPU 1023, which has to be one of {0"), said);
    }
}
