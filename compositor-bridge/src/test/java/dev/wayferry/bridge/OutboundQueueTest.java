package dev.wayferry.bridge;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wayferry.posix.Errno;
import dev.wayferry.posix.FileStatus;
import dev.wayferry.posix.Iovecs;
import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.Posix;
import dev.wayferry.posix.PosixException;
import dev.wayferry.posix.SocketMessage;
import dev.wayferry.posix.Sockets;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What waits for sockets and pipes, and that all of it together stays within its budget. */
class OutboundQueueTest {
    private static final int MOST = 1 << 20;
    private static final int[] NO_FDS = {};

    private final Arena arena = Arena.ofConfined();
    private final Chunks chunks = new Chunks();
    private final SocketMessage message = new SocketMessage(64, arena);
    private final MemorySegment buffer = arena.allocate(1 << 16);
    private long waiting;

    @AfterEach
    void close() {
        chunks.close();
        arena.close();
    }

    private OutboundQueue queue(long most, Budget budget) {
        return new OutboundQueue(most, budget, chunks, bytes -> waiting += bytes);
    }

    private static int fill(OutboundQueue queue, int bytes) {
        int count = 0;
        while (queue.hasRoom(bytes, 0)) {
            queue.add(new byte[bytes], NO_FDS, false);
            count++;
        }
        return count;
    }

    @Test
    void takesNoMoreThanTheBudgetHoweverManyQueuesThereAre() {
        Budget budget = new Budget(MOST, 4);
        List<OutboundQueue> queues = new ArrayList<>();
        int taken = 0;
        for (int i = 0; i < 1000; i++) {
            OutboundQueue queue = queue(MOST, budget);
            queues.add(queue);
            taken += fill(queue, 1000);
        }
        assertTrue(taken * 1000 <= MOST);
        assertTrue(taken * 1000 > MOST / 10 * 8, "it is made use of");
        assertEquals(1000L * taken, waiting);
        queues.forEach(OutboundQueue::close);
        assertEquals(0, waiting);
        try (OutboundQueue alone = queue(MOST, budget)) {
            assertTrue(1000 * fill(alone, 1000) > MOST / 10 * 7, "all of it was given back");
        }
    }

    @Test
    void letsNoQueueTakeWhatIsForTheOthers() {
        Budget budget = new Budget(MOST, 4);
        try (OutboundQueue greedy = queue(MOST, budget); OutboundQueue other = queue(MOST, budget)) {
            assertTrue(fill(greedy, 1000) > 700);
            assertTrue(fill(other, 1000) > 100);
        }
    }

    @Test
    void takesOneMessageHoweverLongItIs() {
        try (OutboundQueue queue = queue(1000, new Budget(MOST, 4))) {
            assertTrue(queue.hasRoom(5000, 0));
            queue.add(new byte[5000], NO_FDS, false);
            assertFalse(queue.hasRoom(1, 0));
        }
    }

    @Test
    void takesNoEndlessNumberOfShortMessagesThatAreKeptApart() {
        try (OutboundQueue queue = queue(MOST, new Budget(MOST, 4))) {
            int count = 0;
            while (queue.hasRoom(1, 0)) {
                queue.add(new byte[1], NO_FDS, true);
                count++;
            }
            assertEquals(OutboundQueue.MAX_MARKS, count);
        }
    }

    @Test
    void givesMemoryBackAsItEmpties() throws PosixException {
        Budget budget = new Budget(MOST, 4);
        OwnedFd[] pair = Sockets.pair();
        try (OwnedFd to = pair[0]; OwnedFd from = pair[1]; OutboundQueue queue = queue(MOST, budget)) {
            for (int i = 0; i < 100; i++) {
                int count = fill(queue, 5000);
                assertTrue(count > 100, "all of it was given back");
                int left = 5000 * count;
                while (left > 0) {
                    int sent = queue.sendTo(to.number(), message);
                    assertTrue(sent == 0 || sent == -Errno.EAGAIN);
                    left -= (int) Posix.read(from.number(), buffer);
                }
                assertTrue(queue.isEmpty());
            }
        }
    }

    /** Each byte, and each file with the byte that it came with, through a socket that takes little at a time. */
    @Test
    void losesAndDoublesNoByteAndNoFileThroughASocketThatTakesLittleAtATime() throws PosixException {
        Random random = new Random(11);
        OwnedFd[] pair = Sockets.pair();
        try (OwnedFd to = pair[0]; OwnedFd from = pair[1]; OwnedFd file = OwnedFd.of(Posix.eventfd(), "eventfd");
                OutboundQueue queue = queue(MOST, new Budget(MOST, 4))) {
            SmallBuffers.of(to);
            ByteArrayOutputStream added = new ByteArrayOutputStream();
            ByteArrayOutputStream received = new ByteArrayOutputStream();
            List<Integer> filesAt = new ArrayList<>();
            List<int[]> filesCameIn = new ArrayList<>();
            int unfinished = 0;
            for (int i = 0; i < 2000 || !queue.isEmpty(); i++) {
                if (i < 2000) {
                    byte[] bytes = new byte[1 + random.nextInt(1 << random.nextInt(16))];
                    random.nextBytes(bytes);
                    int files = random.nextInt(10) == 0 ? 1 + random.nextInt(3) : 0;
                    if (queue.hasRoom(bytes.length, files)) {
                        int[] fds = new int[files];
                        for (int f = 0; f < files; f++) {
                            fds[f] = Posix.dup(file.number());
                            filesAt.add(added.size());
                        }
                        queue.add(bytes, fds, false);
                        added.writeBytes(bytes);
                    }
                }
                int result = queue.sendTo(to.number(), message);
                assertTrue(result == 0 || result == -Errno.EAGAIN, () -> Errno.name(result));
                unfinished += result == 0 ? 0 : 1;
                receive(from, 1 + random.nextInt((int) buffer.byteSize()), received, filesCameIn);
            }
            while (received.size() < added.size()) {
                receive(from, (int) buffer.byteSize(), received, filesCameIn);
            }
            assertTrue(unfinished > 100, "the socket was full often");
            assertArrayEquals(added.toByteArray(), received.toByteArray());
            assertEquals(filesAt.size(), filesCameIn.size());
            for (int i = 0; i < filesAt.size(); i++) {
                int at = filesAt.get(i);
                int[] range = filesCameIn.get(i);
                assertTrue(range[0] <= at && at < range[1], () -> "a file of byte " + at + " came with " + Arrays.toString(range));
            }
        }
    }

    /** Reads once; notes with which bytes of the stream each file came, and closes it. */
    private void receive(OwnedFd from, int most, ByteArrayOutputStream received, List<int[]> filesIn) {
        message.clear().addBuffer(buffer.address(), most);
        long count = message.receive(from.number());
        if (count == -Errno.EAGAIN) {
            return;
        }
        assertTrue(count > 0);
        for (int i = 0; i < message.fdCount(); i++) {
            filesIn.add(new int[] {received.size(), received.size() + (int) count});
            assertEquals(0, Posix.close(message.fd(i)));
        }
        received.writeBytes(buffer.asSlice(0, count).toArray(ValueLayout.JAVA_BYTE));
    }

    @Test
    void keepsMessagesApartWhereTheSocketDoes() throws PosixException {
        OwnedFd[] pair = Sockets.seqpacketPair();
        try (OwnedFd to = pair[0]; OwnedFd from = pair[1]; OutboundQueue queue = queue(MOST, new Budget(MOST, 4))) {
            int[] lengths = {1, 40_000, 2, 16_384, 3};
            for (int length : lengths) {
                queue.add(new byte[length], NO_FDS, true);
            }
            for (int length : lengths) {
                int result = queue.sendTo(to.number(), message);
                assertTrue(result == 0 || result == -Errno.EAGAIN);
                assertEquals(length, Posix.read(from.number(), buffer));
            }
        }
    }

    @Test
    void writesAllOfItToAPipeInOrder() throws PosixException {
        long ends = PosixException.check(Posix.pipe(), "pipe2");
        Iovecs iovecs = new Iovecs(64, arena);
        try (OwnedFd from = new OwnedFd(Posix.readEnd(ends)); OwnedFd to = new OwnedFd(Posix.writeEnd(ends));
                OutboundQueue queue = queue(MOST, new Budget(MOST, 4))) {
            assertEquals(0, Posix.setNonBlocking(to.number(), true));
            byte[] bytes = new byte[500_000];
            new Random(12).nextBytes(bytes);
            assertTrue(queue.add(
                    (offset, target, at, length) -> {
                        MemorySegment.copy(MemorySegment.ofArray(bytes), offset, target, at, length);
                        return length;
                    },
                    0, bytes.length));
            ByteArrayOutputStream got = new ByteArrayOutputStream();
            while (got.size() < bytes.length) {
                int result = queue.writeTo(to.number(), iovecs);
                assertTrue(result == 0 || result == -Errno.EAGAIN);
                long count = Posix.read(from.number(), buffer);
                got.writeBytes(buffer.asSlice(0, count).toArray(ValueLayout.JAVA_BYTE));
            }
            assertArrayEquals(bytes, got.toByteArray());
        }
    }

    @Test
    void closesTheFilesThatNeverWent() throws PosixException {
        try (OwnedFd file = OwnedFd.of(Posix.eventfd(), "eventfd"); OutboundQueue queue = queue(MOST, new Budget(MOST, 4))) {
            int fd = Posix.dup(file.number());
            queue.add(new byte[10], new int[] {fd}, false);
            queue.close();
            assertEquals(-Errno.EBADF, new FileStatus(arena).read(fd));
            assertTrue(queue.isEmpty());
        }
    }
}
