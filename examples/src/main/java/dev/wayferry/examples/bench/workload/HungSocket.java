package dev.wayferry.examples.bench.workload;

import dev.wayferry.examples.bench.OpenResources;
import java.io.IOException;
import java.net.SocketException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;

/** A listening socket whose backlog is full, and stays so: a connect to it hangs. */
final class HungSocket implements AutoCloseable {
    private static final int SMALLEST_BACKLOG = 1;
    private static final int MOST_CONNECTIONS = 100;

    private final Path path;
    private final OpenResources open = new OpenResources();

    private HungSocket(Path path) {
        this.path = path;
    }

    static HungSocket at(Path path) throws IOException {
        HungSocket socket = new HungSocket(path);
        try {
            socket.fill();
            return socket;
        } catch (IOException | RuntimeException e) {
            socket.close();
            throw e;
        }
    }

    private void fill() throws IOException {
        Files.deleteIfExists(path);
        UnixDomainSocketAddress address = UnixDomainSocketAddress.of(path);
        ServerSocketChannel listener = open.add(ServerSocketChannel.open(StandardProtocolFamily.UNIX));
        listener.bind(address, SMALLEST_BACKLOG);
        for (int i = 0; i < MOST_CONNECTIONS; i++) {
            SocketChannel client = open.add(SocketChannel.open(StandardProtocolFamily.UNIX));
            client.configureBlocking(false);
            try {
                boolean unused = client.connect(address);
            } catch (SocketException full) {
                if (i == 0) {
                    throw full;
                }
                return;
            }
        }
        throw new IOException(path + " takes " + MOST_CONNECTIONS + " connections that nobody accepts");
    }

    Path path() {
        return path;
    }

    @Override
    public void close() throws IOException {
        open.close();
        Files.deleteIfExists(path);
    }
}
