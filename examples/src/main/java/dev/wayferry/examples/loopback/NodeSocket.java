package dev.wayferry.examples.loopback;

import dev.wayferry.posix.Errno;
import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.PosixException;
import dev.wayferry.posix.SocketMessage;
import dev.wayferry.posix.Sockets;
import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * One end of an open {@link NodeServer node}: messages, each with a file or without. A request is one of the constants and
 * its arguments; an answer begins with 0, or is an error's number and text.
 */
final class NodeSocket implements AutoCloseable {
    /** Of a capset: its number, version and length; answered by its data. */
    static final int CAPSET = 1;
    /** Of a context: its capset, number of rings and mask of polled rings; answered with its event descriptor. */
    static final int OPEN = 2;
    /** Of a blob: its memory, flags, size and identifier; answered by a handle, the resource's number and the size. */
    static final int CREATE_BLOB = 3;
    /** With a file; answered as {@link #CREATE_BLOB}. */
    static final int IMPORT_BLOB = 4;
    /** Of a handle; answered by the length of the pieces and their offsets, with the file. */
    static final int MAP = 5;
    /** Of a handle; answered with the file. */
    static final int EXPORT = 6;
    /** Of a handle; not answered. */
    static final int CLOSE_BLOB = 7;
    /** Of a ring, a number of handles, these, and the command; not answered. */
    static final int SUBMIT = 8;
    /** Of a handle; answered when its fences are signalled. */
    static final int AWAIT = 9;
    /** Of a handle; answered by 1 if its fences are signalled. */
    static final int IS_SIGNALLED = 10;
    /** Answered by 1 if an event was taken. */
    static final int TAKE_EVENT = 11;

    private static final int MAX_LENGTH = 1 << 16;
    private static final int NO_FILE = -1;

    private final OwnedFd socket;
    private final Arena arena = Arena.ofShared();
    private final SocketMessage message = new SocketMessage(1, arena);
    private final MemorySegment memory = arena.allocate(Integer.BYTES + MAX_LENGTH, Long.BYTES);
    private final ByteBuffer bytes =
            memory.asSlice(Integer.BYTES).asByteBuffer().order(ByteOrder.nativeOrder());
    private @Nullable OwnedFd file;

    /** Takes ownership of {@code socket}. */
    NodeSocket(OwnedFd socket) {
        this.socket = socket;
    }

    /** The buffer for the next message. */
    ByteBuffer compose() {
        return bytes.clear();
    }

    /** Sends what was composed. */
    void send() throws IOException {
        send(NO_FILE);
    }

    /** The same with a file, which stays the caller's. */
    void send(int fd) throws IOException {
        int length = Integer.BYTES + bytes.position();
        memory.set(ValueLayout.JAVA_INT, 0, bytes.position());
        for (int sent = 0; sent < length; ) {
            message.clear().addBuffer(memory.asSlice(sent, length - sent));
            if (sent == 0 && fd != NO_FILE && !message.addFd(fd)) {
                throw new IllegalStateException("no room for a file");
            }
            long count = message.sendBlocking(socket.number());
            if (count != -Errno.EINTR) {
                sent += (int) PosixException.check(count, "sending on a node");
            }
        }
    }

    /** Answers an error. */
    void sendError(IOException e) throws IOException {
        int errno = e instanceof PosixException posix ? posix.errno() : Errno.EIO;
        compose().putInt(errno).put(String.valueOf(e.getMessage()).getBytes(StandardCharsets.UTF_8));
        send();
    }

    /** Waits for the next message, which is valid until another is composed or received; null at the end. */
    @Nullable ByteBuffer receive() throws IOException {
        closeFile();
        if (!fill(0, Integer.BYTES)) {
            return null;
        }
        int length = memory.get(ValueLayout.JAVA_INT, 0);
        if (length < Integer.BYTES || length > MAX_LENGTH || !fill(Integer.BYTES, length)) {
            throw new EOFException("a message of " + length + " bytes on a node");
        }
        return bytes.clear().limit(length);
    }

    private boolean fill(int offset, int length) throws IOException {
        for (int filled = 0; filled < length; ) {
            message.clear().addBuffer(memory.asSlice(offset + filled, length - filled));
            long count = message.receiveBlocking(socket.number());
            for (int i = 0; i < message.fdCount(); i++) {
                closeFile();
                file = new OwnedFd(message.fd(i));
            }
            if (count == 0 || count == -Errno.ECONNRESET) {
                return false;
            }
            if (count != -Errno.EINTR) {
                filled += (int) PosixException.check(count, "receiving on a node");
            }
        }
        return true;
    }

    /** Sends what was composed and waits for the answer; what lies in it begins at the buffer's position. */
    ByteBuffer call() throws IOException {
        return call(NO_FILE);
    }

    /** The same with a file, which stays the caller's. */
    ByteBuffer call(int fd) throws IOException {
        send(fd);
        ByteBuffer answer = receive();
        if (answer == null) {
            throw new IOException("the guest is gone");
        }
        int errno = answer.getInt();
        if (errno != 0) {
            byte[] text = new byte[answer.remaining()];
            answer.get(text);
            throw new PosixException(new String(text, StandardCharsets.UTF_8), errno);
        }
        return answer;
    }

    /** The file of the message received last, which is the caller's. */
    OwnedFd takeFile() throws IOException {
        OwnedFd taken = file;
        if (taken == null) {
            throw new IOException("a message without its file on a node");
        }
        file = null;
        return taken;
    }

    private void closeFile() {
        if (file != null) {
            file.close();
            file = null;
        }
    }

    /** Wakes whoever waits here, from any thread; it is of no use afterwards. */
    void shutdown() {
        if (socket.isOpen()) {
            int unused = Sockets.shutdown(socket.number());
        }
    }

    @Override
    public void close() {
        closeFile();
        socket.close();
        arena.close();
    }
}
