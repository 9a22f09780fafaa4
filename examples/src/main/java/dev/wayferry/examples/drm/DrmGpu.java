package dev.wayferry.examples.drm;

import dev.wayferry.examples.virtgpu.VirtGpuContext;
import dev.wayferry.examples.virtgpu.VirtGpuDevice;
import dev.wayferry.posix.Errno;
import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.PosixException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;

/** The virtio GPU of a real guest: its kernel's DRM render node, which each context opens for itself. */
public final class DrmGpu implements VirtGpuDevice {
    private static final int MAX_CAPSET = 4096;

    private final Path node;
    private final OwnedFd fd;

    /**
     * Opens the first render node of the driver virtio_gpu.
     *
     * @throws IOException when there is none, or it cannot do what contexts of a capset need
     */
    public static DrmGpu open() throws IOException {
        return open(DrmNode.find());
    }

    /** Opens {@code node}, a render node of the driver virtio_gpu. */
    public static DrmGpu open(Path node) throws IOException {
        DrmGpu gpu = new DrmGpu(node);
        try {
            gpu.require(VirtGpuDrm.VIRTGPU_PARAM_RESOURCE_BLOB, "blob resources");
            gpu.require(VirtGpuDrm.VIRTGPU_PARAM_CONTEXT_INIT, "contexts of a capset");
            return gpu;
        } catch (IOException | RuntimeException e) {
            gpu.close();
            throw e;
        }
    }

    private DrmGpu(Path node) throws PosixException {
        this.node = node;
        this.fd = DrmNode.open(node);
    }

    private void require(int param, String what) throws IOException {
        if (parameter(param) == 0) {
            throw new PosixException(node + " has no " + what, Errno.EOPNOTSUPP);
        }
    }

    /** Whether the device has a window for host memory, without which no host blob can be mapped. */
    public boolean hasHostVisible() throws IOException {
        return parameter(VirtGpuDrm.VIRTGPU_PARAM_HOST_VISIBLE) != 0;
    }

    /** Whether the device offers a capset. */
    public boolean hasCapset(int capsetId) throws IOException {
        return (parameter(VirtGpuDrm.VIRTGPU_PARAM_SUPPORTED_CAPSET_IDS) >>> capsetId & 1) != 0;
    }

    /** The value of a parameter; 0 from kernels that do not know it. */
    private int parameter(int param) throws PosixException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment value = arena.allocate(ValueLayout.JAVA_INT);
            MemorySegment getparam = arena.allocate(VirtGpuDrm.GETPARAM_SIZE, Long.BYTES);
            getparam.set(ValueLayout.JAVA_LONG, VirtGpuDrm.GETPARAM_PARAM_OFFSET, param);
            getparam.set(ValueLayout.JAVA_LONG, VirtGpuDrm.GETPARAM_VALUE_OFFSET, value.address());
            try {
                DrmNode.ioctl(fd.number(), VirtGpuDrm.DRM_IOCTL_VIRTGPU_GETPARAM, getparam, "GETPARAM " + param);
            } catch (PosixException e) {
                if (e.errno() == Errno.EINVAL) {
                    return 0;
                }
                throw e;
            }
            return value.get(ValueLayout.JAVA_INT, 0);
        }
    }

    /**
     * {@inheritDoc}
     *
     * <p>The kernel does not tell how long the capset is: there are always {@code length} bytes, zero beyond its end.
     */
    @Override
    public byte[] capset(int capsetId, int version, int length) throws IOException {
        if (length < 0 || length > MAX_CAPSET) {
            throw new IllegalArgumentException("a capset of " + length + " bytes");
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment data = arena.allocate(length);
            MemorySegment caps = arena.allocate(VirtGpuDrm.GET_CAPS_SIZE, Long.BYTES);
            caps.set(ValueLayout.JAVA_INT, VirtGpuDrm.GET_CAPS_CAP_SET_ID_OFFSET, capsetId);
            caps.set(ValueLayout.JAVA_INT, VirtGpuDrm.GET_CAPS_CAP_SET_VER_OFFSET, version);
            caps.set(ValueLayout.JAVA_LONG, VirtGpuDrm.GET_CAPS_ADDR_OFFSET, data.address());
            caps.set(ValueLayout.JAVA_INT, VirtGpuDrm.GET_CAPS_SIZE_OFFSET, length);
            DrmNode.ioctl(
                    fd.number(), VirtGpuDrm.DRM_IOCTL_VIRTGPU_GET_CAPS, caps, "GET_CAPS of capset " + capsetId);
            return data.toArray(ValueLayout.JAVA_BYTE);
        }
    }

    @Override
    public VirtGpuContext openContext(int capsetId, int numRings, long pollRingsMask) throws IOException {
        return new DrmContext(DrmNode.open(node), capsetId, numRings, pollRingsMask);
    }

    /** Contexts live on: each is an open file of its own. */
    @Override
    public void close() {
        fd.close();
    }
}
