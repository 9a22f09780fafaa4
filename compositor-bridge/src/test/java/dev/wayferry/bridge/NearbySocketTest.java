package dev.wayferry.bridge;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.Posix;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Connections that are made without waiting for anything. */
@NullUnmarked // what is missing fails the test at once
class NearbySocketTest {
    @TempDir
    private Path folder;

    private Path path;

    @BeforeEach
    void choosePath() {
        path = folder.resolve("listener");
    }

    private ServerSocketChannel listen(int backlog) throws IOException {
        return ServerSocketChannel.open(StandardProtocolFamily.UNIX).bind(UnixDomainSocketAddress.of(path), backlog);
    }

    private static void assertConnects(NearbySocket nearby, ServerSocketChannel listener) throws IOException {
        try (OwnedFd socket = nearby.connect()) {
            assertNotNull(socket);
            try (SocketChannel accepted = listener.accept()) {
                assertTrue(accepted.isConnected());
            }
        }
    }

    @Test
    void connects() throws IOException {
        try (ServerSocketChannel listener = listen(5); NearbySocket nearby = NearbySocket.at(path.toString())) {
            assertConnects(nearby, listener);
            assertConnects(nearby, listener);
        }
    }

    @Test
    void waitsForNoListenerThatDoesNotAccept() throws IOException {
        try (ServerSocketChannel listener = listen(1); NearbySocket nearby = NearbySocket.at(path.toString())) {
            // A backlog of 1 has room for 2 (listen(2)).
            try (OwnedFd first = nearby.connect(); OwnedFd second = nearby.connect()) {
                assertTrue(first.isOpen() && second.isOpen());
                assertNull(nearby.connect());
                listener.accept().close();
                try (OwnedFd third = nearby.connect()) {
                    assertNotNull(third);
                }
            }
        }
    }

    @Test
    void isNotTheListenerThatHasTakenTheOldOnesPlace() throws IOException {
        try (ServerSocketChannel old = listen(5); NearbySocket nearby = NearbySocket.at(path.toString())) {
            assertConnects(nearby, old);
            Files.delete(path);
            assertNull(nearby.connect());
            try (ServerSocketChannel listener = listen(5); NearbySocket next = NearbySocket.at(path.toString())) {
                assertNull(nearby.connect(), "the old one still listens, but is not there any more");
                assertConnects(next, listener);
            }
        }
    }

    @Test
    void connectsToNobodyWhoHasGone() throws IOException {
        ServerSocketChannel old = listen(5);
        try (NearbySocket nearby = NearbySocket.at(path.toString())) {
            old.close();
            assertNull(nearby.connect());
        }
    }

    @Test
    void followsNoLinkThatIsPutInItsPlace() throws IOException {
        try (ServerSocketChannel listener = listen(5); NearbySocket nearby = NearbySocket.at(path.toString())) {
            Path elsewhere = folder.resolve("elsewhere");
            Files.move(path, elsewhere);
            Files.createSymbolicLink(path, elsewhere);
            assertNull(nearby.connect());
            try (NearbySocket moved = NearbySocket.at(elsewhere.toString())) {
                assertConnects(moved, listener);
            }
        }
    }

    @Test
    void isNothingThatMayHaveToBeWaitedFor() throws IOException {
        try (ServerSocketChannel listener = listen(5)) {
            Path link = Files.createSymbolicLink(folder.resolve("link"), path);
            assertTrue(listener.isOpen());
            assertNull(NearbySocket.at(link.toString()));
            assertNull(NearbySocket.at("@abstract"));
            assertNull(NearbySocket.at("relative"));
            assertNull(NearbySocket.at(folder.resolve("nobody").toString()));
            assertNull(NearbySocket.at(Files.createFile(folder.resolve("file")).toString()));
            assertNull(NearbySocket.at(folder.toString()));
        }
    }

    @Test
    void holdsTheFolderUntilItIsClosed() throws IOException {
        try (ServerSocketChannel listener = listen(5)) {
            assertTrue(listener.isOpen());
            try (NearbySocket nearby = NearbySocket.at(path.toString())) {
                assertNotNull(nearby);
                assertTrue(isFolderOpen());
            }
            assertFalse(isFolderOpen());
            assertNull(NearbySocket.at(folder.resolve("nobody").toString()));
            assertFalse(isFolderOpen());
        }
    }

    private boolean isFolderOpen() throws IOException {
        for (int fd = 0; fd < 1000; fd++) {
            if (Posix.linkOf(fd).equals(folder.toRealPath().toString())) {
                return true;
            }
        }
        return false;
    }
}
