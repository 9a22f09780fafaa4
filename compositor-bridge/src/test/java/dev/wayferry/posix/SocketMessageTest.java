package dev.wayferry.posix;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;

/** What is not the ordinary way of a message. */
class SocketMessageTest {
    private static final long PAGE = 4096;

    /** The kernel drops it, so a second call would tell of the next one, or of nothing at all. */
    @Test
    void aPacketThatFoundNoMemoryToBeWrittenToIsNotPassedOver() throws PosixException {
        OwnedFd[] pair = Sockets.seqpacketPair();
        try (Arena arena = Arena.ofConfined();
                OwnedFd sender = pair[0];
                OwnedFd receiver = pair[1];
                OwnedFd file = OwnedFd.of(Memory.memfdCreate("test"), "memfd_create")) {
            assertEquals(0, Memory.ftruncate(file.number(), PAGE));
            MemorySegment gone = Memory.map(file.number(), 0, PAGE, Memory.PROT_READ | Memory.PROT_WRITE, arena);
            assertEquals(0, Memory.ftruncate(file.number(), 0));
            SocketMessage message = new SocketMessage(1, arena);
            message.clear().addBuffer(arena.allocate(8));
            assertEquals(8, message.send(sender.number()));
            message.clear().addBuffer(gone);
            assertEquals(-Errno.EFAULT, message.receivePacket(receiver.number()));
        }
    }
}
