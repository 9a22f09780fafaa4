package dev.wayferry.proxy.queue;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.Posix;
import dev.wayferry.proxy.log.GuestLog;
import dev.wayferry.proxy.memory.GuestMemory;
import dev.wayferry.proxy.memory.GuestRegion;
import dev.wayferry.wire.virtqueue.DriverQueue;
import dev.wayferry.wire.virtqueue.SplitRing;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The device's side against the driver's, over the same memory. */
class SplitQueueTest {
    private static final long DATA = 1 << 20;
    private static final long TABLE = 2 << 20;

    private final GuestRam ram = new GuestRam();

    private DriverQueue driver(int size, boolean eventIdx) {
        return new DriverQueue(ram.memory, 0, size, eventIdx);
    }

    private SplitQueue device(DriverQueue driver, boolean eventIdx, int callFd) throws QueueException {
        return device(driver, eventIdx, callFd, ram.map);
    }

    private static SplitQueue device(DriverQueue driver, boolean eventIdx, int callFd, GuestMemory map)
            throws QueueException {
        return new SplitQueue("test", new GuestLog("test"), new QueueLayout(
                driver.queueSize(), driver.descriptorTable(), driver.availRing(), driver.usedRing(), eventIdx, true),
                map, callFd, 0);
    }

    private static DescriptorChain taken(SplitQueue queue) throws QueueException {
        DescriptorChain chain = queue.take();
        assertNotNull(chain);
        return chain;
    }

    @ParameterizedTest
    @CsvSource({"2,false", "2,true", "64,false", "64,true", "4096,true", "32768,true"})
    void carriesRequestsAndAnswersRoundAndRound(int size, boolean eventIdx) throws QueueException {
        DriverQueue driver = driver(size, eventIdx);
        SplitQueue device = device(driver, eventIdx, -1);
        int rounds = Math.max(200_000 / size, 3) * size / 2;
        for (int i = 0; i < Math.min(rounds, 70_000); i++) {
            ram.memory.set(ValueLayout.JAVA_INT, DATA, i);
            driver.beginChain();
            driver.addBuffer(DATA, 4, false);
            driver.addBuffer(DATA + 64, 4, true);
            int head = driver.endChain();
            boolean unused = driver.publish();
            DescriptorChain chain = taken(device);
            assertEquals(head, chain.head());
            MemorySegment request = MemorySegment.ofArray(new byte[8]);
            assertEquals(4, chain.read(0, request, 0, 8));
            assertEquals(i, request.get(ValueLayout.JAVA_INT_UNALIGNED, 0));
            assertEquals(4, chain.write(MemorySegment.ofArray(new byte[] {1, 2, 3, (byte) i, 5}), 5));
            chain.giveBack(4);
            assertEquals(DriverQueue.NONE, driver.takeUsed(), "nothing shows before the flush");
            device.flush();
            assertEquals(head, driver.takeUsed());
            assertEquals(4, driver.usedLength());
            assertEquals((byte) i, ram.memory.get(ValueLayout.JAVA_BYTE, DATA + 67));
        }
        assertNull(device.take());
        assertEquals(0, device.inFlight());
    }

    @Test
    void givesBackOutOfOrder() throws QueueException {
        DriverQueue driver = driver(8, true);
        SplitQueue device = device(driver, true, -1);
        int[] heads = new int[4];
        for (int i = 0; i < heads.length; i++) {
            driver.beginChain();
            driver.addBuffer(DATA, 16, false);
            heads[i] = driver.endChain();
        }
        boolean unused = driver.publish();
        DescriptorChain[] chains = {taken(device), taken(device), taken(device), taken(device)};
        chains[2].giveBack(0);
        chains[0].giveBack(0);
        device.flush();
        assertEquals(heads[2], driver.takeUsed());
        assertEquals(heads[0], driver.takeUsed());
        assertEquals(2, device.inFlight());
    }

    @Test
    void aQueueThatGoesOnTakesNothingThatTheDriverDoesNotOfferAnyMore() throws QueueException {
        DriverQueue driver = driver(8, true);
        SplitQueue device = device(driver, true, -1);
        driver.beginChain();
        driver.addBuffer(DATA, 16, false);
        int first = driver.endChain();
        boolean unused = driver.publish();
        byte[] then = ram.memory.asSlice(0, DATA).toArray(ValueLayout.JAVA_BYTE);
        driver.beginChain();
        driver.addBuffer(DATA, 16, false);
        int unusedHead = driver.endChain();
        unused = driver.publish();
        assertEquals(first, taken(device).head());
        // The VM is set back to a time before it offered the second one.
        MemorySegment.copy(MemorySegment.ofArray(then), 0, ram.memory, 0, then.length);
        device.useMemory(ram.map);
        assertNull(device.take());
    }

    @Test
    void gathersARequestHoweverItIsCut() throws QueueException {
        DriverQueue driver = driver(64, true);
        SplitQueue device = device(driver, true, -1);
        byte[] bytes = new byte[1000];
        new Random(7).nextBytes(bytes);
        Random cuts = new Random(8);
        for (int round = 0; round < 50; round++) {
            boolean indirect = round % 2 == 0;
            if (indirect) {
                driver.beginIndirect(TABLE, TABLE, 1024);
            } else {
                driver.beginChain();
            }
            int at = 0;
            int pieces = 0;
            while (at < bytes.length) {
                int piece = pieces++ > 40 ? bytes.length - at : Math.min(bytes.length - at, cuts.nextInt(60));
                MemorySegment.copy(bytes, at, ram.memory, ValueLayout.JAVA_BYTE, DATA + 4096L * pieces, piece);
                driver.addBuffer(DATA + 4096L * pieces, piece, false);
                at += piece;
            }
            driver.addBuffer(DATA, 10, true);
            int head = driver.endChain();
            boolean unused = driver.publish();
            DescriptorChain chain = taken(device);
            assertEquals(1000, chain.readableLength());
            assertEquals(10, chain.writableLength());
            byte[] read = new byte[600];
            assertEquals(600, chain.read(300, MemorySegment.ofArray(read), 0, 600));
            assertEquals(-1, java.util.Arrays.mismatch(read, java.util.Arrays.copyOfRange(bytes, 300, 900)));
            chain.giveBack(0);
            device.flush();
            assertEquals(head, driver.takeUsed());
        }
    }

    @Test
    void followsABufferAcrossTwoAdjacentRegions() throws QueueException {
        Arena arena = Arena.ofShared();
        MemorySegment low = arena.allocate(1 << 20, 4096);
        MemorySegment high = arena.allocate(1 << 20, 4096);
        GuestMemory map = GuestMemory.of(List.of(
                GuestRegion.of(0, 0x10000000L, arena, low), GuestRegion.of(1 << 20, 0x20000000L, arena, high)));
        DriverQueue driver = new DriverQueue(low, 0, 8, true);
        SplitQueue device = device(driver, true, -1, map);
        low.set(ValueLayout.JAVA_BYTE, (1 << 20) - 1, (byte) 1);
        high.set(ValueLayout.JAVA_BYTE, 0, (byte) 2);
        driver.beginChain();
        driver.addBuffer((1 << 20) - 1, 2, false);
        int head = driver.endChain();
        boolean unused = driver.publish();
        byte[] read = new byte[2];
        DescriptorChain chain = taken(device);
        assertEquals(head, chain.head());
        assertEquals(2, chain.read(0, MemorySegment.ofArray(read), 0, 2));
        assertEquals(1, read[0]);
        assertEquals(2, read[1]);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void interruptsOnlyWhenTheDriverWantsIt(boolean eventIdx) throws Exception {
        try (OwnedFd call = new OwnedFd(Posix.eventfd()); Arena arena = Arena.ofConfined()) {
            MemorySegment counter = arena.allocate(8, 8);
            DriverQueue driver = driver(8, eventIdx);
            SplitQueue device = device(driver, eventIdx, call.number());
            oneRequest(driver, device);
            assertEquals(8, Posix.read(call.number(), counter), "the first answer always interrupts");
            driver.disableInterrupts();
            oneRequest(driver, device);
            assertTrue(Posix.read(call.number(), counter) < 0, "not wanted");
            while (driver.takeUsed() != DriverQueue.NONE) {
                // taken
            }
            assertTrue(driver.enableInterrupts());
            oneRequest(driver, device);
            assertEquals(8, Posix.read(call.number(), counter), "wanted");
        }
    }

    private static void oneRequest(DriverQueue driver, SplitQueue device) throws QueueException {
        driver.beginChain();
        driver.addBuffer(DATA, 16, false);
        int head = driver.endChain();
        boolean unused = driver.publish();
        DescriptorChain chain = taken(device);
        assertEquals(head, chain.head());
        chain.giveBack(0);
        device.flush();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void asksForNoKickWhileItLooksAndForOneBeforeItSleeps(boolean eventIdx) throws QueueException {
        DriverQueue driver = driver(8, eventIdx);
        SplitQueue device = device(driver, eventIdx, -1);
        assertFalse(device.enableNotification());
        driver.beginChain();
        driver.addBuffer(DATA, 16, false);
        int unused = driver.endChain();
        assertTrue(driver.publish(), "the device sleeps");
        device.disableNotification();
        taken(device).giveBack(0);
        driver.beginChain();
        driver.addBuffer(DATA, 16, false);
        int next = driver.endChain();
        assertFalse(driver.publish(), "the device looks anyway");
        assertTrue(device.enableNotification(), "what came meanwhile is seen");
        assertEquals(next, taken(device).head());
        assertFalse(device.enableNotification());
    }

    // ---- a hostile driver

    private void descriptor(DriverQueue driver, int index, long address, int length, int flags, int next) {
        long at = driver.descriptorTable() + (long) index * SplitRing.DESC_SIZE;
        ram.memory.set(ValueLayout.JAVA_LONG, at, address);
        ram.memory.set(ValueLayout.JAVA_INT, at + 8, length);
        ram.memory.set(ValueLayout.JAVA_SHORT, at + 12, (short) flags);
        ram.memory.set(ValueLayout.JAVA_SHORT, at + 14, (short) next);
    }

    private void offer(DriverQueue driver, int head, int idx) {
        ram.memory.set(ValueLayout.JAVA_SHORT,
                driver.availRing() + 4 + 2L * ((idx - 1) & (driver.queueSize() - 1)), (short) head);
        ram.memory.set(ValueLayout.JAVA_SHORT, driver.availRing() + 2, (short) idx);
    }

    @Test
    void givesAChainWithWrongDescriptorsBackEmptyAndGoesOn() throws QueueException {
        DriverQueue driver = driver(8, true);
        SplitQueue device = device(driver, true, -1);
        int next = SplitRing.DESC_F_NEXT;
        int indirect = SplitRing.DESC_F_INDIRECT;
        int write = SplitRing.DESC_F_WRITE;
        Object[][] wrong = {
            {GuestRam.SIZE, 16, 0, 0}, // outside
            {GuestRam.SIZE - 8, 16, 0, 0}, // reaches outside
            {-8L, 16, 0, 0}, // wraps
            {DATA, -1, 0, 0}, // 4 GiB
            {DATA, 16, next, 9}, // next beyond the table
            {DATA, 16, next, 0}, // a circle
            {DATA, 0, next, 0}, // a circle of nothing
            {DATA, 0, indirect, 0}, // empty table
            {DATA, 24, indirect, 0}, // one and a half entries
            {DATA, 16, indirect | next, 1},
            {GuestRam.SIZE - 16, 32, indirect, 0},
            {DATA + 4, 16, indirect, 0}, // not aligned
            {DATA, 1 << 30, indirect, 0},
            {DATA, 16, write | next, 1}, // readable after writable, by descriptor 1
        };
        descriptor(driver, 1, DATA, 16, 0, 0);
        int idx = 0;
        for (Object[] w : wrong) {
            descriptor(driver, 0, (Long) w[0], (Integer) w[1], (Integer) w[2], (Integer) w[3]);
            offer(driver, 0, ++idx);
            assertNull(device.take(), java.util.Arrays.toString(w));
            assertEquals(0, device.inFlight());
        }
        device.flush();
        assertEquals(wrong.length, ram.memory.get(ValueLayout.JAVA_SHORT, driver.usedRing() + 2), "each comes back");
        descriptor(driver, 0, DATA, 16, 0, 0);
        offer(driver, 0, ++idx);
        assertEquals(16, taken(device).readableLength());
    }

    @Test
    void refusesAnIndirectTableInsideAnIndirectTable() throws QueueException {
        DriverQueue driver = driver(8, true);
        SplitQueue device = device(driver, true, -1);
        ram.memory.set(ValueLayout.JAVA_LONG, TABLE, TABLE);
        ram.memory.set(ValueLayout.JAVA_INT, TABLE + 8, 16);
        ram.memory.set(ValueLayout.JAVA_SHORT, TABLE + 12, (short) SplitRing.DESC_F_INDIRECT);
        descriptor(driver, 0, TABLE, 16, SplitRing.DESC_F_INDIRECT, 0);
        offer(driver, 0, 1);
        assertNull(device.take());
    }

    @Test
    void stopsARingWhoseIndexJumps() throws QueueException {
        DriverQueue driver = driver(8, true);
        SplitQueue device = device(driver, true, -1);
        ram.memory.set(ValueLayout.JAVA_SHORT, driver.availRing() + 2, (short) 9);
        assertThrows(QueueException.class, device::take);
    }

    @Test
    void stopsARingWithAHeadBeyondItsTable() throws QueueException {
        DriverQueue driver = driver(8, true);
        SplitQueue device = device(driver, true, -1);
        offer(driver, 8, 1);
        assertThrows(QueueException.class, device::take);
    }

    @Test
    void stopsARingThatOffersAHeadInFlight() throws QueueException {
        DriverQueue driver = driver(8, true);
        SplitQueue device = device(driver, true, -1);
        descriptor(driver, 3, DATA, 16, 0, 0);
        offer(driver, 3, 1);
        DescriptorChain first = taken(device);
        offer(driver, 3, 2);
        assertThrows(QueueException.class, device::take);
        first.giveBack(0);
    }

    @Test
    void boundsTheBuffersOfAllRequestsInFlight() throws QueueException {
        DriverQueue driver = driver(64, true);
        SplitQueue device = device(driver, true, -1);
        int entries = 32768;
        for (int i = 0; i < entries; i++) {
            long at = TABLE + 16L * i;
            ram.memory.set(ValueLayout.JAVA_LONG, at, DATA);
            ram.memory.set(ValueLayout.JAVA_INT, at + 8, 1);
            ram.memory.set(ValueLayout.JAVA_SHORT, at + 12, (short) (i + 1 < entries ? SplitRing.DESC_F_NEXT : 0));
            ram.memory.set(ValueLayout.JAVA_SHORT, at + 14, (short) (i + 1));
        }
        ArrayDeque<DescriptorChain> held = new ArrayDeque<>();
        int refused = 0;
        for (int head = 0; head < 20; head++) {
            descriptor(driver, head, TABLE, entries * 16, SplitRing.DESC_F_INDIRECT, 0);
            offer(driver, head, head + 1);
            DescriptorChain chain = device.take();
            if (chain == null) {
                refused++;
            } else {
                held.add(chain);
            }
        }
        assertTrue(refused > 0, "20 chains of 32768 buffers are too many");
        assertFalse(held.isEmpty());
        held.forEach(chain -> chain.giveBack(0));
        descriptor(driver, 30, TABLE, entries * 16, SplitRing.DESC_F_INDIRECT, 0);
        offer(driver, 30, 21);
        assertEquals(entries, taken(device).readableLength(), "room comes back with the chains");
    }

    @Test
    void refusesPartsOutsideGuestMemory() {
        assertThrows(QueueException.class, () -> new SplitQueue(
                "test", new GuestLog("test"), new QueueLayout(8, GuestRam.SIZE - 16, 0, 4096, true, true), ram.map, -1, 0));
        assertThrows(QueueException.class, () -> new SplitQueue(
                "test", new GuestLog("test"), new QueueLayout(8, -1, 0, 4096, true, true), ram.map, -1, 0));
        assertThrows(QueueException.class, () -> new SplitQueue(
                "test", new GuestLog("test"), new QueueLayout(8, 8, 4096, 8192, true, true), ram.map, -1, 0));
    }
}
