package dev.wayferry.examples.drm;

import java.io.BufferedReader;
import java.io.EOFException;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** As much of QEMU's machine protocol as tells it to stop and to go on. */
final class Qmp implements AutoCloseable {
    private final SocketChannel socket;
    private final BufferedReader answers;

    /** Connects to the socket that {@code -qmp} names. */
    Qmp(Path path) throws IOException {
        socket = SocketChannel.open(StandardProtocolFamily.UNIX);
        boolean unused = socket.connect(UnixDomainSocketAddress.of(path));
        answers = new BufferedReader(Channels.newReader(socket, StandardCharsets.UTF_8));
        String greeting = answers.readLine();
        if (greeting == null || !greeting.startsWith("{\"QMP\"")) {
            throw new IOException("greeted with " + greeting);
        }
        execute("qmp_capabilities");
    }

    /** Returns when QEMU has done it; events before that are passed over. */
    void execute(String command) throws IOException {
        ByteBuffer line = StandardCharsets.UTF_8.encode("{\"execute\": \"" + command + "\"}\n");
        while (line.hasRemaining()) {
            int unused = socket.write(line);
        }
        String answer = answers.readLine();
        while (answer != null && answer.contains("\"event\":")) {
            answer = answers.readLine();
        }
        if (answer == null) {
            throw new EOFException("QEMU ended over " + command);
        }
        if (!answer.startsWith("{\"return\":")) {
            throw new IOException(command + ": " + answer);
        }
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
