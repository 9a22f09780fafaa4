package dev.wayferry.proxy;

import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import dev.wayferry.posix.Errno;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.NullUnmarked;

/**
 * {@code wayferry serve} with somebody inside who tries what it must not be able to do: on each thread that writes a certain
 * line to the log, and on a new thread of it. What came of it goes to standard output, one line for each thread.
 */
@NullUnmarked // what is missing fails the test at once
final class SandboxProbe {
    private static final boolean X86_64 = System.getProperty("os.arch").equals("amd64");

    /** What the main thread, a VMM's and its loop say. */
    private static final String[] MOMENTS = {"listening at", "a VMM has connected", "INIT asks for"};

    private static final int AF_UNIX = 1;
    private static final int SOCK_STREAM = 1;
    private static final int O_CREAT_WRONLY = 0101;
    private static final int AT_FDCWD = -100;
    private static final int SIGCHLD = 17;
    private static final int CLONE_NEWUSER = 0x10000000;
    private static final int PTRACE_SEIZE = 0x4206;
    private static final int TIOCSTI = 0x5412;
    private static final int PR_SET_DUMPABLE = 4;

    private static final Linker LINKER = Linker.nativeLinker();
    private static final MethodHandle SYSCALL = LINKER.downcallHandle(
            LINKER.defaultLookup().findOrThrow("syscall"),
            FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG),
            Linker.Option.captureCallState("errno"));
    private static final VarHandle ERRNO = Linker.Option.captureStateLayout()
            .varHandle(MemoryLayout.PathElement.groupElement("errno"));

    private final long parent = ProcessHandle.current().parent().orElseThrow().pid();
    private final String allowedSocket;
    private final String otherSocket;
    private final String forbiddenFile;
    private final String socketElsewhere;
    private final PrintStream out = System.out;

    private SandboxProbe(String[] arguments) {
        allowedSocket = arguments[0];
        otherSocket = arguments[1];
        forbiddenFile = arguments[2];
        socketElsewhere = arguments[3];
    }

    /**
     * The arguments: a socket that may be connected to, an abstract one, a file and a socket in another folder, and then those
     * of the command line.
     */
    public static void main(String[] arguments) {
        SandboxProbe probe = new SandboxProbe(arguments);
        System.setErr(new PrintStream(System.err, true, StandardCharsets.UTF_8) {
            @Override
            public void println(String line) {
                super.println(line);
                for (String moment : MOMENTS) {
                    if (line.contains(moment)) {
                        probe.onThisThreadAndANewOne();
                    }
                }
            }
        });
        Wayferry.main(Arrays.copyOfRange(arguments, 4, arguments.length));
    }

    private void onThisThreadAndANewOne() {
        String name = Thread.currentThread().getName();
        out.println(name + attempts());
        Thread child = Thread.ofPlatform().start(() -> out.println("child of " + name + attempts()));
        try {
            child.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private Map<String, String> attempts() {
        Map<String, String> results = new LinkedHashMap<>();
        try (Arena arena = Arena.ofConfined()) {
            files(results, arena);
            programs(results, arena);
            sockets(results, arena);
            others(results);
        }
        return results;
    }

    private void files(Map<String, String> results, Arena arena) {
        long file = arena.allocateFrom(forbiddenFile).address();
        results.put("read", call(257, 56, AT_FDCWD, file, 0));
        results.put("write", call(257, 56, AT_FDCWD, file, 1));
        results.put("make", call(257, 56, AT_FDCWD, arena.allocateFrom(forbiddenFile + ".new").address(), O_CREAT_WRONLY, 0600));
        results.put("remove", call(263, 35, AT_FDCWD, file, 0));
        MemorySegment own = arena.allocateFrom("/proc/self/fdinfo/0");
        String opened = call(257, 56, AT_FDCWD, own.address(), 0);
        results.put("own fdinfo", opened.matches("[0-9]+") ? call(3, 57, Long.parseLong(opened)) : opened);
        results.put("open_by_handle_at", call(304, 265, AT_FDCWD, 0, 0));
    }

    private void programs(Map<String, String> results, Arena arena) {
        MemorySegment program = arena.allocateFrom("/bin/true");
        MemorySegment words = arena.allocate(JAVA_LONG, 2);
        words.set(JAVA_LONG, 0, program.address());
        results.put("execve", call(59, 221, program.address(), words.address(), 0));
        results.put("execveat", call(322, 281, AT_FDCWD, program.address(), words.address(), 0, 0));
        String forked = call(56, 220, SIGCHLD, 0, 0, 0, 0);
        if (forked.equals("0")) {
            String unused = call(231, 94, 0); // the child: nothing of it is to go on
        }
        results.put("fork", forked);
        results.put("clone3", call(435, 435, 0, 0));
        try {
            new ProcessBuilder("/bin/true").start().destroy();
            results.put("process", "started");
        } catch (IOException e) {
            results.put("process", "refused");
        }
        results.put("ptrace", call(101, 117, 0));
        results.put("ptrace of another", call(101, 117, PTRACE_SEIZE, parent, 0, 0));
        results.put("process_vm_readv", call(310, 270, parent, 0, 0, 0, 0));
        results.put("kill", call(62, 129, parent, 0));
        results.put("tgkill", call(234, 131, parent, parent, 0));
        results.put("pidfd_getfd", call(438, 438, 0, 0, 0));
    }

    private void sockets(Map<String, String> results, Arena arena) {
        for (int family : new int[] {2, 10, 16, 17, 40}) {
            results.put("socket of family " + family, call(41, 198, family, SOCK_STREAM, 0));
        }
        results.put("abstract socket", connect("\0" + otherSocket, arena));
        results.put("bind", onSocket(49, 200, "\0" + otherSocket + ".new", arena));
        results.put("socket elsewhere", connect(socketElsewhere + "\0", arena));
        results.put("allowed socket", connect(allowedSocket + "\0", arena));
    }

    private static String connect(String name, Arena arena) {
        return onSocket(42, 203, name, arena);
    }

    private static String onSocket(int onX86, int onAarch64, String name, Arena arena) {
        byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
        MemorySegment address = arena.allocate(2 + bytes.length, 8);
        address.set(JAVA_SHORT, 0, (short) AF_UNIX);
        MemorySegment.copy(MemorySegment.ofArray(bytes), 0, address, 2, bytes.length);
        String socket = call(41, 198, AF_UNIX, SOCK_STREAM, 0);
        String result = call(onX86, onAarch64, Long.parseLong(socket), address.address(), address.byteSize());
        String unused = call(3, 57, Long.parseLong(socket));
        return result;
    }

    private static void others(Map<String, String> results) {
        results.put("unshare", call(272, 97, CLONE_NEWUSER));
        results.put("setns", call(308, 268, 0, 0));
        results.put("mount", call(165, 40, 0, 0, 0, 0, 0));
        results.put("move_mount", call(429, 429, 0, 0, 0, 0, 0));
        results.put("bpf", call(321, 280, 0, 0, 0));
        results.put("perf_event_open", call(298, 241, 0, 0, 0, 0, 0));
        results.put("io_uring_setup", call(425, 425, 1, 0));
        results.put("kexec_load", call(246, 104, 0, 0, 0, 0));
        results.put("keyctl", call(250, 219, 0, 0, 0));
        results.put("userfaultfd", call(323, 282, 1));
        results.put("setuid", call(105, 146, 0));
        results.put("capset", call(126, 91, 0, 0));
        results.put("prctl", call(157, 167, PR_SET_DUMPABLE, 1, 0, 0, 0));
        results.put("sched_setscheduler", call(144, 119, 0, 0, 0));
        results.put("TIOCSTI", call(16, 29, 0, TIOCSTI, 0));
        results.put("a call of the future", call(1000, 1000));
    }

    /** The result, or the error's name. */
    private static String call(int onX86, int onAarch64, long... arguments) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment capture = arena.allocate(Linker.Option.captureStateLayout());
            long[] all = Arrays.copyOf(arguments, 5);
            long result = (long) SYSCALL.invokeExact(
                    capture, (long) (X86_64 ? onX86 : onAarch64), all[0], all[1], all[2], all[3], all[4]);
            return result < 0 ? Errno.name((int) ERRNO.get(capture, 0L)) : Long.toString(result);
        } catch (Throwable t) {
            throw new AssertionError(t);
        }
    }
}
