package dev.wayferry.posix;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Takes system calls away from the process. Source: seccomp(2), PR_SET_NO_NEW_PRIVS of prctl(2). */
public final class Seccomp {
    private static final int PRCTL = SystemCall.X86_64 ? 157 : 167;
    private static final int SECCOMP = SystemCall.X86_64 ? 317 : 277;
    private static final int PR_SET_NO_NEW_PRIVS = 38;
    private static final int SECCOMP_SET_MODE_FILTER = 1;
    private static final int SECCOMP_FILTER_FLAG_TSYNC = 1;

    /**
     * Without it kernels before 5.16 take speculation away from code that has a filter, for programs that run code of
     * others; here all code is the program's own, and compiled code would get slower.
     */
    private static final int SECCOMP_FILTER_FLAG_SPEC_ALLOW = 4;

    private static final int GETPID = SystemCall.X86_64 ? 39 : 172;
    private static final int SECCOMP_GET_ACTION_AVAIL = 2;

    private Seccomp() {}

    /** Whether the numbers of system calls on this kind of machine, as Java names it, are those that this package has. */
    public static boolean isKnown(String machine) {
        return machine.equals("amd64") || machine.equals("aarch64");
    }

    /** Whether the kernel lets calls be refused. */
    public static boolean isAvailable() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment action = arena.allocateFrom(ValueLayout.JAVA_INT, SystemCallFilter.REFUSE);
            return SystemCall.call(SECCOMP, SECCOMP_GET_ACTION_AVAIL, 0, action.address()) == 0;
        }
    }

    /** This process's number, as calls have it as an argument. */
    public static int processNumber() {
        return (int) SystemCall.call(GETPID);
    }

    /** Lets no program that this thread or one started by it executes have more privileges than itself. */
    public static void noNewPrivileges() throws PosixException {
        long unused = PosixException.check(SystemCall.call(PRCTL, PR_SET_NO_NEW_PRIVS, 1), "PR_SET_NO_NEW_PRIVS");
    }

    /** Lets no thread of the process, whenever it was started, make calls that {@code filter} refuses. */
    public static void install(SystemCallFilter filter) throws PosixException {
        try (Arena arena = Arena.ofConfined()) {
            long[] program = filter.program();
            MemorySegment code = arena.allocateFrom(ValueLayout.JAVA_LONG, program);
            // A struct sock_fprog: the count of instructions, and where they are.
            MemorySegment head = arena.allocate(2L * Long.BYTES, Long.BYTES);
            head.set(ValueLayout.JAVA_SHORT, 0, (short) program.length);
            head.set(ValueLayout.JAVA_LONG, Long.BYTES, code.address());
            long thread = PosixException.check(
                    SystemCall.call(
                            SECCOMP,
                            SECCOMP_SET_MODE_FILTER,
                            SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_SPEC_ALLOW,
                            head.address()),
                    "a seccomp filter on all threads");
            if (thread > 0) {
                throw new PosixException("a seccomp filter on thread " + thread, Errno.EPERM);
            }
        }
    }
}
