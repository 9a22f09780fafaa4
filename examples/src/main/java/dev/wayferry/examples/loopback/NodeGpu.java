package dev.wayferry.examples.loopback;

import dev.wayferry.examples.virtgpu.VirtGpuContext;
import dev.wayferry.examples.virtgpu.VirtGpuDevice;
import dev.wayferry.posix.Sockets;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/** The GPU of a guest without a VM that is another process, by its {@link NodeServer node}. */
public final class NodeGpu implements VirtGpuDevice {
    private final Path path;
    private final NodeSocket watched;

    private NodeGpu(Path path, NodeSocket watched) {
        this.path = path;
        this.watched = watched;
    }

    /** Opens the node at {@code path}; {@code gone} is run when the guest is no more. */
    public static NodeGpu open(Path path, Runnable gone) throws IOException {
        NodeSocket watched = connect(path);
        Thread.ofPlatform().daemon().name("guest").start(() -> {
            try {
                while (watched.receive() != null) {
                    // Nothing is asked on this one, so nothing comes.
                }
            } catch (IOException e) {
                // It is gone all the same.
            }
            watched.close();
            gone.run();
        });
        return new NodeGpu(path, watched);
    }

    private static NodeSocket connect(Path path) throws IOException {
        return new NodeSocket(Sockets.connect(path.toString()));
    }

    @Override
    public byte[] capset(int capsetId, int version, int length) throws IOException {
        try (NodeSocket socket = connect(path)) {
            socket.compose().putInt(NodeSocket.CAPSET).putInt(capsetId).putInt(version).putInt(length);
            ByteBuffer answer = socket.call();
            byte[] capset = new byte[answer.remaining()];
            answer.get(capset);
            return capset;
        }
    }

    @Override
    public VirtGpuContext openContext(int capsetId, int numRings, long pollRingsMask) throws IOException {
        NodeSocket socket = connect(path);
        try {
            socket.compose().putInt(NodeSocket.OPEN).putInt(capsetId).putInt(numRings).putLong(pollRingsMask);
            socket.call();
            return new NodeContext(socket, socket.takeFile());
        } catch (IOException | RuntimeException e) {
            socket.close();
            throw e;
        }
    }

    @Override
    public void close() {
        watched.shutdown();
    }
}
