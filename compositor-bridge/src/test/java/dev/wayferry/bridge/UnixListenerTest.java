package dev.wayferry.bridge;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wayferry.posix.Identity;
import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.SocketMessage;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.newsclub.net.unix.AFUNIXServerSocketChannel;
import org.newsclub.net.unix.AFUNIXSocket;
import org.newsclub.net.unix.AFUNIXSocketAddress;

class UnixListenerTest {
    /** With which a new socket has the mode 0600. */
    private static final int OWNERS_UMASK = 0177;

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    @Test
    void onlyItsOwnerMayConnect() throws IOException {
        Path path = folder.resolve("s");
        try (UnixListener listener = UnixListener.bind(path)) {
            assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(listener.path())));
        }
        assertFalse(Files.exists(path), "closing removes the socket");
    }

    @Test
    void whereTheUmaskIsTheOwnersWhoConnectsBeforeAnythingIsPreparedIsServedToo() throws IOException {
        // It makes files when it is loaded.
        assertTrue(AFUNIXSocket.isSupported());
        int before = Identity.umask(OWNERS_UMASK);
        try (UnixListener listener = UnixListener.bindFirst(folder.resolve("s"), 0600)) {
            assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(listener.path())));
            assertTrue(listener.isOpen());
            assertThrows(IllegalStateException.class, listener::fd, "it was not the quick way");
            try (OwnedFd early = UnixSockets.connect(listener.path())) {
                listener.prepare();
                UnixListener.Connection accepted = listener.accept();
                assertTrue(early.isOpen());
                assertEquals(ProcessHandle.current().pid(), accepted.peerPid());
                accepted.socket().close();
            }
        } finally {
            int unused = Identity.umask(before);
        }
        assertFalse(Files.exists(folder.resolve("s")), "closing removes the socket");
    }

    @Test
    void theQuickWayRefusesInTheSameWords() throws IOException {
        Path taken = Files.writeString(folder.resolve("f"), "precious");
        Path nowhere = folder.resolve("none/s");
        String slow = message(taken) + message(nowhere);
        int before = Identity.umask(OWNERS_UMASK);
        try {
            assertEquals(slow, message(taken) + message(nowhere));
        } finally {
            int unused = Identity.umask(before);
        }
    }

    private static String message(Path path) {
        return String.valueOf(assertThrows(IOException.class, () -> UnixListener.bindFirst(path, 0600)).getMessage());
    }

    @Test
    void replacesASocketOnWhichNobodyListens() throws IOException {
        Path path = folder.resolve("s");
        try (AFUNIXServerSocketChannel stale = AFUNIXServerSocketChannel.open()) {
            stale.bind(AFUNIXSocketAddress.of(path));
            Files.move(path, folder.resolve("kept"));
        }
        Files.move(folder.resolve("kept"), path);
        try (UnixListener listener = UnixListener.bind(path)) {
            assertTrue(Files.exists(listener.path()));
        }
    }

    @Test
    void refusesAPathOnWhichSomebodyListens() throws IOException {
        Path path = folder.resolve("s");
        try (UnixListener first = UnixListener.bind(path)) {
            assertThrows(IOException.class, () -> UnixListener.bind(first.path()));
            UnixSockets.connect(path).close();
        }
    }

    @Test
    void leavesAFileThatIsNoSocketAlone() throws IOException {
        Path path = Files.writeString(folder.resolve("f"), "precious");
        assertThrows(IOException.class, () -> UnixListener.bind(path));
        assertEquals("precious", Files.readString(path));
    }

    @Test
    void carriesBytesAndDescriptorsOnceAccepted() throws IOException {
        try (UnixListener listener = UnixListener.bind(folder.resolve("s"));
                OwnedFd client = UnixSockets.connect(listener.path());
                Arena arena = Arena.ofConfined()) {
            UnixListener.Connection accepted = listener.accept();
            OwnedFd server = accepted.socket();
            SocketMessage message = new SocketMessage(1, arena);
            var word = arena.allocate(ValueLayout.JAVA_INT);
            word.set(ValueLayout.JAVA_INT, 0, 42);
            message.addBuffer(word);
            message.addFd(server.number());
            assertEquals(4, message.send(client.number()));
            word.set(ValueLayout.JAVA_INT, 0, 0);
            message.clear().addBuffer(word);
            assertEquals(4, message.receive(server.number()));
            assertEquals(42, word.get(ValueLayout.JAVA_INT, 0));
            assertEquals(1, message.fdCount());
            new OwnedFd(message.fd(0)).close();
            assertEquals(ProcessHandle.current().pid(), accepted.peerPid());
            server.close();
        }
    }
}
