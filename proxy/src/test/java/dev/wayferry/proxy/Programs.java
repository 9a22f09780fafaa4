package dev.wayferry.proxy;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Real programs that a test starts, in an environment of its own; what they print goes to files of their folder. */
final class Programs implements AutoCloseable {
    private static final long PATIENCE_SECONDS = 60;
    private static final long PAUSE_MILLIS = 20;

    private final Path folder;
    private final ArrayDeque<Process> running = new ArrayDeque<>();

    Programs(Path folder) {
        this.folder = folder;
    }

    /** Starts a program of a Debian package; without it the test fails and says which package that is. */
    Process start(String debianPackage, Map<String, String> environment, String... command) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectInput(Path.of("/dev/null").toFile())
                .redirectOutput(output(command[0]).toFile())
                .redirectError(folder.resolve(command[0] + ".err").toFile());
        builder.environment().putAll(Map.of("HOME", folder.toString(), "XDG_RUNTIME_DIR", folder.toString()));
        builder.environment().putAll(environment);
        try {
            Process process = builder.start();
            running.push(process);
            return process;
        } catch (IOException e) {
            throw new AssertionError(command[0] + " can't be started, install the package " + debianPackage, e);
        }
    }

    private Path output(String program) {
        return folder.resolve(program + ".out");
    }

    /** What the program has printed; and on its standard error, where that is all there is. */
    String printed(String program) throws IOException {
        String out = Files.readString(output(program));
        return out.isEmpty() ? Files.readString(folder.resolve(program + ".err")) : out;
    }

    /** Waits until the program has printed a line, and returns it. */
    String awaitLine(String program) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        String printed = Files.readString(output(program));
        while (!printed.contains("\n")) {
            String soFar = printed;
            assertTrue(System.nanoTime() < deadline && running.peek().isAlive(),
                    () -> program + " prints nothing: " + soFar);
            Thread.sleep(PAUSE_MILLIS);
            printed = Files.readString(output(program));
        }
        return printed.substring(0, printed.indexOf('\n'));
    }

    /** Runs a program again and again until what it prints holds {@code text}. */
    void runUntilPrinted(String text, String debianPackage, Map<String, String> environment, String... command)
            throws IOException, InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        String printed;
        do {
            Process process = start(debianPackage, environment, command);
            assertTrue(process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS), () -> command[0] + " does not end");
            running.remove(process);
            printed = printed(command[0]);
            String soFar = printed;
            assertTrue(System.nanoTime() < deadline, () -> command[0] + " never prints " + text + ": " + soFar);
        } while (!printed.contains(text));
    }

    /** Waits until a server has made its socket. */
    void awaitSocket(Path socket) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (!Files.exists(socket)) {
            assertTrue(System.nanoTime() < deadline && running.peek().isAlive(), () -> "there is no " + socket);
            Thread.sleep(PAUSE_MILLIS);
        }
    }

    /** Ends them, the last one first. */
    @Override
    public void close() throws InterruptedException {
        while (!running.isEmpty()) {
            Process process = running.pop();
            process.destroy();
            if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        }
    }
}
