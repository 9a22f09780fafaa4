package dev.wayferry.proxy;

import static java.net.StandardProtocolFamily.UNIX;

import dev.wayferry.proxy.sandbox.AllowedFiles;
import dev.wayferry.proxy.sandbox.Sandbox;
import dev.wayferry.proxy.sandbox.SandboxMode;
import dev.wayferry.proxy.warmup.WarmUp;
import dev.wayferry.wire.vhostuser.VhostUser;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A run of {@code wayferry serve} that ends by itself, for the build to let a JVM watch that writes down what such a run
 * needs ({@code -XX:AOTCacheOutput}). With what was written the host process starts in less time.
 */
final class TrainingRun {
    private TrainingRun() {}

    /** Serves until a VMM has asked for the features, and takes as many messages as a warm-up does. */
    public static void main(String[] arguments) throws Exception {
        Path folder = Files.createTempDirectory("wayferry");
        Path socket = folder.resolve("training.sock");
        Shutdown.leaveToTheJvm();
        Thread server = Thread.ofPlatform().daemon().start(() -> {
            int code = Wayferry.execute(
                    new String[] {"serve", "--socket-path=" + socket, "--log-level=warn", "--sandbox=off"}, System.out, System.err);
            // It serves until the end of the process, or says what is wrong.
            System.exit(code);
        });
        while (!Files.exists(socket) && server.isAlive()) {
            Thread.sleep(10);
        }
        try (SocketChannel vmm = SocketChannel.open(UNIX)) {
            vmm.connect(UnixDomainSocketAddress.of(socket));
            ByteBuffer message = ByteBuffer.allocate(3 * Integer.BYTES + Long.BYTES).order(ByteOrder.nativeOrder());
            message.putInt(VhostUser.GET_FEATURES).putInt(VhostUser.VERSION).putInt(0).flip();
            while (message.hasRemaining()) {
                int unused = vmm.write(message);
            }
            message.clear();
            while (message.hasRemaining()) {
                if (vmm.read(message) < 0) {
                    throw new IllegalStateException("it has hung up");
                }
            }
        } finally {
            Files.deleteIfExists(socket);
            Files.delete(folder);
        }
        // Not in force: the JVM that writes it down starts another one for that.
        new Sandbox(SandboxMode.AUTO, new AllowedFiles(), false).rehearse();
        // What the compilers have learnt of the path is written down as well.
        WarmUp warmUp = new WarmUp();
        warmUp.start();
        warmUp.join();
        System.exit(ExitCode.OK);
    }
}
