package dev.wayferry.proxy;

import static dev.wayferry.proxy.TestVm.assertOk;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wayferry.bridge.UnixListener;
import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.PollSet;
import dev.wayferry.posix.Posix;
import dev.wayferry.posix.PosixException;
import dev.wayferry.proxy.TestCompositor.Connection;
import dev.wayferry.proxy.TestGuest.Message;
import dev.wayferry.proxy.TestGuest.Pending;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A guest proxy as small as can be: programs connect to its socket, and each gets a context of its own, whose channel of the
 * given type carries what they say. All on the caller's thread. Memory that a server sends is handed on as the VMM has it
 * mapped; of other files only those that the test's server sends are provided for.
 */
class Relay implements AutoCloseable {
    private static final int MOST = 64;
    private static final int MAX_DATA = 4096 - 352;
    private static final int PATIENCE_MILLIS = 60_000;
    private static final int TURN_MILLIS = 100;
    private static final long PAGE = 4096;

    private final TestVm vm;
    private final int initSize;
    private final int channelType;
    private final UnixListener listener;
    private final Arena arena = Arena.ofShared();
    private final PollSet waits = new PollSet(MOST, arena);
    private final List<Client> clients = new ArrayList<>();
    private int nextContext;
    private int nextResource = 5000;

    Relay(TestVm vm, Path socket, int initSize, int channelType) throws IOException {
        this.vm = vm;
        this.initSize = initSize;
        this.channelType = channelType;
        this.listener = UnixListener.bind(socket);
    }

    /** One program's connection. */
    final class Client {
        final int ctx;
        final Connection program;
        private Pending poll;

        private Client(int ctx, Connection program) {
            this.ctx = ctx;
            this.program = program;
            vm.guest.channel(ctx, initSize, channelType);
            poll = vm.guest.poll(ctx);
        }

        /** Takes something from the program; false at its end. */
        private boolean takeFromProgram() throws PosixException {
            byte[] bytes = program.readSome(MAX_DATA);
            assertEquals(0, program.received.size(), "a file from the program");
            if (bytes.length > 0) {
                assertOk(vm.guest.request(TestGuest.send(ctx, bytes)));
            }
            return bytes.length > 0;
        }

        /** Gives the program what the guest's page holds, if there is something new; false at the end. */
        private boolean takeFromServer() throws IOException {
            while (vm.guest.isDone(poll)) {
                assertOk(poll.type());
                Message message = vm.guest.message(ctx);
                if (message.cmd() == 6) {
                    read(this, message);
                } else if (message.data().length == 0) {
                    return false;
                } else {
                    received(this, message);
                }
                poll = vm.guest.poll(ctx);
            }
            return true;
        }

        private void close() {
            assertOk(vm.guest.ctxDestroy(ctx));
            for (int ring = 0; ring < 2; ring++) {
                assertOk(vm.guest.request(TestGuest.unref(TestGuest.ringResource(ctx, ring))));
            }
            program.close();
        }
    }

    /** A RECEIVE for a program. */
    void received(Client client, Message message) throws IOException {
        List<OwnedFd> fds = new ArrayList<>();
        for (int i = 0; i < message.ids().length; i++) {
            assertEquals(TestGuest.BLOB, message.types()[i], "a file of another type");
            fds.add(memory(client.ctx, message.ids()[i], message.sizes()[i]));
        }
        client.program.send(message.data(), fds.stream().mapToInt(OwnedFd::number).toArray());
        fds.forEach(OwnedFd::close);
    }

    /** A READ for a program. */
    void read(Client client, Message message) throws IOException {
        throw new AssertionError("a READ of " + message.identifier());
    }

    /** The file behind a blob of received memory, as a guest's program would get it. */
    OwnedFd memory(int ctx, int id, int size) throws PosixException {
        int resource = nextResource++;
        assertOk(vm.guest.request(vm.guest.hostBlob(resource, ctx, id, (size + PAGE - 1) & -PAGE)));
        assertEquals(TestGuest.OK_MAP_INFO, vm.guest.request(TestGuest.map(resource, 0)));
        OwnedFd file = OwnedFd.of(Posix.dup(vm.vmm.mappedFile(0)), "dup");
        assertOk(vm.guest.request(TestGuest.unref(resource)));
        return file;
    }

    /** A program has gone, and its context with it. */
    void gone(Client client) throws IOException {}

    /** Adds what else is to be waited for; called before each wait. */
    void addWaits(PollSet set) {}

    /** Looks at what else was waited for. */
    void afterWait() throws IOException {}

    /** Carries what programs and servers say until {@code program} has ended; with 0. */
    void runUntilEnd(Process program) throws IOException {
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(PATIENCE_MILLIS);
        while (program.isAlive()) {
            assertTrue(System.nanoTime() < deadline, () -> "it does not end: " + program.info().commandLine().orElse(""));
            turn();
        }
        assertEquals(0, program.exitValue());
        while (!clients.isEmpty()) {
            turn();
        }
    }

    private void turn() throws IOException {
        waits.clear();
        int accept = waits.add(listener.fd(), Posix.POLLIN);
        int interrupt = waits.add(vm.guest.interrupt(), Posix.POLLIN);
        for (Client client : clients) {
            int unused = waits.add(client.program.socket.number(), Posix.POLLIN);
        }
        addWaits(waits);
        int events = waits.poll(vm.guest.awaitsInterrupt() ? TURN_MILLIS : 0);
        assertTrue(events >= 0);
        for (int i = clients.size() - 1; i >= 0; i--) {
            Client client = clients.get(i);
            boolean goesOn = (waits.revents(interrupt + 1 + i) & (Posix.POLLIN | Posix.POLLHUP)) == 0
                    || client.takeFromProgram();
            if (!goesOn || !client.takeFromServer()) {
                clients.remove(i).close();
                gone(client);
            }
        }
        afterWait();
        if ((waits.revents(accept) & Posix.POLLIN) != 0) {
            clients.add(new Client(1 + nextContext++ % 100, new Connection(listener.accept().socket())));
        }
    }

    @Override
    public void close() throws IOException {
        clients.forEach(Client::close);
        listener.close();
        arena.close();
    }
}
