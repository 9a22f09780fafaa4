package dev.wayferry.jmh;

import dev.wayferry.posix.Iovecs;
import dev.wayferry.proxy.log.GuestLog;
import dev.wayferry.proxy.memory.GuestMemory;
import dev.wayferry.proxy.memory.GuestRegion;
import dev.wayferry.proxy.queue.DescriptorChain;
import dev.wayferry.proxy.queue.QueueException;
import dev.wayferry.proxy.queue.QueueLayout;
import dev.wayferry.proxy.queue.SplitQueue;
import dev.wayferry.wire.virtqueue.DriverQueue;
import dev.wayferry.wire.virtqueue.SplitRing;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** The device's side of a queue: a request is taken, each descriptor of its chain followed, and given back. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class ChainBench {
    private static final int QUEUE_SIZE = 256;
    private static final int TURN = 16;
    private static final long SIZE = 1 << 20;
    private static final long TABLE = 1 << 18;
    private static final long DATA = 1 << 19;
    private static final int BUFFER = 256;

    /** Descriptors of the chain; Linux's driver has 2 in most. */
    @Param({"1", "2", "16"})
    public int buffers;

    /** Whether they lie in a table of their own, as with VIRTIO_F_INDIRECT_DESC. */
    @Param({"true", "false"})
    public boolean indirect;

    private final MemorySegment memory = Arena.ofAuto().allocate(SIZE, 4096);
    private final Iovecs iovecs = new Iovecs(64, Arena.ofAuto());

    @SuppressWarnings("NullAway.Init")
    private SplitQueue queue;

    private long availIdxAt;
    private int availIdx;

    /** A driver that offers one and the same chain again and again, in every entry of its ring. */
    @Setup
    public void offer() throws QueueException {
        DriverQueue driver = new DriverQueue(memory, 0, QUEUE_SIZE, true);
        if (indirect) {
            driver.beginIndirect(TABLE, buffers);
        } else {
            driver.beginChain();
        }
        for (int i = 0; i < buffers; i++) {
            driver.addBuffer(DATA + (long) i * BUFFER, BUFFER, i > 0 && i == buffers - 1);
        }
        int head = driver.endChain();
        for (int i = 0; i < QUEUE_SIZE; i++) {
            long entry = driver.availRing() + SplitRing.AVAIL_RING_OFFSET + (long) SplitRing.AVAIL_ENTRY_SIZE * i;
            memory.set(ValueLayout.JAVA_SHORT, entry, (short) head);
        }
        availIdxAt = driver.availRing() + SplitRing.AVAIL_IDX_OFFSET;
        GuestMemory map = GuestMemory.of(List.of(GuestRegion.of(0, 1L << 40, Arena.ofAuto(), memory)));
        QueueLayout layout = new QueueLayout(
                QUEUE_SIZE, driver.descriptorTable(), driver.availRing(), driver.usedRing(), true, true);
        queue = new SplitQueue("bench", new GuestLog("bench"), layout, map, -1, 0);
    }

    private DescriptorChain take() throws QueueException {
        memory.set(ValueLayout.JAVA_SHORT, availIdxAt, (short) ++availIdx);
        DescriptorChain chain = queue.take();
        if (chain == null) {
            throw new IllegalStateException("nothing is taken");
        }
        return chain;
    }

    /** One request in a turn, so that each has a publication of its own. */
    @Benchmark
    public void oneInATurn() throws QueueException {
        take().giveBack(0);
        queue.flush();
    }

    /** Sixteen requests in a turn, with one publication. */
    @Benchmark
    @OperationsPerInvocation(TURN)
    public void sixteenInATurn() throws QueueException {
        for (int i = 0; i < TURN; i++) {
            take().giveBack(0);
        }
        queue.flush();
    }

    /** Besides, what it has to be read from is put into an iovec, as for a SEND. */
    @Benchmark
    @OperationsPerInvocation(TURN)
    public int sixteenWithIovecs() throws QueueException {
        int count = 0;
        for (int i = 0; i < TURN; i++) {
            DescriptorChain chain = take();
            iovecs.clear();
            count += chain.addTo(iovecs, 0, chain.readableLength()) ? 1 : 0;
            chain.giveBack(0);
        }
        queue.flush();
        return count;
    }
}
