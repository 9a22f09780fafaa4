package dev.wayferry.posix;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.BitSet;

/** On which CPUs a thread may run: sched_setaffinity(2). */
public final class CpuAffinity {
    /** In place of a thread's number. */
    public static final int CALLING_THREAD = 0;

    /** Bytes of a cpu_set_t as the C library has it, 1,024 CPUs; larger machines' kernels refuse it. */
    private static final int CPU_SET_SIZE = 128;

    private static final MethodHandle SCHED_GETAFFINITY =
            NativeCall.link("sched_getaffinity", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG, ADDRESS));
    private static final MethodHandle SCHED_SETAFFINITY =
            NativeCall.link("sched_setaffinity", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG, ADDRESS));

    private CpuAffinity() {}

    /**
     * The CPUs on which {@code thread} may run; empty if there is no such thread or the kernel does not tell.
     *
     * @param thread its number, of whatever process; a process's number is its first thread's
     */
    public static BitSet of(int thread) {
        MemorySegment capture = NativeCall.capture();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment set = arena.allocate(CPU_SET_SIZE);
            int unused = (int) SCHED_GETAFFINITY.invokeExact(capture, thread, (long) CPU_SET_SIZE, set);
            return BitSet.valueOf(set.asByteBuffer());
        } catch (Throwable t) {
            throw NativeCall.broken(t);
        }
    }

    /**
     * Lets {@code thread}, and what it starts from now on, run on {@code cpus} only.
     *
     * @return 0, or the negative errno: EINVAL if none of them is there, ESRCH if there is no such thread, EPERM if it is
     *     another user's
     */
    public static int set(int thread, BitSet cpus) {
        MemorySegment capture = NativeCall.capture();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment set = arena.allocate(CPU_SET_SIZE);
            byte[] bytes = cpus.toByteArray();
            if (bytes.length > CPU_SET_SIZE) {
                return -Errno.EINVAL;
            }
            MemorySegment.copy(bytes, 0, set, JAVA_BYTE, 0, bytes.length);
            return NativeCall.result(
                    (int) SCHED_SETAFFINITY.invokeExact(capture, thread, (long) CPU_SET_SIZE, set), capture);
        } catch (Throwable t) {
            throw NativeCall.broken(t);
        }
    }
}
