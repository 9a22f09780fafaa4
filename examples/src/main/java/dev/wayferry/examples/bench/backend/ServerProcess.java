package dev.wayferry.examples.bench.backend;

import dev.wayferry.examples.host.WayferryProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A process that listens at a socket, and writes to a log. */
public final class ServerProcess implements Running {
    private static final Duration START_LIMIT = Duration.ofSeconds(30);
    private static final Duration STOP_LIMIT = Duration.ofSeconds(20);
    private static final int PATIENCE_MILLIS = 5;

    /** The options of {@code proxy/bin/wayferry}: what is compared with the host process must run as it does. */
    static final List<String> JVM_OPTIONS =
            List.of("-XX:+UseSerialGC", "-Xms16m", "-Xmx128m", "-XX:+ExitOnOutOfMemoryError");

    private final Process process;
    private final Path socket;
    private final Path logFile;

    private ServerProcess(Process process, Path socket, Path logFile) {
        this.process = process;
        this.socket = socket;
        this.logFile = logFile;
    }

    /** Starts {@code command} and waits until somebody listens at {@code socket}; the log is {@code socket} with .log. */
    public static ServerProcess start(Path socket, List<String> command) throws IOException {
        Path logFile = socket.resolveSibling(socket.getFileName() + ".log");
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(logFile.toFile()))
                .start();
        ServerProcess started = new ServerProcess(process, socket, logFile);
        try {
            process.getOutputStream().close();
            started.awaitListening(command);
            return started;
        } catch (IOException | RuntimeException e) {
            process.destroyForcibly();
            throw e;
        }
    }

    /** The same for a main class of ours, run as the host process is; its first argument is {@code socket}. */
    public static ServerProcess start(Path socket, Class<?> main, String... arguments) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(System.getProperty("java.home") + "/bin/java");
        command.addAll(JVM_OPTIONS);
        command.add("--enable-native-access=ALL-UNNAMED");
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName(), socket.toString()));
        command.addAll(List.of(arguments));
        return start(socket, command);
    }

    private void awaitListening(List<String> command) throws IOException {
        long deadline = System.nanoTime() + START_LIMIT.toNanos();
        while (!WayferryProcess.isListening(socket)) {
            if (!process.isAlive()) {
                throw new IOException(
                        String.join(" ", command) + " ended with " + process.exitValue() + ":\n" + log());
            }
            if (System.nanoTime() > deadline) {
                throw new IOException(String.join(" ", command) + " does not listen at " + socket + " after "
                        + START_LIMIT.toSeconds() + " s:\n" + log());
            }
            try {
                Thread.sleep(PATIENCE_MILLIS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IOException("interrupted while waiting for " + socket, e);
            }
        }
    }

    @Override
    public long pid() {
        return process.pid();
    }

    @Override
    public Path socket() {
        return socket;
    }

    @Override
    public String log() throws IOException {
        return Files.exists(logFile) ? Files.readString(logFile) : "";
    }

    /** Ends it, by force if it takes too long. */
    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(STOP_LIMIT.toMillis(), TimeUnit.MILLISECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
