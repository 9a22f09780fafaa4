package dev.wayferry.posix;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * Calls of the kernel for which libc has no function, or one of a shape of its own: all of them by syscall(2), so that one
 * shape is linked for all, see {@link ListeningSocket}.
 */
final class SystemCall {
    /** On one of the two machines whose numbers this package knows; the only other is aarch64. */
    static final boolean X86_64 = System.getProperty("os.arch").equals("amd64");

    private static final MethodHandle SYSCALL = NativeCall.link(
            "syscall",
            FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG));

    private SystemCall() {}

    /** The call's result, or the negative error number. */
    static long call(int number, long... arguments) {
        MemorySegment capture = NativeCall.capture();
        try {
            return NativeCall.result(
                    (long) SYSCALL.invokeExact(
                            capture,
                            (long) number,
                            at(arguments, 0),
                            at(arguments, 1),
                            at(arguments, 2),
                            at(arguments, 3),
                            at(arguments, 4)),
                    capture);
        } catch (Throwable t) {
            throw NativeCall.broken(t);
        }
    }

    private static long at(long[] arguments, int i) {
        return i < arguments.length ? arguments[i] : 0;
    }
}
