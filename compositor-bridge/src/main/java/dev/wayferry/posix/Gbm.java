package dev.wayferry.posix;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * libgbm, loaded when somebody wants it: linear images of the driver of one DRM node, as dma-bufs. Calls may block. For one
 * thread at a time, as libgbm promises no more.
 *
 * <p>Source: Mesa, {@code gbm.h}; Linux, {@code include/uapi/drm/drm.h}.
 */
public final class Gbm implements AutoCloseable {
    private static final String LIBRARY = "libgbm.so.1";

    private static final int GBM_BO_USE_LINEAR = 0x10;
    private static final long DRM_FORMAT_MOD_LINEAR = 0;

    /** _IOWR('d', 0x2d, struct drm_prime_handle): u32 handle, u32 flags, s32 fd. */
    private static final long DRM_IOCTL_PRIME_HANDLE_TO_FD = 0xc00c642dL;

    private static final int PRIME_HANDLE_LENGTH = 12;
    private static final int DRM_RDWR = Posix.O_RDWR;
    private static final int DRM_CLOEXEC = Posix.O_CLOEXEC;

    private final OwnedFd node;
    private final Functions functions;
    private final MemorySegment device;

    /** The functions of the library that are used. */
    private static final class Functions {
        final MethodHandle createDevice;
        final MethodHandle deviceDestroy;
        final MethodHandle boCreate;
        /** Older libraries lack it. */
        final @Nullable MethodHandle boCreateWithModifiers2;

        final MethodHandle boDestroy;
        final MethodHandle boGetFd;
        final MethodHandle boGetHandle;
        final MethodHandle boGetPlaneCount;
        final MethodHandle boGetStrideForPlane;
        final MethodHandle boGetOffset;
        final MethodHandle boGetModifier;

        Functions() throws IOException {
            SymbolLookup library;
            try {
                // For ever: what drivers have started in the process does not end with them.
                library = SymbolLookup.libraryLookup(LIBRARY, Arena.global());
            } catch (IllegalArgumentException e) {
                throw new IOException(LIBRARY + " can't be loaded", e);
            }
            createDevice = link(library, "gbm_create_device", FunctionDescriptor.of(ADDRESS, JAVA_INT));
            deviceDestroy = link(library, "gbm_device_destroy", FunctionDescriptor.ofVoid(ADDRESS));
            boCreate = link(library, "gbm_bo_create",
                    FunctionDescriptor.of(ADDRESS, ADDRESS, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT));
            FunctionDescriptor withModifiers = FunctionDescriptor.of(
                    ADDRESS, ADDRESS, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT);
            boCreateWithModifiers2 = library.find("gbm_bo_create_with_modifiers2").isEmpty()
                    ? null
                    : link(library, "gbm_bo_create_with_modifiers2", withModifiers);
            boDestroy = link(library, "gbm_bo_destroy", FunctionDescriptor.ofVoid(ADDRESS));
            boGetFd = link(library, "gbm_bo_get_fd", FunctionDescriptor.of(JAVA_INT, ADDRESS));
            // A union of eight bytes, which comes back as a number of that size.
            boGetHandle = link(library, "gbm_bo_get_handle", FunctionDescriptor.of(JAVA_LONG, ADDRESS));
            boGetPlaneCount = link(library, "gbm_bo_get_plane_count", FunctionDescriptor.of(JAVA_INT, ADDRESS));
            boGetStrideForPlane =
                    link(library, "gbm_bo_get_stride_for_plane", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT));
            boGetOffset = link(library, "gbm_bo_get_offset", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT));
            boGetModifier = link(library, "gbm_bo_get_modifier", FunctionDescriptor.of(JAVA_LONG, ADDRESS));
        }

        private static MethodHandle link(SymbolLookup library, String name, FunctionDescriptor descriptor)
                throws IOException {
            Optional<MemorySegment> symbol = library.find(name);
            if (symbol.isEmpty()) {
                throw new IOException(LIBRARY + " has no " + name);
            }
            return NativeCall.link(symbol.get(), descriptor);
        }
    }

    private Gbm(OwnedFd node, Functions functions, MemorySegment device) {
        this.node = node;
        this.functions = functions;
        this.device = device;
    }

    /**
     * Opens the device of a DRM node.
     *
     * @throws IOException where the node can't be opened, the library can't be loaded, or it has no driver for the node
     */
    public static Gbm open(String path) throws IOException {
        OwnedFd node = OwnedFd.of(Posix.open(path, Posix.O_RDWR), path);
        try {
            Functions functions = new Functions();
            MemorySegment device = createDevice(functions, node.number());
            if (device.equals(MemorySegment.NULL)) {
                throw new IOException(LIBRARY + " has no driver for " + path);
            }
            return new Gbm(node, functions, device);
        } catch (IOException | RuntimeException e) {
            node.close();
            throw e;
        }
    }

    private static MemorySegment createDevice(Functions functions, int fd) {
        try {
            return (MemorySegment) functions.createDevice.invokeExact(NativeCall.capture(), fd);
        } catch (Throwable t) {
            throw NativeCall.broken(t);
        }
    }

    /**
     * Allocates an image that is linear, as far as the driver can tell.
     *
     * @param uses {@code GBM_BO_USE_*} besides LINEAR
     * @return the caller's to close, or null if the driver makes no such image
     */
    public @Nullable Bo create(int width, int height, int fourcc, int uses) {
        MemorySegment bo = createWithModifier(width, height, fourcc, uses);
        if (bo.equals(MemorySegment.NULL)) {
            // Drivers that know no modifiers, and libraries that let nobody ask for a use along with one.
            bo = createByUse(width, height, fourcc, uses | GBM_BO_USE_LINEAR);
        }
        return bo.equals(MemorySegment.NULL) ? null : new Bo(bo);
    }

    private MemorySegment createWithModifier(int width, int height, int fourcc, int uses) {
        MethodHandle create = functions.boCreateWithModifiers2;
        if (create == null) {
            return MemorySegment.NULL;
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment modifiers = arena.allocateFrom(JAVA_LONG, DRM_FORMAT_MOD_LINEAR);
            return (MemorySegment) create.invokeExact(
                    NativeCall.capture(), device, width, height, fourcc, modifiers, 1, uses);
        } catch (Throwable t) {
            throw NativeCall.broken(t);
        }
    }

    private MemorySegment createByUse(int width, int height, int fourcc, int uses) {
        try {
            return (MemorySegment) functions.boCreate.invokeExact(
                    NativeCall.capture(), device, width, height, fourcc, uses);
        } catch (Throwable t) {
            throw NativeCall.broken(t);
        }
    }

    /** An image. Its memory lives on in what was exported of it. */
    public final class Bo implements AutoCloseable {
        private final MemorySegment bo;

        private Bo(MemorySegment bo) {
            this.bo = bo;
        }

        public int planeCount() {
            return number(functions.boGetPlaneCount);
        }

        /** Bytes a row. */
        public int stride(int plane) {
            return number(functions.boGetStrideForPlane, plane);
        }

        /** Where the plane starts, in bytes. */
        public int offset(int plane) {
            return number(functions.boGetOffset, plane);
        }

        /** {@code DRM_FORMAT_MOD_*}, INVALID where the driver knows none. */
        public long modifier() {
            return longNumber(functions.boGetModifier);
        }

        /** A dma-buf of the image's memory, which can be mapped for writing; the caller's. */
        public OwnedFd export() throws IOException {
            // Not by gbm_bo_get_fd at first: some drivers of Mesa's forget to ask for writing, and as the first export
            // is, so are all later ones.
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment handle = arena.allocate(PRIME_HANDLE_LENGTH, Integer.BYTES);
                handle.set(JAVA_INT, 0, (int) longNumber(functions.boGetHandle));
                handle.set(JAVA_INT, Integer.BYTES, DRM_CLOEXEC | DRM_RDWR);
                if (Posix.ioctl(node.number(), DRM_IOCTL_PRIME_HANDLE_TO_FD, handle) == 0) {
                    return new OwnedFd(handle.get(JAVA_INT, 2L * Integer.BYTES));
                }
            }
            // The driver has opened the node anew, so its handles are none of ours.
            int fd = number(functions.boGetFd);
            if (fd < 0) {
                throw new IOException("gbm_bo_get_fd failed");
            }
            OwnedFd file = new OwnedFd(fd);
            int unused = Posix.setCloseOnExec(file.number());
            return file;
        }

        private int number(MethodHandle function) {
            MemorySegment capture = NativeCall.capture();
            try {
                // Not by errno, which libgbm does not always set.
                return (int) function.invokeExact(capture, bo);
            } catch (Throwable t) {
                throw NativeCall.broken(t);
            }
        }

        private int number(MethodHandle function, int plane) {
            try {
                return (int) function.invokeExact(NativeCall.capture(), bo, plane);
            } catch (Throwable t) {
                throw NativeCall.broken(t);
            }
        }

        private long longNumber(MethodHandle function) {
            try {
                return (long) function.invokeExact(NativeCall.capture(), bo);
            } catch (Throwable t) {
                throw NativeCall.broken(t);
            }
        }

        @Override
        public void close() {
            destroy(functions.boDestroy, bo);
        }
    }

    private static void destroy(MethodHandle function, MemorySegment pointer) {
        try {
            function.invokeExact(NativeCall.capture(), pointer);
        } catch (Throwable t) {
            throw NativeCall.broken(t);
        }
    }

    @Override
    public void close() {
        destroy(functions.deviceDestroy, device);
        node.close();
    }
}
