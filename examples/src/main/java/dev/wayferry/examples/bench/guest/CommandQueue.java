package dev.wayferry.examples.bench.guest;

import dev.wayferry.examples.loopback.GuestRam;
import dev.wayferry.examples.loopback.LoopbackVmm;
import dev.wayferry.wire.gpu.CtrlHeader;
import dev.wayferry.wire.gpu.VirtioGpu;
import dev.wayferry.wire.virtqueue.DriverQueue;
import dev.wayferry.wire.virtqueue.SplitRing;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * The control queue of a {@link GpuGuest}. A command lies in a block of guest RAM, formatted once and submitted again and
 * again: a table for INDIRECT descriptors, the response, the request. As from Linux, a command is one descriptor for its
 * structure, one for what follows it if anything does, and one for the response.
 */
final class CommandQueue {
    static final int SIZE = 4096;

    /** Bytes of a block whose request has up to {@code BLOCK_SIZE - REQUEST} bytes. */
    static final int BLOCK_SIZE = 512;

    private static final int RESPONSE = 64;
    private static final int RESPONSE_ROOM = 64;
    /** Where in a block the request lies. */
    static final int REQUEST = 128;

    private static final int MAX_PIECES = 3;
    private static final int FIRST_ERROR = VirtioGpu.RESP_ERR_UNSPEC;
    private static final ValueLayout.OfInt LE_INT = ValueLayout.JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LE_LONG = ValueLayout.JAVA_LONG.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final LoopbackVmm vmm;
    private final GuestRam ram;
    private final MemorySegment memory;
    private final DriverQueue ring;
    private final boolean indirect;
    private final int[] finishedByHead = new int[SIZE];
    private final long[] blockByHead = new long[SIZE];
    private long lastFenceId;
    private long block;

    /** A queue in guest RAM at {@code at}; {@code features} are what was negotiated. */
    CommandQueue(LoopbackVmm vmm, long at, long features) {
        this.vmm = vmm;
        this.ram = vmm.ram();
        this.memory = ram.memory();
        this.ring = new DriverQueue(memory, at, SIZE, has(features, SplitRing.VIRTIO_F_EVENT_IDX));
        this.indirect = has(features, SplitRing.VIRTIO_F_INDIRECT_DESC);
    }

    private static boolean has(long features, int bit) {
        return (features >>> bit & 1) != 0;
    }

    DriverQueue ring() {
        return ring;
    }

    /** Gives the command in {@code block} the next fence, on the timeline of its context that it names. */
    void fence(long block) {
        memory.set(LE_INT, block + REQUEST + CtrlHeader.FLAGS_OFFSET, VirtioGpu.FLAG_FENCE | VirtioGpu.FLAG_INFO_RING_IDX);
        memory.set(LE_LONG, block + REQUEST + CtrlHeader.FENCE_ID_OFFSET, ++lastFenceId);
    }

    /** Whether so many commands more can be submitted. */
    boolean hasRoom(int commands) {
        return ring.freeDescriptors() >= commands * (indirect ? 1 : MAX_PIECES);
    }

    /**
     * Makes the command in {@code block} available; seen at the next {@link #kick}.
     *
     * @param structure bytes of its structure
     * @param data bytes that follow it, perhaps 0
     * @param finished what {@link #next} says when it comes back
     */
    void submit(long block, int structure, int data, int finished) throws IOException {
        if (!hasRoom(1)) {
            throw new IOException("the queue of " + SIZE + " is full");
        }
        memory.set(LE_INT, block + RESPONSE, 0);
        long address = ram.guestAddress(block);
        if (indirect) {
            ring.beginIndirect(block, address, MAX_PIECES);
        } else {
            ring.beginChain();
        }
        ring.addBuffer(address + REQUEST, structure, false);
        if (data > 0) {
            ring.addBuffer(address + REQUEST + structure, data, false);
        }
        ring.addBuffer(address + RESPONSE, RESPONSE_ROOM, true);
        int head = ring.endChain();
        finishedByHead[head] = finished;
        blockByHead[head] = block;
    }

    void kick() {
        if (ring.publish()) {
            vmm.kick(VirtioGpu.CONTROLQ);
        }
    }

    /** What came back next, or {@link Finished#NOTHING}. */
    int next() {
        int head = ring.takeUsed();
        if (head == DriverQueue.NONE) {
            return Finished.NOTHING;
        }
        block = blockByHead[head];
        return finishedByHead[head];
    }

    /** Where the response lies that {@link #next} told of. */
    long response() {
        return block + RESPONSE;
    }

    /** Fails if the command that {@link #next} told of was answered by an error. */
    void checkResponse() throws IOException {
        int type = memory.get(LE_INT, block + RESPONSE);
        if (type < VirtioGpu.RESP_OK_NODATA || type >= FIRST_ERROR) {
            CtrlHeader request = new CtrlHeader();
            request.wrap(memory, block + REQUEST);
            throw new RefusedException(VirtioGpu.commandName(request.type()) + " of context " + request.ctxId()
                    + " was answered with 0x" + Integer.toHexString(type));
        }
    }
}
