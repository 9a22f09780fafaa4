package dev.wayferry.posix;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/** Gives a descriptor's number to another file, for what programs inherit by number. */
public final class Redirection {
    private static final MethodHandle DUP2 =
            NativeCall.link("dup2", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT));

    private Redirection() {}

    /**
     * Makes {@code number} a second descriptor for the file of {@code fd}, which programs that are started inherit. What
     * was open there is closed.
     *
     * @return {@code number} or a negative error number
     */
    public static int dup2(int fd, int number) {
        MemorySegment capture = NativeCall.capture();
        try {
            return NativeCall.result((int) DUP2.invokeExact(capture, fd, number), capture);
        } catch (Throwable t) {
            throw NativeCall.broken(t);
        }
    }
}
