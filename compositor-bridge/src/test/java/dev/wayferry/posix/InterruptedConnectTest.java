package dev.wayferry.posix;

import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.invoke.MethodHandle;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Signals that come to a thread while it waits for a listener whose backlog is full. */
@NullUnmarked // what is missing fails the test at once
class InterruptedConnectTest {
    private static final boolean X86_64 = "amd64".equals(System.getProperty("os.arch"));
    private static final long GETTID = X86_64 ? 186 : 178;
    private static final long TGKILL = X86_64 ? 234 : 131;

    /** By which the Java runtime suspends threads, and which does nothing to one that it has not asked to. */
    private static final long SIGUSR2 = 12;

    private static final int SIGNALS = 100;
    private static final int PAUSE_MILLIS = 5;
    private static final int LONG_SECONDS = 300;
    private static final int PATIENCE_SECONDS = 60;

    @TempDir
    private Path folder;

    private String path;
    private ServerSocketChannel server;
    private SocketChannel first;
    private SocketChannel second;

    /** A backlog of 1 has room for 2 (listen(2)), so the next one waits. */
    @BeforeEach
    void listen() throws IOException {
        path = folder.resolve("busy").toString();
        UnixDomainSocketAddress address = UnixDomainSocketAddress.of(path);
        server = ServerSocketChannel.open(StandardProtocolFamily.UNIX).bind(address, 1);
        first = SocketChannel.open(address);
        second = SocketChannel.open(address);
    }

    @AfterEach
    void close() throws IOException {
        second.close();
        first.close();
        server.close();
    }

    private static long syscall(long number, long first, long second, long third) {
        Linker linker = Linker.nativeLinker();
        MethodHandle syscall = linker.downcallHandle(
                linker.defaultLookup().findOrThrow("syscall"),
                FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG));
        try {
            return (long) syscall.invokeExact(number, first, second, third);
        } catch (Throwable t) {
            throw new AssertionError(t);
        }
    }

    /** A thread that connects. */
    private final class Connecting {
        private final CompletableFuture<Long> thread = new CompletableFuture<>();
        private final CompletableFuture<Integer> result = new CompletableFuture<>();

        Connecting(int seconds) {
            Thread.ofPlatform().start(() -> {
                thread.complete(syscall(GETTID, 0, 0, 0));
                try {
                    result.complete(Sockets.connectWithin(path, seconds));
                } catch (PosixException e) {
                    result.completeExceptionally(e);
                }
            });
        }

        /** Interrupts what the thread waits for. It may have ended, so whether there is one does not matter. */
        void interrupt() throws Exception {
            long id = thread.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
            long unused = syscall(TGKILL, ProcessHandle.current().pid(), id, SIGUSR2);
            Thread.sleep(PAUSE_MILLIS);
        }

        int result() throws Exception {
            return result.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        }
    }

    @Test
    void isNotGivenUpForThem() throws Exception {
        Connecting connecting = new Connecting(LONG_SECONDS);
        for (int i = 0; i < SIGNALS; i++) {
            connecting.interrupt();
        }
        assertFalse(connecting.result.isDone());
        server.accept().close();
        OwnedFd.of(connecting.result(), "connect").close();
    }

    @Test
    void isNotLengthenedByThem() throws Exception {
        Connecting connecting = new Connecting(1);
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (!connecting.result.isDone() && System.nanoTime() < deadline) {
            connecting.interrupt();
        }
        assertTrue(connecting.result.isDone(), "still waiting");
        assertEquals(-Errno.EAGAIN, connecting.result());
    }
}
