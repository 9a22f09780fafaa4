package dev.wayferry.bridge;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wayferry.posix.Errno;
import dev.wayferry.posix.FileStatus;
import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.Posix;
import dev.wayferry.posix.SocketMessage;
import dev.wayferry.posix.Sockets;
import dev.wayferry.wire.wayland.MalformedMessageException;
import dev.wayferry.wire.wayland.WaylandReader;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class WaylandConnectionTest {
    private final Arena arena = Arena.ofConfined();
    private final FileStatus status = new FileStatus(arena);

    @SuppressWarnings("NullAway.Init")
    private WaylandConnection one;

    @SuppressWarnings("NullAway.Init")
    private WaylandConnection other;

    @BeforeEach
    void connect() throws IOException {
        OwnedFd[] pair = Sockets.pair();
        one = new WaylandConnection(pair[0]);
        other = new WaylandConnection(pair[1]);
    }

    @AfterEach
    void close() {
        one.close();
        other.close();
        arena.close();
    }

    @Test
    void carriesMessagesInOrder() throws MalformedMessageException {
        one.begin(1, 2).putInt(3).end();
        one.begin(4, 5).putString("six").end();
        assertEquals(12 + 16, one.pending());
        assertEquals(0, one.flush());
        assertEquals(0, one.pending());
        assertEquals(28, other.fill());
        assertTrue(other.next());
        assertEquals(1, other.reader().objectId());
        assertEquals(3, other.reader().readInt());
        assertTrue(other.next());
        assertEquals(5, other.reader().opcode());
        assertEquals("six", other.reader().readString());
        assertFalse(other.next());
        assertEquals(-Errno.EAGAIN, other.fill());
    }

    @Test
    void aMessageThatComesInPiecesIsReadOnceWhole() throws MalformedMessageException {
        var message = new SocketMessage(1, arena);
        MemorySegment bytes = arena.allocateFrom(JAVA_INT, 7, 12 << 16 | 1, 99);
        for (int at = 0; at < bytes.byteSize(); at++) {
            assertFalse(other.next());
            assertEquals(1, message.clear().addBuffer(bytes.asSlice(at, 1)) ? message.send(one.fd()) : -1);
            assertEquals(1, other.fill());
        }
        assertTrue(other.next());
        assertEquals(99, other.reader().readInt());
    }

    @Test
    void descriptorsComeWithTheirMessages() throws IOException, MalformedMessageException {
        try (OwnedFd event = OwnedFd.of(Posix.eventfd(), "eventfd")) {
            long expected = inode(event.number());
            one.queueFd(event.duplicate().release());
            one.begin(1, 0).putInt(1).end();
            assertEquals(0, one.flush());
            other.fill();
            assertTrue(other.next());
            try (OwnedFd received = new OwnedFd(other.takeFd())) {
                assertEquals(expected, inode(received.number()));
            }
            assertThrows(MalformedMessageException.class, other::takeFd);
        }
    }

    @Test
    void sendsAtMost28DescriptorsAtOnceAndNoneAfterItsMessage() throws IOException, MalformedMessageException {
        int count = 100;
        List<OwnedFd> pipes = new ArrayList<>();
        List<Long> inodes = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            long pipe = Posix.pipe();
            Posix.close(Posix.writeEnd(pipe));
            pipes.add(new OwnedFd(Posix.readEnd(pipe)));
            inodes.add(inode(Posix.readEnd(pipe)));
        }
        for (OwnedFd pipe : pipes) {
            one.queueFd(pipe.release());
            one.begin(1, 0).putInt(7).end();
        }
        assertEquals(0, one.flush());
        List<Long> received = new ArrayList<>();
        while (received.size() < count) {
            int queued = other.fdCount();
            assertTrue(other.fill() > 0);
            assertTrue(other.fdCount() - queued <= WaylandConnection.MAX_FDS_OUT);
            while (other.next()) {
                try (OwnedFd fd = new OwnedFd(other.takeFd())) {
                    received.add(inode(fd.number()));
                }
            }
        }
        assertEquals(inodes, received);
    }

    @Test
    void aFullSocketIsAStateAndNothingIsLost() throws MalformedMessageException {
        int sent = 0;
        while (one.flush() == 0) {
            one.begin(1, 0).putInt(sent++).end();
        }
        assertEquals(-Errno.EAGAIN, one.flush());
        int received = 0;
        while (received < sent) {
            if (other.next()) {
                assertEquals(received++, other.reader().readInt());
            } else {
                one.flush();
                assertTrue(other.fill() > 0);
            }
        }
    }

    @Test
    void aPeerThatNeverReadsIsGivenUp() {
        for (long bytes = 0; bytes < 2 * WaylandConnection.MAX_PENDING; bytes += WaylandReader.MAX_MESSAGE_SIZE) {
            one.begin(1, 0).putArray(new byte[WaylandReader.MAX_MESSAGE_SIZE - 12]).end();
        }
        assertEquals(-Errno.ENOBUFS, one.flush());
    }

    @Test
    void theEndOfTheStreamIsSeenAfterItsLastBytes() throws MalformedMessageException, IOException {
        OwnedFd[] pair = Sockets.pair();
        try (var reading = new WaylandConnection(pair[0])) {
            try (var writing = new WaylandConnection(pair[1])) {
                writing.begin(1, 0).putInt(1).end();
                writing.flush();
            }
            assertEquals(12, reading.fill());
            assertTrue(reading.next());
            assertEquals(0, reading.fill());
        }
    }

    @Test
    void closingClosesTheDescriptorsThatNobodyTook() throws IOException {
        OwnedFd[] pair = Sockets.pair();
        long pipe = Posix.pipe();
        try (OwnedFd readEnd = new OwnedFd(Posix.readEnd(pipe))) {
            try (var sending = new WaylandConnection(pair[0]);
                    var receiving = new WaylandConnection(pair[1])) {
                sending.queueFd(Posix.dup(Posix.writeEnd(pipe)));
                sending.begin(1, 0).end();
                sending.flush();
                receiving.fill();
                assertEquals(1, receiving.fdCount());
                sending.queueFd(Posix.writeEnd(pipe));
            }
            // All write ends are gone.
            assertEquals(Posix.POLLHUP, Posix.poll(readEnd.number(), Posix.POLLIN, -1));
        }
    }

    private long inode(int fd) {
        assertEquals(0, status.read(fd));
        return status.inode();
    }
}
