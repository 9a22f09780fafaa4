package dev.wayferry.posix;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import org.jspecify.annotations.Nullable;

/** The memory that the C library keeps for the whole process, the JVM included. */
public final class NativeHeap {
    /** Only glibc has it (malloc_trim(3)). */
    private static final @Nullable MethodHandle MALLOC_TRIM = Linker.nativeLinker()
            .defaultLookup()
            .find("malloc_trim")
            .map(function -> NativeCall.link(function, FunctionDescriptor.of(JAVA_INT, JAVA_LONG)))
            .orElse(null);

    private static final MethodHandle MALLOC = NativeCall.link("malloc", FunctionDescriptor.of(JAVA_LONG, JAVA_LONG));
    private static final MethodHandle FREE = NativeCall.link("free", FunctionDescriptor.ofVoid(JAVA_LONG));

    private NativeHeap() {}

    /** Memory of {@code size} bytes, whatever is in them, for any thread and until it is {@linkplain #free freed}. */
    public static MemorySegment allocate(long size) {
        long address;
        try {
            address = (long) MALLOC.invokeExact(NativeCall.capture(), size);
        } catch (Throwable t) {
            throw NativeCall.broken(t);
        }
        if (address == 0) {
            throw new OutOfMemoryError("malloc of " + size + " bytes");
        }
        return MemorySegment.ofAddress(address).reinterpret(size);
    }

    /** Gives back what was allocated here, which nobody may use any more. */
    public static void free(MemorySegment memory) {
        try {
            FREE.invokeExact(NativeCall.capture(), memory.address());
        } catch (Throwable t) {
            throw NativeCall.broken(t);
        }
    }

    /** Gives back to the kernel what was freed: after much compiling that is more than the rest, and stays for ever. */
    public static void trim() {
        if (MALLOC_TRIM != null) {
            try {
                int unused = (int) MALLOC_TRIM.invokeExact(NativeCall.capture(), 0L);
            } catch (Throwable t) {
                throw NativeCall.broken(t);
            }
        }
    }
}
