package dev.wayferry.proxy;

import static dev.wayferry.proxy.TestVm.assertOk;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.PollSet;
import dev.wayferry.posix.Posix;
import dev.wayferry.proxy.TestGuest.Message;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.NullUnmarked;

/**
 * A relay that knows as much of PipeWire's protocol as a guest proxy has to: which of the eventfds that a daemon sends its
 * programs wait for, and which they signal.
 *
 * <p>A message is a header (object, opcode and size, sequence number, number of files) and a struct of typed values. Source:
 * PipeWire's documentation, "Native Protocol".
 */
@NullUnmarked // what is missing fails the test at once
final class PipeWireRelay extends Relay {
    private static final int LIBKRUN_INIT = 24;
    private static final int CHANNEL_TYPE = 0x10;
    private static final int EVENTFD = 6;
    private static final int WATCH = 11;

    private static final int HEADER = 16;
    private static final int CORE = 0;
    private static final int ADD_MEM = 6;
    private static final int TRANSPORT = 0;
    private static final int SET_ACTIVATION = 10;
    /** Where in Transport the index of the file is that the program reads from: behind the heads of struct and value. */
    private static final int READ_FD = HEADER + 16;

    private record File(int id, int type, int size) {}

    private final ArrayDeque<File> files = new ArrayDeque<>();
    private byte[] bytes = {};

    /** Eventfds that a program waits for, by the number of the daemon's; and those that it signals. */
    private final Map<Integer, OwnedFd> waitedFor = new HashMap<>();

    private final Map<Integer, OwnedFd> signalled = new HashMap<>();
    private final Arena arena = Arena.ofShared();
    private final MemorySegment value = arena.allocate(ValueLayout.JAVA_LONG);
    private final TestVm vm;
    private Client client;

    /** Blobs of memory, READs and WRITEs of eventfds. */
    int memories;

    int reads;
    int writes;

    PipeWireRelay(TestVm vm, Path socket) throws IOException {
        super(vm, socket, LIBKRUN_INIT, CHANNEL_TYPE);
        this.vm = vm;
    }

    @Override
    void received(Client to, Message message) throws IOException {
        client = to;
        for (int i = 0; i < message.ids().length; i++) {
            files.add(new File(message.ids()[i], message.types()[i], message.sizes()[i]));
        }
        int had = bytes.length;
        bytes = Arrays.copyOf(bytes, had + message.data().length);
        System.arraycopy(message.data(), 0, bytes, had, message.data().length);
        ByteBuffer next = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        while (bytes.length >= HEADER && bytes.length >= HEADER + (next.getInt(4) & 0xff_ffff)) {
            int length = HEADER + (next.getInt(4) & 0xff_ffff);
            forward(next, length);
            bytes = Arrays.copyOfRange(bytes, length, bytes.length);
            next = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        }
    }

    private void forward(ByteBuffer message, int length) throws IOException {
        int opcode = message.get(7);
        int[] fds = new int[message.getInt(12)];
        OwnedFd[] own = new OwnedFd[fds.length];
        for (int i = 0; i < fds.length; i++) {
            File file = files.remove();
            if (message.getInt(0) == CORE && opcode == ADD_MEM) {
                assertEquals(TestGuest.BLOB, file.type);
                memories++;
                own[i] = memory(client.ctx, file.id, file.size);
            } else {
                assertEquals(EVENTFD, file.type);
                assertEquals(fds.length == 2 ? TRANSPORT : SET_ACTIVATION, opcode);
                own[i] = event(file.id, opcode == TRANSPORT && message.getLong(READ_FD) == i);
            }
            fds[i] = own[i].number();
        }
        client.program.send(Arrays.copyOf(bytes, length), fds);
        for (OwnedFd file : own) {
            file.close();
        }
    }

    private OwnedFd event(int id, boolean isWaitedFor) throws IOException {
        OwnedFd event = OwnedFd.of(Posix.eventfd(), "eventfd");
        (isWaitedFor ? waitedFor : signalled).put(id, event);
        if (isWaitedFor) {
            assertOk(vm.guest.request(TestGuest.itemCommand(client.ctx, WATCH, id)));
        }
        return event.duplicate();
    }

    @Override
    void read(Client from, Message message) {
        reads++;
        value.set(ValueLayout.JAVA_LONG, 0, ByteBuffer.wrap(message.data()).order(ByteOrder.LITTLE_ENDIAN).getLong());
        assertEquals(Long.BYTES, Posix.write(waitedFor.get(message.identifier()).number(), value));
    }

    /** What a program that has gone signalled last has no context left to be written to. */
    @Override
    void gone(Client from) {
        if (from == client) {
            signalled.values().forEach(OwnedFd::close);
            signalled.clear();
        }
    }

    @Override
    void addWaits(PollSet set) {
        for (OwnedFd event : signalled.values()) {
            int unused = set.add(event.number(), Posix.POLLIN);
        }
    }

    @Override
    void afterWait() {
        signalled.forEach((id, event) -> {
            if (Posix.read(event.number(), value) == Long.BYTES) {
                writes++;
                byte[] count = value.toArray(ValueLayout.JAVA_BYTE);
                assertOk(vm.guest.request(TestGuest.write(client.ctx, id, count, false)));
            }
        });
    }

    @Override
    public void close() throws IOException {
        super.close();
        waitedFor.values().forEach(OwnedFd::close);
        signalled.values().forEach(OwnedFd::close);
        arena.close();
    }
}
