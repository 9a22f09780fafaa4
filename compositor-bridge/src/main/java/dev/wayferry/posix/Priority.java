package dev.wayferry.posix;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/** How much of the CPUs a thread gets when others want them too. */
public final class Priority {
    private static final int LEAST = 19;

    private static final int SCHED_SETATTR = SystemCall.X86_64 ? 314 : 274;
    private static final int SCHED_GETATTR = SystemCall.X86_64 ? 315 : 275;

    /** A struct sched_attr without the limits of utilization, sched_setattr(2). */
    private static final int ATTRIBUTES_LENGTH = 48;

    private static final int RUNTIME_OFFSET = 24;

    /** The least that the kernel grants, in nanoseconds; what it gives of its own accord is more than ten times as long. */
    private static final long SHORT_SLICE = 100_000;

    private static final MethodHandle NICE = NativeCall.link("nice", FunctionDescriptor.of(JAVA_INT, JAVA_INT));

    private Priority() {}

    /**
     * Gives the calling thread the least from now on, as far as it may run at all; in Linux a nice value is a thread's own
     * (nice(2), "C library/kernel differences"). A thread without privileges can't take it back.
     */
    public static void makeLeast() {
        try {
            int unused = (int) NICE.invokeExact(NativeCall.capture(), LEAST);
        } catch (Throwable t) {
            throw NativeCall.broken(t);
        }
    }

    /**
     * Has the calling thread, and all that it starts from now on, take its turn in short slices, so that it gets the CPU soon
     * after it wakes, also from a thread that computes: one that wakes waits until the other's slice is over unless its own is
     * shorter (Documentation/scheduler/sched-eevdf.rst; Linux 6.12, before that this does nothing). It takes no more of the
     * CPU, and needs no privilege.
     */
    public static void makePrompt() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment attributes = arena.allocate(ATTRIBUTES_LENGTH, Long.BYTES);
            if (SystemCall.call(SCHED_GETATTR, 0, attributes.address(), ATTRIBUTES_LENGTH, 0) == 0) {
                attributes.set(JAVA_LONG, RUNTIME_OFFSET, SHORT_SLICE);
                // Where it fails the thread is a slower one, and that is all.
                long unused = SystemCall.call(SCHED_SETATTR, 0, attributes.address(), 0);
            }
        }
    }
}
