package dev.wayferry.examples.soak;

import dev.wayferry.examples.host.ListeningProcess;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A process that is killed and started again. */
final class Part implements AutoCloseable {
    /** As short-lived programs: the first compiler and the smallest collector are the quickest. */
    private static final List<String> JVM_OPTIONS =
            // What a part says it says to be read, so the JVM itself is to say nothing.
            List.of(
                    "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx128m", "-Xlog:disable",
                    "--enable-native-access=ALL-UNNAMED");

    private static final int PATIENCE_MILLIS = 2;

    private final String name;
    private final List<String> command = new ArrayList<>();
    private final Path log;
    private final @Nullable Path socket;
    private @Nullable Process process;

    /**
     * A program of the examples, not started yet.
     *
     * @param socket where it listens once it is of use, null if it does not
     */
    Part(String name, Path logs, @Nullable Path socket, List<String> jvmOptions, String... arguments) {
        this.name = name;
        this.log = logs.resolve(name.replace(' ', '-'));
        this.socket = socket;
        command.add(System.getProperty("java.home") + "/bin/java");
        command.addAll(JVM_OPTIONS);
        command.addAll(jvmOptions);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), "dev.wayferry.examples.Main"));
        command.addAll(List.of(arguments));
    }

    String name() {
        return name;
    }

    boolean isAlive() {
        return process != null && process.isAlive();
    }

    long pid() {
        return running().pid();
    }

    private Process running() {
        Process started = process;
        if (started == null) {
            throw new IllegalStateException("the " + name + " was never started");
        }
        return started;
    }

    /** Starts it, and does not wait for anything. */
    void begin() throws IOException {
        process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.appendTo(log.toFile()))
                .start();
    }

    /** Waits until it listens. */
    void awaitListening(Limit limit) throws IOException, InterruptedException {
        Path path = socket;
        if (path == null) {
            throw new IllegalStateException("the " + name + " does not listen");
        }
        while (!ListeningProcess.isListening(path)) {
            if (!isAlive()) {
                throw new IOException("the " + name + " has ended with " + running().exitValue() + ", see " + log);
            }
            limit.check("the " + name + " does not listen");
            Thread.sleep(PATIENCE_MILLIS);
        }
    }

    void start(Limit limit) throws IOException, InterruptedException {
        begin();
        awaitListening(limit);
    }

    /** What it answers to an order on its standard input. */
    String order(String order, Limit limit) throws IOException, InterruptedException {
        running().getOutputStream().write((order + "\n").getBytes(StandardCharsets.UTF_8));
        running().getOutputStream().flush();
        BufferedReader answers = running().inputReader(StandardCharsets.UTF_8);
        while (!answers.ready()) {
            if (!isAlive()) {
                throw new IOException("the " + name + " has ended over \"" + order + "\", see " + log);
            }
            limit.check("the " + name + " does not answer to \"" + order + "\"");
            Thread.sleep(PATIENCE_MILLIS);
        }
        return answers.readLine();
    }

    /** SIGKILL, and what it listened at is gone. */
    void kill() throws IOException, InterruptedException {
        Process killed = running();
        killed.destroyForcibly();
        killed.waitFor();
        if (socket != null) {
            boolean unused = Files.deleteIfExists(socket);
        }
    }

    /** How it has ended. */
    int status() {
        return running().exitValue();
    }

    /** Waits until it ends by itself. */
    void awaitEnd(Limit limit) throws IOException, InterruptedException {
        while (!running().waitFor(PATIENCE_MILLIS, TimeUnit.MILLISECONDS)) {
            limit.check("the " + name + " does not end");
        }
    }

    @Override
    public void close() {
        if (process != null) {
            process.destroyForcibly();
        }
    }
}
