package dev.wayferry.examples.guestproxy;

import dev.wayferry.examples.virtgpu.VirtGpuBlob;
import dev.wayferry.posix.Memory;
import dev.wayferry.posix.Posix;
import dev.wayferry.posix.PosixException;
import dev.wayferry.wire.crossdomain.CrossDomain;
import java.io.IOException;
import java.lang.foreign.MemorySegment;

/** The files that come from the host with events, as descriptors for the program. */
final class HostFiles {
    /**
     * Up to this size the program gets a copy, in a memory file of exactly the size that the host told. It could have the
     * blob itself, as a dma-buf, but that has whole pages, and neither read nor fstat, with which some programs look at
     * keymaps. What is larger will be pixels: those must not be copied, and are mapped at once.
     */
    static final long MAX_COPY = 16 << 20;

    private final CrossDomainChannel channel;
    private final Pipes pipes;

    HostFiles(CrossDomainChannel channel, Pipes pipes) {
        this.channel = channel;
        this.pipes = pipes;
    }

    /**
     * Makes a descriptor of what came.
     *
     * @param type one of {@code CrossDomain.ID_TYPE_*}
     * @param size bytes of a memory file
     * @return owned by the caller
     */
    int open(int type, int identifier, int size) throws IOException {
        return switch (type) {
            case CrossDomain.ID_TYPE_VIRTGPU_BLOB -> openBlob(identifier, Integer.toUnsignedLong(size));
            case CrossDomain.ID_TYPE_WRITE_PIPE -> pipes.writeToHost(identifier);
            default -> throw new IOException("the host sent a file of type " + type + ", which is unknown here");
        };
    }

    private int openBlob(int identifier, long size) throws IOException {
        if (size == 0) {
            return PosixException.check(Memory.memfdCreate("wayland-empty"), "memfd_create");
        }
        try (VirtGpuBlob blob = channel.createHostBlob(size, identifier)) {
            return size <= MAX_COPY ? copy(blob.map().asSlice(0, size)) : blob.export().release();
        }
    }

    private static int copy(MemorySegment content) throws IOException {
        int fd = PosixException.check(Memory.memfdCreate("wayland-file"), "memfd_create");
        try {
            long done = 0;
            while (done < content.byteSize()) {
                done += PosixException.check(Posix.write(fd, content.asSlice(done)), "write of a host's file");
            }
            PosixException.check(
                    Memory.addSeals(fd, Memory.F_SEAL_SHRINK | Memory.F_SEAL_GROW | Memory.F_SEAL_SEAL), "sealing");
            return fd;
        } catch (IOException e) {
            Posix.close(fd);
            throw e;
        }
    }
}
