package dev.wayferry.examples.guestproxy;

import dev.wayferry.examples.virtgpu.VirtGpuBlob;
import dev.wayferry.posix.FileStatus;
import dev.wayferry.posix.Posix;
import dev.wayferry.posix.PosixException;
import dev.wayferry.wire.crossdomain.CrossDomain;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The files that programs send with requests, other than their {@code wl_shm} pools, as the host can know them:
 *
 * <ul>
 *   <li>what a {@code receive} request carries, and a pipe's write end in any other, is read from the host;
 *   <li>a dma-buf is imported from the GPU, and its resource sent: no copy, if it is this device's;
 *   <li>a memory or regular file is copied once, as it is now, which is what keymaps, profiles and tables need;
 *   <li>what cannot cross (a socket, a fence, a device) is replaced by an empty file, so that the files behind it keep their
 *       order, and the compositor's answer tells the program.
 * </ul>
 */
final class ClientFiles implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ClientFiles.class);

    /** Bytes of the {@link #empty} file. */
    static final int EMPTY_SIZE = 4096;

    /** The largest file that is copied. */
    static final long MAX_COPY = 64 << 20;

    private final CrossDomainChannel channel;
    private final SharedMemoryAllocator memory;
    private final Pipes pipes;
    private final FileStatus status;
    private final List<VirtGpuBlob> imported = new ArrayList<>();
    private final List<SharedMemory> copies = new ArrayList<>();
    private @Nullable SharedMemory empty;

    ClientFiles(CrossDomainChannel channel, SharedMemoryAllocator memory, Pipes pipes, Arena arena) {
        this.channel = channel;
        this.memory = memory;
        this.pipes = pipes;
        this.status = new FileStatus(arena);
    }

    /**
     * Names a file to the host. Takes ownership of {@code fd}, also when it fails.
     *
     * @param target what the host will know the file by is added here
     * @param sink whether the request asks for data to be written into the file, whatever kind of file it is
     * @param request for the log
     */
    void identify(int fd, Identifiers target, boolean sink, String request) throws IOException {
        boolean taken = false;
        try {
            PosixException.check(status.read(fd), "statx of a program's file");
            int access = PosixException.check(Posix.statusFlags(fd), "fcntl") & Posix.O_ACCMODE;
            int type = status.type();
            boolean writable = access != Posix.O_RDONLY;
            if (sink || (writable && (type == FileStatus.S_IFIFO || type == FileStatus.S_IFCHR))) {
                taken = true;
                target.add(CrossDomain.ID_TYPE_READ_PIPE, pipes.readFromHost(fd, type));
            } else if (ClientFile.isDmaBuf(fd)) {
                target.add(CrossDomain.ID_TYPE_VIRTGPU_BLOB, importDmabuf(fd, request));
            } else if (type == FileStatus.S_IFREG && access != Posix.O_WRONLY) {
                target.add(CrossDomain.ID_TYPE_VIRTGPU_BLOB, copy(fd, status.size(), request));
            } else {
                LOG.warn("{}: a file of type {} ({}) cannot cross, an empty one goes in its place",
                        request, Integer.toHexString(type), Posix.linkOf(fd));
                target.add(CrossDomain.ID_TYPE_VIRTGPU_BLOB, empty());
            }
        } finally {
            if (!taken) {
                Posix.close(fd);
            }
        }
    }

    /** The number of a resource of one page that says nothing, for places where something must be. */
    int empty() throws IOException {
        if (empty == null) {
            empty = memory.allocateWhole(EMPTY_SIZE);
            empty.memory().fill((byte) 0);
        }
        return empty.blob().resourceId();
    }

    private int copy(int fd, long size, String request) throws IOException {
        if (size > MAX_COPY) {
            LOG.warn("{}: a file of {} bytes is too large to be copied, an empty one goes in its place", request, size);
            return empty();
        }
        SharedMemory copy = memory.allocateWhole(Math.max(1, size));
        copies.add(copy);
        copy.memory().fill((byte) 0);
        ClientFile.read(fd, copy.memory().asSlice(0, size), 0);
        return copy.blob().resourceId();
    }

    private int importDmabuf(int fd, String request) throws IOException {
        try {
            VirtGpuBlob blob = channel.importBlob(fd);
            imported.add(blob);
            return blob.resourceId();
        } catch (IOException e) {
            LOG.warn("{}: a dma-buf is no blob of this GPU ({}), an empty file goes in its place", request, e.getMessage());
            return empty();
        }
    }

    /** Lets go of what the host has by now, because the SENDs that named it are submitted. */
    void releaseSent() throws IOException {
        for (VirtGpuBlob blob : imported) {
            blob.close();
        }
        imported.clear();
        for (SharedMemory copy : copies) {
            memory.release(copy, false);
        }
        copies.clear();
    }

    @Override
    public void close() throws IOException {
        releaseSent();
    }
}
