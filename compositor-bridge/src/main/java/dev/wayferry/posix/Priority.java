package dev.wayferry.posix;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.function.Consumer;

/** How much of the CPUs a thread gets when others want them too. */
public final class Priority {
    private static final int LEAST = 19;

    private static final int CALLING_THREAD = 0;

    private static final int SCHED_SETATTR = SystemCall.X86_64 ? 314 : 274;
    private static final int SCHED_GETATTR = SystemCall.X86_64 ? 315 : 275;

    /** A struct sched_attr without the limits of utilization, sched_setattr(2). */
    private static final int ATTRIBUTES_LENGTH = 48;

    private static final int POLICY_OFFSET = 4;
    private static final int FLAGS_OFFSET = 8;
    private static final int RUNTIME_OFFSET = 24;

    private static final int SCHED_OTHER = 0;
    private static final int SCHED_BATCH = 3;
    private static final long SCHED_FLAG_RESET_ON_FORK = 1;

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
     * Has the calling thread take its turn in short slices, so that it gets the CPU soon after it wakes, also from a thread
     * that computes: one that wakes waits until the other's slice is over unless its own is shorter
     * (Documentation/scheduler/sched-eevdf.rst; Linux 6.12, before that this does nothing). It takes no more of the CPU, and
     * needs no privilege. What the thread starts has slices as ever, and a nice value of 0 if its own is less.
     */
    public static void makePrompt() {
        shortenSlice(SCHED_FLAG_RESET_ON_FORK);
    }

    /** The same for all threads and programs, too, that it starts from now on. */
    public static void makePromptWithAllItStarts() {
        shortenSlice(0);
    }

    /**
     * Has a thread of this process never take the CPU, when it wakes, from another one that runs (SCHED_BATCH, sched(7)). It
     * has its share of the CPU as before.
     *
     * @param thread its number
     */
    public static void makeUnhurried(int thread) {
        change(thread, attributes -> {
            // Not one that somebody has made something else on purpose.
            if (attributes.get(JAVA_INT, POLICY_OFFSET) == SCHED_OTHER) {
                attributes.set(JAVA_INT, POLICY_OFFSET, SCHED_BATCH);
            }
        });
    }

    private static void shortenSlice(long flags) {
        change(CALLING_THREAD, attributes -> {
            attributes.set(JAVA_LONG, FLAGS_OFFSET, flags);
            attributes.set(JAVA_LONG, RUNTIME_OFFSET, SHORT_SLICE);
        });
    }

    /** Where it fails, threads disturb each other as they ever did, and that is all. */
    private static void change(int thread, Consumer<MemorySegment> change) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment attributes = arena.allocate(ATTRIBUTES_LENGTH, Long.BYTES);
            if (SystemCall.call(SCHED_GETATTR, thread, attributes.address(), ATTRIBUTES_LENGTH, 0) == 0) {
                change.accept(attributes);
                long unused = SystemCall.call(SCHED_SETATTR, thread, attributes.address(), 0);
            }
        }
    }
}
