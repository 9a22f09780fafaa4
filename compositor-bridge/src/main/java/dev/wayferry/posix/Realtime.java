package dev.wayferry.posix;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.BitSet;

/**
 * What makes a thread a real-time one, and keeps memory in memory: sched(7), mlockall(2).
 *
 * <p>Such a thread keeps its CPU from all ordinary ones as long as it has something to do. The kernel leaves these 5 % of
 * the CPU (/proc/sys/kernel/sched_rt_runtime_us), and ends a process by RLIMIT_RTTIME where one is set.
 */
public final class Realtime {
    /** Above every ordinary thread, and below the kernel's own, whose interrupt threads have 50. */
    private static final int PRIORITY = 1;

    private static final int SCHED_FIFO = 1;

    /** Threads that the thread starts are ordinary ones. */
    private static final int SCHED_RESET_ON_FORK = 0x40000000;

    private static final int MCL_CURRENT = 1;
    private static final int MCL_FUTURE = 2;
    private static final int MCL_ONFAULT = 4;

    private static final MethodHandle MLOCKALL =
            NativeCall.link("mlockall", FunctionDescriptor.of(JAVA_INT, JAVA_INT));
    private static final MethodHandle SCHED_SETSCHEDULER =
            NativeCall.link("sched_setscheduler", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS));

    private Realtime() {}

    /**
     * Keeps in memory what the process has touched or will touch, until its end.
     *
     * <p>Not what it has only mapped (MCL_ONFAULT): that is all of the guest's memory, the Java runtime's whole image and the
     * room that the heap may grow into, gigabytes of which the hot path never touches most. What it does touch is there
     * after the first time. All that is mapped counts towards RLIMIT_MEMLOCK even so.
     */
    public static void lockMemory() throws PosixException {
        MemorySegment capture = NativeCall.capture();
        int result;
        try {
            result = NativeCall.result(
                    (int) MLOCKALL.invokeExact(capture, MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT), capture);
        } catch (Throwable t) {
            throw NativeCall.broken(t);
        }
        PosixException.check(result, "mlockall, which needs CAP_IPC_LOCK, or a RLIMIT_MEMLOCK (ulimit -l, LimitMEMLOCK=) above"
                + " all that is mapped, guest memory included");
    }

    /** Makes the calling thread a real-time one (SCHED_FIFO) that runs on {@code cpu} alone. */
    public static void enter(int cpu) throws PosixException {
        BitSet only = new BitSet();
        only.set(cpu);
        PosixException.check(
                CpuAffinity.set(CpuAffinity.CALLING_THREAD, only),
                "sched_setaffinity to CPU " + cpu + ", which has to be one of " + cpus());
        MemorySegment capture = NativeCall.capture();
        int result;
        try (Arena arena = Arena.ofConfined()) {
            // struct sched_param is the priority alone.
            MemorySegment priority = arena.allocateFrom(JAVA_INT, PRIORITY);
            result = NativeCall.result(
                    (int) SCHED_SETSCHEDULER.invokeExact(
                            capture, CpuAffinity.CALLING_THREAD, SCHED_FIFO | SCHED_RESET_ON_FORK, priority),
                    capture);
        } catch (Throwable t) {
            throw NativeCall.broken(t);
        }
        PosixException.check(result, "sched_setscheduler to SCHED_FIFO, which needs CAP_SYS_NICE, or a RLIMIT_RTPRIO (ulimit -r,"
                + " LimitRTPRIO=) of at least " + PRIORITY);
    }

    /** Lets the calling thread run wherever the process's first thread may, if it was born on a real-time thread's CPU. */
    public static void leaveCpu() {
        // Where it fails the thread is a slower one, and that is all.
        int unused = CpuAffinity.set(CpuAffinity.CALLING_THREAD, cpus());
    }

    /** The CPUs on which the process's first thread may run; empty if the kernel does not tell. */
    public static BitSet cpus() {
        return CpuAffinity.of(Math.toIntExact(ProcessHandle.current().pid()));
    }
}
