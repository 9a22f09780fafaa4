package dev.wayferry.jcstress;

import dev.wayferry.posix.Errno;
import dev.wayferry.posix.Posix;
import dev.wayferry.proxy.log.GuestLog;
import dev.wayferry.proxy.memory.GuestMemory;
import dev.wayferry.proxy.memory.GuestRegion;
import dev.wayferry.proxy.queue.DescriptorChain;
import dev.wayferry.proxy.queue.QueueException;
import dev.wayferry.proxy.queue.QueueLayout;
import dev.wayferry.proxy.queue.SplitQueue;
import dev.wayferry.wire.virtqueue.DriverQueue;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.jspecify.annotations.Nullable;

/**
 * One queue with both of its sides, in a slot of guest memory that is used again for a later one. One request has gone
 * round already, so that what each side last asked of the other is of the past.
 */
final class QueuePair {
    private static final GuestLog LOG = new GuestLog("stress");

    /** More than there are states at once, of which examples/zero-copy-bench/stress says how many. */
    private static final int SLOTS = 1 << 12;

    private static final int SLOT = 256;
    private static final int SIZE = 2;
    private static final long REQUEST = 128;
    private static final long RESPONSE = 192;

    private static final MemorySegment RAM = Arena.ofAuto().allocate((long) SLOTS * SLOT, SLOT);
    private static final MemorySegment COUNTER = Arena.ofAuto().allocate(Long.BYTES, Long.BYTES);
    private static final AtomicInteger NEXT = new AtomicInteger();

    /** The eventfd of each slot plus one, 0 while there is none. */
    private static final AtomicIntegerArray CALLS = new AtomicIntegerArray(SLOTS);

    final DriverQueue driver;
    final SplitQueue device;
    private final MemorySegment memory;
    private final int call;

    /** @param interrupts whether there is an eventfd, which {@link #isInterrupted} asks */
    QueuePair(boolean eventIdx, boolean interrupts) {
        int slot = NEXT.getAndIncrement() & (SLOTS - 1);
        memory = RAM.asSlice((long) slot * SLOT, SLOT).fill((byte) 0);
        call = interrupts ? callOf(slot) : -1;
        driver = new DriverQueue(memory, 0, SIZE, eventIdx);
        GuestMemory map = GuestMemory.of(List.of(GuestRegion.of(0, 1L << 40, Arena.ofAuto(), memory)));
        QueueLayout layout = new QueueLayout(
                SIZE, driver.descriptorTable(), driver.availRing(), driver.usedRing(), eventIdx, false);
        try {
            device = new SplitQueue("stress", LOG, layout, map, call, 0);
        } catch (QueueException e) {
            throw new IllegalStateException(e);
        }
        offer(1);
        boolean unused = driver.publish();
        answer(take(), 1);
        if (driver.takeUsed() == DriverQueue.NONE) {
            throw new IllegalStateException("the first request did not come back");
        }
        if (interrupts && !isInterrupted()) {
            throw new IllegalStateException("the first answer always interrupts");
        }
    }

    private static int callOf(int slot) {
        int known = CALLS.get(slot);
        if (known == 0) {
            int made = Posix.eventfd();
            if (made < 0) {
                throw new IllegalStateException("eventfd: " + Errno.name(made));
            }
            known = made + 1;
            CALLS.set(slot, known);
        }
        return known - 1;
    }

    /** The driver's next request, not published yet: a small number, which lies elsewhere than the one before. */
    void offer(int value) {
        long at = REQUEST + (long) value * Integer.BYTES;
        driver.beginChain();
        driver.addBuffer(at, Integer.BYTES, false);
        driver.addBuffer(RESPONSE, Integer.BYTES, true);
        int unused = driver.endChain();
        memory.set(ValueLayout.JAVA_INT, at, value);
    }

    /** The device's next request, which there is. */
    DescriptorChain take() {
        DescriptorChain chain = takeIfAny();
        if (chain == null) {
            throw new IllegalStateException("nothing was offered");
        }
        return chain;
    }

    /** The device's next request, or null. */
    @Nullable DescriptorChain takeIfAny() {
        try {
            return device.take();
        } catch (QueueException e) {
            throw new IllegalStateException(e);
        }
    }

    /** What the request says. */
    static int read(DescriptorChain chain) {
        int[] value = new int[1];
        int length = chain.read(0, MemorySegment.ofArray(value), 0, Integer.BYTES);
        return length == Integer.BYTES ? value[0] : -length;
    }

    /** Answers, and publishes that. */
    void answer(DescriptorChain chain, int value) {
        int written = chain.write(MemorySegment.ofArray(new int[] {value}), Integer.BYTES);
        chain.giveBack(written);
        device.flush();
    }

    /** What the device has answered last. */
    int answered() {
        return memory.get(ValueLayout.JAVA_INT, RESPONSE);
    }

    /** Whether the device has interrupted since this was asked last. */
    boolean isInterrupted() {
        return Posix.read(call, COUNTER) == Long.BYTES;
    }
}
