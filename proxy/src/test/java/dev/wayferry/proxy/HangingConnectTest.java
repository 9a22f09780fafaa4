package dev.wayferry.proxy;

import static dev.wayferry.proxy.TestVm.assertOk;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wayferry.proxy.TestCompositor.Connection;
import dev.wayferry.proxy.TestGuest.Pending;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A server that accepts nobody makes those wait who want to reach it, and nobody else. */
@NullUnmarked // what is missing fails the test at once
class HangingConnectTest {
    private static final int DBUS = 0x12;
    private static final int MANY = 12;
    private static final int ANOTHER = MANY + 1;

    @TempDir
    private Path folder;

    private Path path;
    private ServerSocketChannel server;
    private SocketChannel first;
    private SocketChannel second;

    /** A backlog of 1 has room for 2 (listen(2)), so the next one waits. */
    @BeforeEach
    void listen() throws IOException {
        path = folder.resolve("busy");
        server = listener(1);
        first = SocketChannel.open(UnixDomainSocketAddress.of(path));
        second = SocketChannel.open(UnixDomainSocketAddress.of(path));
    }

    private ServerSocketChannel listener(int backlog) throws IOException {
        return ServerSocketChannel.open(StandardProtocolFamily.UNIX).bind(UnixDomainSocketAddress.of(path), backlog);
    }

    @AfterEach
    void close() throws IOException {
        second.close();
        first.close();
        server.close();
    }

    private TestVm vm() throws IOException {
        return new TestVm(Map.of(DBUS, path.toString()));
    }

    private static List<Pending> hang(TestVm vm, int contexts) {
        List<Pending> inits = new ArrayList<>();
        for (int ctx = 1; ctx <= contexts; ctx++) {
            vm.guest.context(ctx);
            inits.add(vm.guest.submit(TestGuest.init(ctx, 20, DBUS)));
        }
        return inits;
    }

    private static String read(SocketChannel from, int length) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(length);
        while (buffer.hasRemaining() && from.read(buffer) >= 0) {
            // Until all of it has come.
        }
        return new String(buffer.array(), 0, buffer.position());
    }

    @Test
    void costsOnlyItsContext() throws Exception {
        try (TestVm vm = vm()) {
            Pending init = hang(vm, 1).get(0);
            Pending send = vm.guest.submit(TestGuest.send(1, "early"));
            vm.guest.channel(2);
            try (Connection client = vm.compositor.accept()) {
                for (int i = 0; i < 10; i++) {
                    vm.assertServed(2, client);
                }
                assertFalse(vm.guest.isDone(init));
                server.accept().close();
                server.accept().close();
                assertOk(vm.guest.await(init).type());
                assertOk(vm.guest.await(send).type());
                try (SocketChannel connected = server.accept()) {
                    assertEquals("early", read(connected, 5));
                }
            }
        }
    }

    @Test
    void manyOfThemHoldUpNoOtherChannel() throws Exception {
        try (TestVm vm = vm()) {
            List<Pending> inits = hang(vm, MANY);
            vm.guest.channel(ANOTHER);
            try (Connection client = vm.compositor.accept()) {
                vm.assertServed(ANOTHER, client);
            }
            assertTrue(inits.stream().noneMatch(vm.guest::isDone));
            server.accept().close();
            server.accept().close();
            for (Pending init : inits) {
                server.accept().close();
                assertOk(vm.guest.await(init).type());
            }
        }
    }

    @Test
    void whoWaitsReachesTheServerThatTakesTheHungOnesPlace() throws Exception {
        try (TestVm vm = vm()) {
            List<Pending> inits = hang(vm, 2);
            Files.delete(path);
            try (ServerSocketChannel next = listener(10)) {
                for (Pending init : inits) {
                    assertOk(vm.guest.await(init).type());
                }
                next.accept().close();
                next.accept().close();
            }
        }
    }

    @Test
    void whoHasGoneMeanwhileHoldsUpNobody() throws Exception {
        try (TestVm vm = vm()) {
            List<Pending> inits = hang(vm, MANY);
            for (int ctx = 1; ctx <= MANY; ctx++) {
                assertOk(vm.guest.ctxDestroy(ctx));
                assertTrue(vm.guest.isDone(inits.get(ctx - 1)));
            }
            vm.guest.context(ANOTHER);
            Pending init = vm.guest.submit(TestGuest.init(ANOTHER, 20, DBUS));
            Pending send = vm.guest.submit(TestGuest.send(ANOTHER, "here"));
            // Else the connection that is being made may come before there is anybody who wants it.
            vm.guest.barrier();
            server.accept().close();
            server.accept().close();
            assertOk(vm.guest.await(init).type());
            assertOk(vm.guest.await(send).type());
            try (SocketChannel connected = server.accept()) {
                assertEquals("here", read(connected, 4));
            }
        }
    }
}
