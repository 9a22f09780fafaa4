package dev.wayferry.examples.bench.compositor;

import dev.wayferry.posix.Epoll;
import dev.wayferry.posix.Errno;
import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.SocketMessage;
import dev.wayferry.wire.wayland.WlCallback;
import dev.wayferry.wire.wayland.WlDisplay;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/** A client of the {@link EchoCompositor}: reads requests, and writes events together at the end of each turn. */
final class EchoClient implements AutoCloseable {
    /** The longest event. */
    static final int MAX_EVENT = 4096;

    private static final int INPUT_SIZE = 16 << 10;
    private static final int OUTPUT_SIZE = 16 << 10;
    private static final int DISPLAY = 1;

    private static final ValueLayout.OfInt LE_INT =
            ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LE_LONG =
            ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final Arena arena = Arena.ofConfined();
    private final OwnedFd socket;
    private final SocketMessage message;
    private final Arrivals arrivals;
    private final EchoPipes pipes;
    private @Nullable EchoPictures pictures;
    /** Files that came and were not taken yet. */
    private final ArrayDeque<OwnedFd> files = new ArrayDeque<>();

    private final MemorySegment input = arena.allocate(INPUT_SIZE, Long.BYTES);
    private final MemorySegment output = arena.allocate(OUTPUT_SIZE, Long.BYTES);
    private int inputEnd;
    private int outputStart;
    private int outputEnd;
    private int serial;

    /** It asked for that. */
    private boolean stalled;

    /** Goes with the events that are written next. */
    private @Nullable OwnedFd fileToSend;

    /** What the client asked for, if anything. */
    @Nullable EventStream stream;

    /** What its socket is watched for. */
    int interest = Epoll.EPOLLIN;

    /** Takes ownership of {@code socket}; {@code message} is everybody's. */
    EchoClient(OwnedFd socket, SocketMessage message, Arrivals arrivals, EchoPipes pipes) {
        this.socket = socket;
        this.message = message;
        this.arrivals = arrivals;
        this.pipes = pipes;
    }

    int fd() {
        return socket.number();
    }

    /** Reads what is there, as far as there is room, and does it; false at the end of the connection. */
    boolean read() throws IOException {
        message.clear().addBuffer(input.address() + inputEnd, INPUT_SIZE - inputEnd);
        long received = message.receive(fd());
        for (int i = 0; i < message.fdCount(); i++) {
            files.add(new OwnedFd(message.fd(i)));
        }
        if (received <= 0) {
            return received == -Errno.EAGAIN;
        }
        inputEnd += (int) received;
        return true;
    }

    /** Does the requests that were read, while there is room for what they are answered with. */
    void run() throws IOException {
        int at = 0;
        while (!stalled && inputEnd - at >= BenchProtocol.HEADER && hasRoom(MAX_EVENT)) {
            int word = input.get(LE_INT, at + 4L);
            int size = word >>> 16;
            if (size < BenchProtocol.HEADER || size > MAX_EVENT) {
                throw new IOException("a message of " + size + " bytes");
            }
            if (inputEnd - at < size) {
                break;
            }
            request(input.get(LE_INT, at), word & 0xffff, at, size);
            at += size;
        }
        if (at > 0) {
            MemorySegment.copy(input, at, input, 0, inputEnd - at);
            inputEnd -= at;
        }
    }

    private void request(int object, int opcode, int at, int size) throws IOException {
        if (object == DISPLAY) {
            int argument = input.get(LE_INT, at + BenchProtocol.HEADER);
            if (opcode == WlDisplay.SYNC) {
                done(argument);
            } else if (opcode == WlDisplay.GET_REGISTRY && pictures == null) {
                pictures = new EchoPictures(arrivals, argument);
            }
        } else if (object == BenchProtocol.OBJECT) {
            switch (opcode) {
                case BenchProtocol.ARRIVE ->
                    arrivals.arrived(input.get(LE_INT, at + BenchProtocol.SEQUENCE_OFFSET), System.nanoTime());
                case BenchProtocol.ECHO -> echo(at, size);
                case BenchProtocol.STREAM -> stream = new EventStream(
                        input.get(LE_INT, at + BenchProtocol.STREAM_COUNT_OFFSET),
                        input.get(LE_INT, at + BenchProtocol.STREAM_BURST_OFFSET),
                        input.get(LE_LONG, at + BenchProtocol.STREAM_INTERVAL_OFFSET),
                        input.get(LE_INT, at + BenchProtocol.STREAM_SIZE_OFFSET),
                        System.nanoTime());
                case BenchProtocol.PASTE ->
                    pipes.paste(this, takeFile(), input.get(LE_LONG, at + BenchProtocol.PASTE_COUNT_OFFSET));
                case BenchProtocol.COPY -> sendPipe(pipes.copy(this));
                case BenchProtocol.CLOG -> sendPipe(pipes.clog(this));
                case BenchProtocol.STALL -> stalled = true;
                default -> {}
            }
        } else if (pictures != null) {
            pictures.request(this, input, at, size);
        }
    }

    private void sendPipe(OwnedFd writeEnd) {
        fileToSend = writeEnd;
        event(BenchProtocol.OBJECT, BenchProtocol.PIPE, BenchProtocol.PIPE_LENGTH);
    }

    /** The file that the request at hand takes along, the caller's from now on. */
    OwnedFd takeFile() throws IOException {
        OwnedFd file = files.poll();
        if (file == null) {
            throw new IOException("a file did not come");
        }
        return file;
    }

    // ---- Events.

    /** Answers wl_display.sync as real compositors do. */
    private void done(int callback) {
        event(callback, WlCallback.DONE_EVENT, 12);
        output.set(LE_INT, outputEnd - 4L, ++serial);
        event(DISPLAY, WlDisplay.DELETE_ID_EVENT, 12);
        output.set(LE_INT, outputEnd - 4L, callback);
    }

    private void echo(int at, int size) {
        MemorySegment.copy(input, at, output, outputEnd, size);
        event(BenchProtocol.OBJECT, BenchProtocol.ECHOED, size);
    }

    void tick(int sequence, long due, int size) {
        output.set(LE_INT, outputEnd + BenchProtocol.SEQUENCE_OFFSET, sequence);
        output.set(LE_LONG, outputEnd + BenchProtocol.TICK_DUE_OFFSET, due);
        event(BenchProtocol.OBJECT, BenchProtocol.TICK, size);
    }

    void copied(long count) {
        output.set(LE_LONG, outputEnd + BenchProtocol.COPIED_COUNT_OFFSET, count);
        event(BenchProtocol.OBJECT, BenchProtocol.COPIED, BenchProtocol.COPIED_LENGTH);
    }

    private void event(int object, int opcode, int size) {
        output.set(LE_INT, outputEnd, object);
        output.set(LE_INT, outputEnd + 4L, size << 16 | opcode);
        outputEnd += size;
    }

    /** Whether an event of {@code size} bytes fits. */
    boolean hasRoom(int size) {
        return OUTPUT_SIZE - outputEnd >= size;
    }

    /** Writes what the socket takes; false at the end of the connection. */
    boolean flush() {
        while (outputStart < outputEnd) {
            // One write, as libwayland's, whose buffer has 4,096 bytes.
            int length = Math.min(outputEnd - outputStart, MAX_EVENT);
            message.clear().addBuffer(output.address() + outputStart, length);
            OwnedFd file = fileToSend;
            boolean unused = file != null && message.addFd(file.number());
            long sent = message.send(fd());
            if (sent == -Errno.EAGAIN) {
                return true;
            }
            if (sent < 0) {
                return false;
            }
            if (file != null) {
                file.close();
                fileToSend = null;
            }
            outputStart += (int) sent;
        }
        outputStart = 0;
        outputEnd = 0;
        return true;
    }

    /** What the socket should be watched for. */
    int wantedInterest() {
        return (!stalled && inputEnd < INPUT_SIZE ? Epoll.EPOLLIN : 0) | (isBlocked() ? Epoll.EPOLLOUT : 0);
    }

    /** Whether events wait for the socket to take them. */
    boolean isBlocked() {
        return outputEnd > 0;
    }

    @Override
    public void close() {
        socket.close();
        files.forEach(OwnedFd::close);
        if (fileToSend != null) {
            fileToSend.close();
        }
        if (pictures != null) {
            pictures.close();
        }
        arena.close();
    }
}
