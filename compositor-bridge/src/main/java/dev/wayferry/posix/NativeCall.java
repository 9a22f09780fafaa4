package dev.wayferry.posix;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import org.jspecify.annotations.Nullable;

/**
 * Links libc functions with {@code errno} capture, and turns a result of -1 into {@code -errno}.
 *
 * <p>To capture {@code errno} the linker slices the capture segment in each call: 40 bytes, unless the JVM's compiler has seen
 * through all of the linker's code, which depends on what it knew when it came to compile the caller. So what is called for
 * each message is linked {@linkplain #linkPlain without}, too, and called that way first. A call that failed has done
 * nothing (but see {@link SocketMessage#receivePacket}); it is made again with the capture, and that second result counts,
 * whatever it is. The one thing told only once is a pending error of a socket: ECONNRESET shows as the end of the stream or
 * EPIPE, which mean the same to all callers.
 */
final class NativeCall {
    private static final Linker LINKER = Linker.nativeLinker();
    private static final StructLayout CAPTURE_LAYOUT = Linker.Option.captureStateLayout();
    private static final long ERRNO_OFFSET =
            CAPTURE_LAYOUT.byteOffset(MemoryLayout.PathElement.groupElement("errno"));

    /** Where the kernel's answer is kept between the call and its reading; one each thread, so no allocation a call. */
    private static final ThreadLocal<@Nullable MemorySegment> CAPTURE = new ThreadLocal<>();

    private NativeCall() {}

    /** Links {@code name}; the handle's first parameter is the {@linkplain #capture() capture segment}. */
    static MethodHandle link(String name, FunctionDescriptor descriptor, Linker.Option... options) {
        var all = new Linker.Option[options.length + 1];
        System.arraycopy(options, 0, all, 0, options.length);
        all[options.length] = Linker.Option.captureCallState("errno");
        return LINKER.downcallHandle(LINKER.defaultLookup().findOrThrow(name), descriptor, all);
    }

    /** Links {@code name} as it is: -1 says only that it failed. */
    static MethodHandle linkPlain(String name, FunctionDescriptor descriptor, Linker.Option... options) {
        return LINKER.downcallHandle(LINKER.defaultLookup().findOrThrow(name), descriptor, options);
    }

    /** Links a function of another library than libc, which its caller has found, with {@code errno} capture. */
    static MethodHandle link(MemorySegment function, FunctionDescriptor descriptor) {
        return LINKER.downcallHandle(function, descriptor, Linker.Option.captureCallState("errno"));
    }

    /** This thread's capture segment, the first argument of every linked handle. */
    static MemorySegment capture() {
        MemorySegment capture = CAPTURE.get();
        if (capture == null) {
            capture = Arena.ofAuto().allocate(CAPTURE_LAYOUT);
            CAPTURE.set(capture);
        }
        return capture;
    }

    /** {@code result} itself when it is not negative, else the negative {@code errno} of the call just made. */
    static int result(int result, MemorySegment capture) {
        return result >= 0 ? result : -capture.get(ValueLayout.JAVA_INT, ERRNO_OFFSET);
    }

    /** {@code result} itself when it is not negative, else the negative {@code errno} of the call just made. */
    static long result(long result, MemorySegment capture) {
        return result >= 0 ? result : -capture.get(ValueLayout.JAVA_INT, ERRNO_OFFSET);
    }

    /** The negative {@code errno} of the call just made, for functions that fail by another value than a negative. */
    static int error(MemorySegment capture) {
        return -capture.get(ValueLayout.JAVA_INT, ERRNO_OFFSET);
    }

    /** A linked handle never throws; if it does, the binding itself is wrong. */
    static AssertionError broken(Throwable cause) {
        return new AssertionError("a native binding is wrong", cause);
    }
}
