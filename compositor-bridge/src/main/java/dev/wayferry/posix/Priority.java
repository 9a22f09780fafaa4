package dev.wayferry.posix;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.FunctionDescriptor;
import java.lang.invoke.MethodHandle;

/** How much of the CPUs a thread gets when others want them too. */
public final class Priority {
    private static final int LEAST = 19;

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
}
