package dev.wayferry.proxy;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.wayferry.posix.Identity;
import dev.wayferry.proxy.sandbox.AllowedFiles;
import dev.wayferry.proxy.sandbox.Sandbox;
import dev.wayferry.proxy.sandbox.SandboxMode;
import dev.wayferry.proxy.warmup.WarmUp;
import dev.wayferry.wire.vhostuser.VhostUser;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.SocketException;
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
    private static final int LAUNCHERS_UMASK = 0177;

    private TrainingRun() {}

    /** Serves until a VMM has asked for the features, and takes as many messages as a warm-up does. */
    public static void main(String[] arguments) throws Exception {
        Path folder = Files.createTempDirectory("wayferry");
        Path socket = folder.resolve("training.sock");
        // As by the launcher.
        int unusedMask = Identity.umask(LAUNCHERS_UMASK);
        Shutdown.leaveToTheJvm();
        readACommandLine();
        Thread server = Thread.ofPlatform().daemon().start(() -> {
            int code = Wayferry.execute(
                    new String[] {"serve", "--socket-path=" + socket, "--log-level=warn", "--sandbox=off"}, System.out, System.err);
            // It serves until the end of the process, or says what is wrong.
            System.exit(code);
        });
        try (SocketChannel vmm = connect(socket, server)) {
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
        new WarmUp().complete();
        System.exit(ExitCode.OK);
    }

    /** Connects as soon as somebody listens: the path is there a moment before that. */
    private static SocketChannel connect(Path socket, Thread server) throws IOException, InterruptedException {
        while (true) {
            try {
                return SocketChannel.open(UnixDomainSocketAddress.of(socket));
            } catch (SocketException e) {
                if (!server.isAlive()) {
                    throw e;
                }
                Thread.sleep(10);
            }
        }
    }

    /** With picocli, so that command lines that are not plain begin sooner too. */
    private static void readACommandLine() {
        PrintStream nowhere = new PrintStream(OutputStream.nullOutputStream(), false, UTF_8);
        int code = Wayferry.execute(new String[] {"serve", "--help"}, nowhere, nowhere);
        if (code != ExitCode.OK) {
            throw new IllegalStateException("serve --help ended with " + code);
        }
    }
}
