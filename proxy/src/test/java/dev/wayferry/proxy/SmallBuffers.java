package dev.wayferry.proxy;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.wayferry.posix.OwnedFd;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.invoke.MethodHandle;

/** Has sockets take as little at a time as the kernel allows. */
final class SmallBuffers {
    private static final int SOL_SOCKET = 1;
    private static final int SO_SNDBUF = 7;

    private SmallBuffers() {}

    static void of(OwnedFd socket) {
        Linker linker = Linker.nativeLinker();
        MethodHandle setsockopt = linker.downcallHandle(
                linker.defaultLookup().findOrThrow("setsockopt"),
                FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT));
        try (Arena arena = Arena.ofConfined()) {
            // The kernel takes no number as low as this one, but its own least.
            int result = (int) setsockopt.invokeExact(
                    socket.number(), SOL_SOCKET, SO_SNDBUF, arena.allocateFrom(JAVA_INT, 1), Integer.BYTES);
            assertEquals(0, result);
        } catch (Throwable t) {
            throw new AssertionError(t);
        }
    }
}
