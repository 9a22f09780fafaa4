package dev.wayferry.examples.soak;

import dev.wayferry.examples.client.ConnectionBrokenException;
import dev.wayferry.posix.Errno;
import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.Posix;
import dev.wayferry.posix.SocketMessage;
import dev.wayferry.posix.Sockets;
import dev.wayferry.wire.wayland.WlDisplay;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;

/** A client that does no more than ask and look whether there is an answer or an end, and waits for neither for ever. */
final class Probe implements AutoCloseable {
    private static final int ROOM = 1 << 16;
    private static final int DISPLAY = 1;
    private static final int REGISTRY = 2;
    private static final int HEADER = 8;
    private static final int REQUEST_LENGTH = HEADER + Integer.BYTES;
    private static final int LOOK_MILLIS = 100;
    private static final ValueLayout.OfInt WORD = ValueLayout.JAVA_INT;

    private final OwnedFd socket;
    private final Arena arena = Arena.ofConfined();
    private final SocketMessage message = new SocketMessage(1, arena);
    private final MemorySegment out = arena.allocate(REQUEST_LENGTH, Long.BYTES);
    private final MemorySegment in = arena.allocate(ROOM, Long.BYTES);
    private int filled;
    private int lastId = REGISTRY;

    private Probe(OwnedFd socket) {
        this.socket = socket;
    }

    /** Connects to the display at {@code path}, and asks for its globals. */
    static Probe connect(Path path) throws IOException {
        Probe probe = new Probe(Sockets.connect(path.toString()));
        try {
            probe.request(WlDisplay.GET_REGISTRY, REGISTRY);
            return probe;
        } catch (IOException e) {
            probe.close();
            throw e;
        }
    }

    private void request(int opcode, int newId) throws IOException {
        out.set(WORD, 0, DISPLAY);
        out.set(WORD, Integer.BYTES, REQUEST_LENGTH << 16 | opcode);
        out.set(WORD, HEADER, newId);
        message.clear().addBuffer(out);
        long sent = message.send(socket.number());
        if (sent != REQUEST_LENGTH) {
            throw new ConnectionBrokenException("a request does not go: " + (sent < 0 ? Errno.name(sent) : sent + " bytes"));
        }
    }

    /** Waits until the compositor has answered all that was asked. */
    void roundTrip(Limit limit) throws IOException {
        int callback = ++lastId;
        request(WlDisplay.SYNC, callback);
        while (!hear(callback)) {
            receive(limit);
        }
    }

    /** Forgets the events that have come; whether one was this object's. */
    private boolean hear(int object) {
        boolean heard = false;
        int at = 0;
        while (filled - at >= HEADER) {
            int size = in.get(WORD, at + Integer.BYTES) >>> 16;
            if (size < HEADER || size > filled - at) {
                break;
            }
            heard |= in.get(WORD, at) == object;
            at += size;
        }
        MemorySegment.copy(in, at, in, 0, filled - at);
        filled -= at;
        return heard;
    }

    private void receive(Limit limit) throws IOException {
        while (Posix.poll(socket.number(), Posix.POLLIN, LOOK_MILLIS) == 0) {
            limit.check("a client is neither answered nor hung up on");
        }
        message.clear().addBuffer(in.asSlice(filled));
        long count = message.receive(socket.number());
        for (int i = 0; i < message.fdCount(); i++) {
            Posix.close(message.fd(i));
        }
        if (count == 0 || (count < 0 && count != -Errno.EINTR)) {
            throw new ConnectionBrokenException("hung up" + (count < 0 ? ": " + Errno.name(count) : ""));
        }
        filled += Math.max(0, (int) count);
    }

    /** Waits until the other end hangs up. */
    void awaitHangUp(Limit limit) throws HangException {
        try {
            while (true) {
                receive(limit);
                boolean unused = hear(0);
            }
        } catch (HangException e) {
            throw e;
        } catch (IOException hungUp) {
            // As it should be.
        }
    }

    @Override
    public void close() {
        socket.close();
        arena.close();
    }
}
