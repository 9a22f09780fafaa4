package dev.wayferry.proxy.vhostuser;

import dev.wayferry.posix.FileStatus;
import dev.wayferry.posix.Memory;
import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.PosixException;
import dev.wayferry.proxy.queue.InflightBuffer;
import dev.wayferry.wire.virtqueue.SplitRing;
import dev.wayferry.wire.vhostuser.InflightDescription;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** The memory that the front-end keeps for us, with an {@link InflightBuffer} for each queue. */
final class InflightMemory implements AutoCloseable {
    private final Arena arena;
    private final MemorySegment memory;
    private final int queues;
    private final int queueSize;

    private InflightMemory(Arena arena, MemorySegment memory, int queues, int queueSize) {
        this.arena = arena;
        this.memory = memory;
        this.queues = queues;
        this.queueSize = queueSize;
    }

    /** GET_INFLIGHT_FD: makes the file that is asked for and fills in the rest of {@code description}. */
    static OwnedFd create(InflightDescription description) throws IOException {
        check(description);
        long size = Memory.roundUpToPage(description.numQueues() * InflightBuffer.length(description.queueSize()));
        description.mmapSize(size).mmapOffset(0);
        return OwnedFd.of(Memory.sealedMemfd("wayferry inflight", size), "memfd of " + size + " bytes");
    }

    /** SET_INFLIGHT_FD: maps the file, which stays the caller's. */
    static InflightMemory map(InflightDescription description, OwnedFd file) throws IOException {
        check(description);
        long size = description.mmapSize();
        long offset = description.mmapOffset();
        Arena arena = Arena.ofShared();
        try {
            FileStatus status = new FileStatus(arena);
            PosixException.check(status.read(file.number()), "statx of the inflight file");
            if (size < description.numQueues() * InflightBuffer.length(description.queueSize())
                    || offset < 0 || offset % Memory.PAGE_SIZE != 0 || offset + size < size
                    || offset + size > status.size()) {
                throw new VhostUserException(String.format(
                        "0x%x bytes at 0x%x of a file of 0x%x, for %d queues of %d", size, offset, status.size(),
                        description.numQueues(), description.queueSize()));
            }
            // As with guest memory: refused where it is sealed already.
            int unused = Memory.addSeals(file.number(), Memory.F_SEAL_SHRINK);
            MemorySegment memory =
                    Memory.map(file.number(), offset, size, Memory.PROT_READ | Memory.PROT_WRITE, arena);
            return new InflightMemory(arena, memory, description.numQueues(), description.queueSize());
        } catch (IOException | RuntimeException e) {
            arena.close();
            throw e;
        }
    }

    private static void check(InflightDescription description) throws VhostUserException {
        int size = description.queueSize();
        if (description.numQueues() == 0 || size == 0 || size > SplitRing.MAX_QUEUE_SIZE) {
            throw new VhostUserException(description.numQueues() + " queues of " + size + " entries");
        }
    }

    /** The buffer of a queue with so many entries. */
    InflightBuffer buffer(int index, int size) throws VhostUserException {
        if (index >= queues || size > queueSize) {
            throw new VhostUserException("ring " + index + " of " + size + " entries, the inflight memory is for "
                    + queues + " of " + queueSize);
        }
        long length = InflightBuffer.length(queueSize);
        return new InflightBuffer(memory.asSlice(index * length, length), size);
    }

    @Override
    public void close() {
        arena.close();
    }
}
