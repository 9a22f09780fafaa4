package dev.wayferry.wire.virtqueue;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DriverQueueTest {
    private static final long AT = 0x1000;
    private static final long TABLE = 0x800;
    /** As if the memory lay high in the guest's address space. */
    private static final long BASE = 0x1_0000_0000L;

    private static final long TABLE_ADDRESS = BASE + TABLE;

    private final MemorySegment memory = Arena.ofAuto().allocate(1 << 20, 4096);

    /** The device's side, as plainly as can be. */
    private static final class Device {
        record Buffer(long address, int length, boolean writable) {}

        private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT.withOrder(ByteOrder.LITTLE_ENDIAN);
        private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN);
        private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG.withOrder(ByteOrder.LITTLE_ENDIAN);

        private final MemorySegment memory;
        private final DriverQueue queue;
        private int nextAvail;
        private int nextUsed;

        Device(MemorySegment memory, DriverQueue queue) {
            this.memory = memory;
            this.queue = queue;
        }

        int availIdx() {
            return memory.get(SHORT, queue.availRing() + SplitRing.AVAIL_IDX_OFFSET) & 0xffff;
        }

        int take() {
            if (availIdx() == nextAvail) {
                return DriverQueue.NONE;
            }
            int slot = nextAvail & (queue.queueSize() - 1);
            nextAvail = (nextAvail + 1) & 0xffff;
            return memory.get(SHORT, queue.availRing() + SplitRing.AVAIL_RING_OFFSET + 2L * slot) & 0xffff;
        }

        List<Buffer> chain(int head) {
            List<Buffer> buffers = new ArrayList<>();
            long table = queue.descriptorTable();
            int index = head;
            if (flags(table, index) == SplitRing.DESC_F_INDIRECT) {
                long descriptor = table + 16L * index;
                assertEquals(0, memory.get(INT, descriptor + SplitRing.DESC_LEN_OFFSET) % SplitRing.DESC_SIZE);
                table = memory.get(LONG, descriptor) - BASE;
                index = 0;
            }
            while (true) {
                long descriptor = table + 16L * index;
                int flags = flags(table, index);
                buffers.add(new Buffer(
                        memory.get(LONG, descriptor),
                        memory.get(INT, descriptor + SplitRing.DESC_LEN_OFFSET),
                        (flags & SplitRing.DESC_F_WRITE) != 0));
                if ((flags & SplitRing.DESC_F_NEXT) == 0) {
                    return buffers;
                }
                index = memory.get(SHORT, descriptor + SplitRing.DESC_NEXT_OFFSET) & 0xffff;
            }
        }

        private int flags(long table, int index) {
            return memory.get(SHORT, table + 16L * index + SplitRing.DESC_FLAGS_OFFSET);
        }

        void give(int head, int length) {
            long entry = queue.usedRing() + SplitRing.USED_RING_OFFSET + 8L * (nextUsed & (queue.queueSize() - 1));
            memory.set(INT, entry, head);
            memory.set(INT, entry + 4, length);
            nextUsed = (nextUsed + 1) & 0xffff;
            memory.set(SHORT, queue.usedRing() + SplitRing.USED_IDX_OFFSET, (short) nextUsed);
        }

        void availEvent(int value) {
            memory.set(SHORT, queue.usedRing() + SplitRing.availEventOffset(queue.queueSize()), (short) value);
        }

        void noNotify(boolean set) {
            memory.set(SHORT, queue.usedRing() + SplitRing.USED_FLAGS_OFFSET, (short) (set ? 1 : 0));
        }

        int usedEvent() {
            return memory.get(SHORT, queue.availRing() + SplitRing.usedEventOffset(queue.queueSize())) & 0xffff;
        }

        int availFlags() {
            return memory.get(SHORT, queue.availRing() + SplitRing.AVAIL_FLAGS_OFFSET);
        }
    }

    private int direct(DriverQueue queue, int buffers) {
        queue.beginChain();
        for (int i = 0; i < buffers; i++) {
            queue.addBuffer(0x10000 + 0x100L * i, 0x10 + i, i == buffers - 1);
        }
        return queue.endChain();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 256, 1024, 4096, 32768})
    void partsAreAlignedAndApart(int queueSize) {
        DriverQueue queue = new DriverQueue(memory, AT, queueSize, true);
        assertEquals(AT, queue.descriptorTable());
        assertEquals(0, queue.availRing() % SplitRing.AVAIL_ALIGN);
        assertEquals(0, queue.usedRing() % SplitRing.USED_ALIGN);
        assertTrue(queue.availRing() >= AT + SplitRing.descriptorTableSize(queueSize));
        assertTrue(queue.usedRing() >= queue.availRing() + SplitRing.availSize(queueSize));
        assertEquals(AT + DriverQueue.length(queueSize), queue.usedRing() + SplitRing.usedSize(queueSize));
    }

    @Test
    void refusesSizesThatAreNoPowerOfTwo() {
        assertThrows(IllegalArgumentException.class, () -> new DriverQueue(memory, AT, 3, true));
        assertThrows(IllegalArgumentException.class, () -> new DriverQueue(memory, AT, 0, true));
        assertThrows(IllegalArgumentException.class, () -> new DriverQueue(memory, AT, 65536, true));
        assertThrows(IllegalArgumentException.class, () -> new DriverQueue(memory, AT + 8, 4, true));
    }

    @Test
    void deviceSeesTheBuffersOfADirectChain() {
        DriverQueue queue = new DriverQueue(memory, AT, 8, false);
        Device device = new Device(memory, queue);
        int head = direct(queue, 3);
        assertEquals(DriverQueue.NONE, device.take(), "before publish");
        queue.publish();
        assertEquals(head, device.take());
        assertEquals(
                List.of(
                        new Device.Buffer(0x10000, 0x10, false),
                        new Device.Buffer(0x10100, 0x11, false),
                        new Device.Buffer(0x10200, 0x12, true)),
                device.chain(head));
        assertEquals(5, queue.freeDescriptors());
        device.give(head, 7);
        assertEquals(head, queue.takeUsed());
        assertEquals(7, queue.usedLength());
        assertEquals(8, queue.freeDescriptors());
        assertEquals(DriverQueue.NONE, queue.takeUsed());
    }

    @Test
    void deviceSeesTheBuffersOfAnIndirectChain() {
        DriverQueue queue = new DriverQueue(memory, AT, 4, false);
        Device device = new Device(memory, queue);
        queue.beginIndirect(TABLE, TABLE_ADDRESS, 4);
        queue.addBuffer(1, 2, false);
        queue.addBuffer(3, 4, true);
        queue.addBuffer(5, 6, true);
        int head = queue.endChain();
        assertEquals(3, queue.freeDescriptors());
        queue.publish();
        assertEquals(head, device.take());
        assertEquals(
                List.of(
                        new Device.Buffer(1, 2, false),
                        new Device.Buffer(3, 4, true),
                        new Device.Buffer(5, 6, true)),
                device.chain(head));
        device.give(head, 0);
        assertEquals(head, queue.takeUsed());
        assertEquals(4, queue.freeDescriptors());
    }

    @Test
    void refusesChainsWithoutRoomOrOrder() {
        DriverQueue queue = new DriverQueue(memory, AT, 2, false);
        queue.beginChain();
        queue.addBuffer(0, 1, false);
        queue.addBuffer(0, 1, true);
        assertThrows(IllegalStateException.class, () -> queue.addBuffer(0, 1, true));
        assertThrows(IllegalStateException.class, queue::beginChain);
        queue.endChain();
        assertThrows(IllegalStateException.class, queue::beginChain);
        assertThrows(IllegalStateException.class, queue::endChain);

        DriverQueue other = new DriverQueue(memory, AT, 4, false);
        other.beginChain();
        assertThrows(IllegalStateException.class, other::endChain);
        other.addBuffer(0, 1, true);
        assertThrows(IllegalStateException.class, () -> other.addBuffer(0, 1, false));
    }

    @Test
    void refusesHeadsThatAreNotInFlight() {
        DriverQueue queue = new DriverQueue(memory, AT, 4, false);
        Device device = new Device(memory, queue);
        int head = direct(queue, 2);
        queue.publish();
        device.give(head, 0);
        assertEquals(head, queue.takeUsed());
        device.give(head, 0);
        assertThrows(IllegalStateException.class, queue::takeUsed);

        DriverQueue other = new DriverQueue(memory, AT, 4, false);
        new Device(memory, other).give(4, 0);
        assertThrows(IllegalStateException.class, other::takeUsed);
    }

    @Test
    void kicksUnlessTheDeviceSaysNotTo() {
        DriverQueue queue = new DriverQueue(memory, AT, 8, false);
        Device device = new Device(memory, queue);
        assertFalse(queue.publish(), "nothing to publish");
        direct(queue, 1);
        assertTrue(queue.publish());
        device.noNotify(true);
        direct(queue, 1);
        assertFalse(queue.publish());
        assertEquals(2, device.availIdx());
    }

    @Test
    void kicksOnlyAcrossTheEventIndex() {
        DriverQueue queue = new DriverQueue(memory, AT, 8, true);
        Device device = new Device(memory, queue);
        direct(queue, 1);
        assertTrue(queue.publish(), "avail_event 0, index 0 to 1");
        direct(queue, 1);
        assertFalse(queue.publish(), "avail_event 0, index 1 to 2");
        device.availEvent(3);
        direct(queue, 1);
        assertFalse(queue.publish(), "avail_event 3, index 2 to 3");
        direct(queue, 1);
        direct(queue, 1);
        assertTrue(queue.publish(), "avail_event 3, index 3 to 5");
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void asksForInterruptsAndTellsOfLateChains(boolean eventIdx) {
        DriverQueue queue = new DriverQueue(memory, AT, 8, eventIdx);
        Device device = new Device(memory, queue);
        int head = direct(queue, 1);
        queue.publish();
        queue.disableInterrupts();
        if (eventIdx) {
            assertFalse(SplitRing.needEvent(device.usedEvent(), 1, 0));
        } else {
            assertEquals(SplitRing.AVAIL_F_NO_INTERRUPT, device.availFlags());
        }
        assertTrue(queue.enableInterrupts());
        if (eventIdx) {
            assertTrue(SplitRing.needEvent(device.usedEvent(), 1, 0));
        } else {
            assertEquals(0, device.availFlags());
        }
        queue.disableInterrupts();
        device.give(device.take(), 0);
        assertFalse(queue.enableInterrupts());
        assertEquals(head, queue.takeUsed());
        assertTrue(queue.enableInterrupts());
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void survivesAllWrapsWithChainsReturnedInAnyOrder(boolean eventIdx) {
        DriverQueue queue = new DriverQueue(memory, AT, 16, eventIdx);
        Device device = new Device(memory, queue);
        Random random = new Random(1);
        ArrayDeque<Integer> expected = new ArrayDeque<>();
        List<Integer> taken = new ArrayList<>();
        int made = 0;
        int back = 0;
        boolean kicked = false;
        while (back < 200_000) {
            if (queue.freeDescriptors() > 4 && random.nextBoolean()) {
                int length = 1 + random.nextInt(4);
                int head;
                if (random.nextBoolean()) {
                    head = direct(queue, length);
                } else {
                    queue.beginIndirect(TABLE, TABLE_ADDRESS, 4);
                    queue.addBuffer(length, length, false);
                    head = queue.endChain();
                }
                expected.add(head);
                made++;
                kicked |= queue.publish();
            }
            if (kicked) {
                kicked = false;
                for (int head = device.take(); head != DriverQueue.NONE; head = device.take()) {
                    assertEquals(expected.remove(), head);
                    taken.add(head);
                }
                device.availEvent(device.nextAvail);
            }
            if (!taken.isEmpty()) {
                int head = taken.remove(random.nextInt(taken.size()));
                device.give(head, head);
                assertEquals(head, queue.takeUsed());
                assertEquals(head, queue.usedLength());
                back++;
            }
        }
        assertEquals(made - back, taken.size() + expected.size());
    }
}
