package dev.wayferry.examples.drm;

import dev.wayferry.examples.virtgpu.VirtGpuBlob;
import dev.wayferry.examples.virtgpu.VirtGpuContext;
import dev.wayferry.posix.Errno;
import dev.wayferry.posix.Memory;
import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.Posix;
import dev.wayferry.posix.PosixException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** An open file of the DRM node with a context of its own. */
final class DrmContext implements VirtGpuContext {
    private static final int CONTEXT_PARAMS = 3;
    private static final int NO_FENCE_FD = -1;
    private static final int INITIAL_HANDLES = 4;

    private final OwnedFd fd;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment execbuffer = arena.allocate(VirtGpuDrm.EXECBUFFER_SIZE, Long.BYTES);
    private final MemorySegment event = arena.allocate(VirtGpuDrm.EVENT_SIZE, Long.BYTES);
    /** How many blobs share each handle: the kernel gives the same one for the same object. */
    private final Map<Integer, Integer> handles = new HashMap<>();

    private final Set<DrmBlob> blobs = new HashSet<>();
    private MemorySegment boHandles = arena.allocate(ValueLayout.JAVA_INT, INITIAL_HANDLES);
    private boolean closed;

    /** Takes ownership of {@code fd}, on which nothing was done yet. */
    DrmContext(OwnedFd fd, int capsetId, int numRings, long pollRingsMask) throws IOException {
        this.fd = fd;
        try {
            initialize(capsetId, numRings, pollRingsMask);
        } catch (IOException e) {
            fd.close();
            arena.close();
            throw e;
        }
    }

    private void initialize(int capsetId, int numRings, long pollRingsMask) throws PosixException {
        try (Arena call = Arena.ofConfined()) {
            MemorySegment params =
                    call.allocate((long) CONTEXT_PARAMS * VirtGpuDrm.CONTEXT_SET_PARAM_SIZE, Long.BYTES);
            setParam(params, 0, VirtGpuDrm.VIRTGPU_CONTEXT_PARAM_CAPSET_ID, capsetId);
            setParam(params, 1, VirtGpuDrm.VIRTGPU_CONTEXT_PARAM_NUM_RINGS, numRings);
            setParam(params, 2, VirtGpuDrm.VIRTGPU_CONTEXT_PARAM_POLL_RINGS_MASK, pollRingsMask);
            MemorySegment init = call.allocate(VirtGpuDrm.CONTEXT_INIT_SIZE, Long.BYTES);
            init.set(ValueLayout.JAVA_INT, VirtGpuDrm.CONTEXT_INIT_NUM_PARAMS_OFFSET, CONTEXT_PARAMS);
            init.set(ValueLayout.JAVA_LONG, VirtGpuDrm.CONTEXT_INIT_CTX_SET_PARAMS_OFFSET, params.address());
            ioctl(VirtGpuDrm.DRM_IOCTL_VIRTGPU_CONTEXT_INIT, init, "CONTEXT_INIT of capset " + capsetId);
        }
    }

    private static void setParam(MemorySegment params, int index, long param, long value) {
        long at = (long) index * VirtGpuDrm.CONTEXT_SET_PARAM_SIZE;
        params.set(ValueLayout.JAVA_LONG, at + VirtGpuDrm.CONTEXT_SET_PARAM_PARAM_OFFSET, param);
        params.set(ValueLayout.JAVA_LONG, at + VirtGpuDrm.CONTEXT_SET_PARAM_VALUE_OFFSET, value);
    }

    private void ioctl(long request, MemorySegment argument, String what) throws PosixException {
        DrmNode.ioctl(fd.number(), request, argument, what);
    }

    // ---- Blobs.

    @Override
    public VirtGpuBlob createBlob(int blobMem, int blobFlags, long size, long blobId) throws IOException {
        try (Arena call = Arena.ofConfined()) {
            long rounded = Memory.roundUpToPage(size);
            MemorySegment create = call.allocate(VirtGpuDrm.CREATE_BLOB_SIZE, Long.BYTES);
            create.set(ValueLayout.JAVA_INT, VirtGpuDrm.CREATE_BLOB_BLOB_MEM_OFFSET, blobMem);
            create.set(ValueLayout.JAVA_INT, VirtGpuDrm.CREATE_BLOB_BLOB_FLAGS_OFFSET, blobFlags);
            create.set(ValueLayout.JAVA_LONG, VirtGpuDrm.CREATE_BLOB_SIZE_OFFSET, rounded);
            create.set(ValueLayout.JAVA_LONG, VirtGpuDrm.CREATE_BLOB_BLOB_ID_OFFSET, blobId);
            ioctl(VirtGpuDrm.DRM_IOCTL_VIRTGPU_RESOURCE_CREATE_BLOB, create, "RESOURCE_CREATE_BLOB of " + rounded);
            return opened(
                    create.get(ValueLayout.JAVA_INT, VirtGpuDrm.CREATE_BLOB_BO_HANDLE_OFFSET),
                    create.get(ValueLayout.JAVA_INT, VirtGpuDrm.CREATE_BLOB_RES_HANDLE_OFFSET),
                    rounded);
        }
    }

    @Override
    public VirtGpuBlob importBlob(int toImport) throws IOException {
        try (Arena call = Arena.ofConfined()) {
            MemorySegment prime = call.allocate(VirtGpuDrm.PRIME_HANDLE_SIZE, Long.BYTES);
            prime.set(ValueLayout.JAVA_INT, VirtGpuDrm.PRIME_HANDLE_FD_OFFSET, toImport);
            ioctl(VirtGpuDrm.DRM_IOCTL_PRIME_FD_TO_HANDLE, prime, "PRIME_FD_TO_HANDLE of fd " + toImport);
            int handle = prime.get(ValueLayout.JAVA_INT, VirtGpuDrm.PRIME_HANDLE_HANDLE_OFFSET);
            MemorySegment info = call.allocate(VirtGpuDrm.RESOURCE_INFO_SIZE, Long.BYTES);
            info.set(ValueLayout.JAVA_INT, VirtGpuDrm.RESOURCE_INFO_BO_HANDLE_OFFSET, handle);
            try {
                ioctl(VirtGpuDrm.DRM_IOCTL_VIRTGPU_RESOURCE_INFO, info, "RESOURCE_INFO of handle " + handle);
                boolean blob = info.get(ValueLayout.JAVA_INT, VirtGpuDrm.RESOURCE_INFO_BLOB_MEM_OFFSET) != 0;
                if (!blob && DrmNode.isOwnDmaBuf(toImport)) {
                    // A 2D or 3D resource, such as a dumb buffer: the host has no memory of it that it could share. Of
                    // what the kernel imports from others it makes guest blobs, but leaves that field 0.
                    throw new PosixException("the resource of fd " + toImport + " is no blob", Errno.EINVAL);
                }
            } catch (PosixException e) {
                if (!handles.containsKey(handle)) {
                    gemClose(handle);
                }
                throw e;
            }
            return opened(
                    handle,
                    info.get(ValueLayout.JAVA_INT, VirtGpuDrm.RESOURCE_INFO_RES_HANDLE_OFFSET),
                    Integer.toUnsignedLong(info.get(ValueLayout.JAVA_INT, VirtGpuDrm.RESOURCE_INFO_SIZE_OFFSET)));
        }
    }

    private DrmBlob opened(int handle, int resourceId, long size) {
        handles.merge(handle, 1, Integer::sum);
        DrmBlob blob = new DrmBlob(this, handle, resourceId, size);
        blobs.add(blob);
        return blob;
    }

    /** Drops one blob's hold on its handle, which goes with the last. */
    void closed(DrmBlob blob, int handle) throws PosixException {
        if (!blobs.remove(blob)) {
            return;
        }
        int left = handles.merge(handle, -1, Integer::sum);
        if (left == 0) {
            handles.remove(handle);
            gemClose(handle);
        }
    }

    private void gemClose(int handle) throws PosixException {
        try (Arena call = Arena.ofConfined()) {
            MemorySegment close = call.allocate(VirtGpuDrm.GEM_CLOSE_SIZE, Long.BYTES);
            close.set(ValueLayout.JAVA_INT, VirtGpuDrm.GEM_CLOSE_HANDLE_OFFSET, handle);
            ioctl(VirtGpuDrm.DRM_IOCTL_GEM_CLOSE, close, "GEM_CLOSE of handle " + handle);
        }
    }

    /** Maps an object; waits, uninterruptibly, for the host's MAP_BLOB answer. */
    MemorySegment map(int handle, long size, Arena mapping) throws PosixException {
        try (Arena call = Arena.ofConfined()) {
            MemorySegment map = call.allocate(VirtGpuDrm.MAP_SIZE, Long.BYTES);
            map.set(ValueLayout.JAVA_INT, VirtGpuDrm.MAP_HANDLE_OFFSET, handle);
            ioctl(VirtGpuDrm.DRM_IOCTL_VIRTGPU_MAP, map, "MAP of handle " + handle);
            long offset = map.get(ValueLayout.JAVA_LONG, VirtGpuDrm.MAP_OFFSET_OFFSET);
            return Memory.map(fd.number(), offset, size, Memory.PROT_READ | Memory.PROT_WRITE, mapping);
        }
    }

    OwnedFd export(int handle) throws PosixException {
        try (Arena call = Arena.ofConfined()) {
            MemorySegment prime = call.allocate(VirtGpuDrm.PRIME_HANDLE_SIZE, Long.BYTES);
            prime.set(ValueLayout.JAVA_INT, VirtGpuDrm.PRIME_HANDLE_HANDLE_OFFSET, handle);
            prime.set(ValueLayout.JAVA_INT, VirtGpuDrm.PRIME_HANDLE_FLAGS_OFFSET, Posix.O_CLOEXEC | Posix.O_RDWR);
            ioctl(VirtGpuDrm.DRM_IOCTL_PRIME_HANDLE_TO_FD, prime, "PRIME_HANDLE_TO_FD of handle " + handle);
            return new OwnedFd(prime.get(ValueLayout.JAVA_INT, VirtGpuDrm.PRIME_HANDLE_FD_OFFSET));
        }
    }

    // ---- Commands and events.

    @Override
    public void submit(MemorySegment command, int ring, VirtGpuBlob... fenced) throws IOException {
        if (!command.isNative()) {
            try (Arena call = Arena.ofConfined()) {
                submit(call.allocate(command.byteSize()).copyFrom(command), ring, fenced);
            }
            return;
        }
        execbuffer.set(
                ValueLayout.JAVA_INT,
                VirtGpuDrm.EXECBUFFER_FLAGS_OFFSET,
                ring == NO_RING ? 0 : VirtGpuDrm.VIRTGPU_EXECBUF_RING_IDX);
        execbuffer.set(
                ValueLayout.JAVA_INT, VirtGpuDrm.EXECBUFFER_SIZE_OFFSET, Math.toIntExact(command.byteSize()));
        execbuffer.set(ValueLayout.JAVA_LONG, VirtGpuDrm.EXECBUFFER_COMMAND_OFFSET, command.address());
        setBoHandles(fenced);
        execbuffer.set(ValueLayout.JAVA_INT, VirtGpuDrm.EXECBUFFER_FENCE_FD_OFFSET, NO_FENCE_FD);
        execbuffer.set(
                ValueLayout.JAVA_INT, VirtGpuDrm.EXECBUFFER_RING_IDX_OFFSET, ring == NO_RING ? 0 : ring);
        ioctl(VirtGpuDrm.DRM_IOCTL_VIRTGPU_EXECBUFFER, execbuffer, "EXECBUFFER");
    }

    private void setBoHandles(VirtGpuBlob[] fenced) {
        if (fenced.length * (long) Integer.BYTES > boHandles.byteSize()) {
            boHandles = arena.allocate(ValueLayout.JAVA_INT, fenced.length);
        }
        for (int i = 0; i < fenced.length; i++) {
            boHandles.setAtIndex(ValueLayout.JAVA_INT, i, ((DrmBlob) fenced[i]).handle());
        }
        execbuffer.set(
                ValueLayout.JAVA_LONG,
                VirtGpuDrm.EXECBUFFER_BO_HANDLES_OFFSET,
                fenced.length == 0 ? 0 : boHandles.address());
        execbuffer.set(ValueLayout.JAVA_INT, VirtGpuDrm.EXECBUFFER_NUM_BO_HANDLES_OFFSET, fenced.length);
    }

    /**
     * {@inheritDoc}
     *
     * @throws PosixException EBUSY after 15 seconds, as the kernel has it
     */
    @Override
    public void await(VirtGpuBlob blob) throws IOException {
        try (Arena call = Arena.ofConfined()) {
            MemorySegment wait = call.allocate(VirtGpuDrm.WAIT_SIZE, Long.BYTES);
            wait.set(ValueLayout.JAVA_INT, VirtGpuDrm.WAIT_HANDLE_OFFSET, ((DrmBlob) blob).handle());
            ioctl(VirtGpuDrm.DRM_IOCTL_VIRTGPU_WAIT, wait, "WAIT for resource " + blob.resourceId());
        }
    }

    @Override
    public boolean isSignalled(VirtGpuBlob blob) throws IOException {
        try (Arena call = Arena.ofConfined()) {
            MemorySegment wait = call.allocate(VirtGpuDrm.WAIT_SIZE, Long.BYTES);
            wait.set(ValueLayout.JAVA_INT, VirtGpuDrm.WAIT_HANDLE_OFFSET, ((DrmBlob) blob).handle());
            wait.set(ValueLayout.JAVA_INT, VirtGpuDrm.WAIT_FLAGS_OFFSET, VirtGpuDrm.VIRTGPU_WAIT_NOWAIT);
            int result = Posix.ioctl(fd.number(), VirtGpuDrm.DRM_IOCTL_VIRTGPU_WAIT, wait);
            if (result == -Errno.EBUSY) {
                return false;
            }
            PosixException.check(result, "WAIT for resource " + blob.resourceId());
            return true;
        }
    }

    @Override
    public int eventFd() {
        return fd.number();
    }

    @Override
    public boolean takeEvent() throws IOException {
        while (true) {
            long result = Posix.read(fd.number(), event);
            if (result == -Errno.EINTR) {
                continue;
            }
            if (result == -Errno.EAGAIN) {
                return false;
            }
            PosixException.check(result, "read of a DRM event");
            if (result == VirtGpuDrm.EVENT_SIZE
                    && event.get(ValueLayout.JAVA_INT, VirtGpuDrm.EVENT_TYPE_OFFSET)
                            == VirtGpuDrm.VIRTGPU_EVENT_FENCE_SIGNALED) {
                return true;
            }
        }
    }

    // ---- The end.

    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        List<DrmBlob> left = new ArrayList<>(blobs);
        blobs.clear();
        // The kernel closes handles and context with the file; what is mapped holds its object, so it goes first.
        left.forEach(DrmBlob::unmap);
        fd.close();
        arena.close();
    }
}
