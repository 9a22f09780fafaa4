package dev.wayferry.bridge;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wayferry.posix.Posix;
import dev.wayferry.posix.PosixException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What waits for sockets and pipes, and that all of it together stays within its budget. */
class OutboundQueueTest {
    private static final int MOST = 1 << 20;

    private static int fill(OutboundQueue queue, int bytes) {
        int count = 0;
        while (queue.hasRoom(bytes, 0)) {
            queue.add(new byte[bytes]);
            count++;
        }
        return count;
    }

    @Test
    void takesNoMoreThanTheBudgetHoweverManyQueuesThereAre() {
        Budget budget = new Budget(MOST, 4);
        List<OutboundQueue> queues = new ArrayList<>();
        int waiting = 0;
        for (int i = 0; i < 1000; i++) {
            OutboundQueue queue = new OutboundQueue(MOST, budget, _ -> {});
            queues.add(queue);
            waiting += fill(queue, 1000);
        }
        assertTrue(waiting * 1000 <= MOST);
        assertTrue(waiting * 1000 > MOST / 10 * 8, "it is made use of");
        queues.forEach(OutboundQueue::close);
        assertEquals(MOST / 5 * 4 / 1064, fill(new OutboundQueue(MOST, budget, _ -> {}), 1000), "all of it was given back");
    }

    @Test
    void letsNoQueueTakeWhatIsForTheOthers() {
        Budget budget = new Budget(MOST, 4);
        assertEquals(MOST / 5 * 4 / 1064, fill(new OutboundQueue(MOST, budget, _ -> {}), 1000));
        assertTrue(fill(new OutboundQueue(MOST, budget, _ -> {}), 1000) > 100);
    }

    @Test
    void takesNoEndlessNumberOfShortPieces() {
        assertTrue(fill(new OutboundQueue(MOST, new Budget(MOST, 4), _ -> {}), 1) < MOST / 64);
    }

    @Test
    void keepsRoomTakenUntilTheWholePieceHasGone() throws PosixException {
        Budget budget = new Budget(MOST, 4);
        OutboundQueue queue = new OutboundQueue(MOST / 2, budget, _ -> {});
        long ends = PosixException.check(Posix.pipe(), "pipe2");
        try (Arena arena = Arena.ofConfined()) {
            assertEquals(0, Posix.setNonBlocking(Posix.writeEnd(ends), true));
            MemorySegment staging = arena.allocate(1 << 16);
            queue.add(new byte[MOST / 2 - 1000]);
            assertTrue(queue.writeTo(Posix.writeEnd(ends), staging) < 0);
            assertFalse(queue.hasRoom(1000, 0), "the array is still there");
            while (!queue.isEmpty()) {
                assertTrue(Posix.read(Posix.readEnd(ends), staging) > 0);
                int unused = queue.writeTo(Posix.writeEnd(ends), staging);
            }
            assertTrue(queue.hasRoom(MOST / 2 - 1000, 0));
        } finally {
            Posix.close(Posix.readEnd(ends));
            Posix.close(Posix.writeEnd(ends));
        }
    }
}
