package dev.wayferry.examples.scripts;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/** One of the checkout's scripts, run with the jars that were just made. */
final class ExampleScript {
    /** The script's own: something that it needs is not installed on this host. */
    private static final int HOST_LACKS_SOMETHING = 2;

    private static final String LACKING = "this host lacks some packages";
    private static final Duration LAST_WORDS = Duration.ofSeconds(30);

    private final Path folder;
    private final List<String> command = new ArrayList<>();
    private final Map<String, String> environment;
    private Duration limit = Duration.ofMinutes(2);

    private ExampleScript(Path folder, String script, Map<String, String> environment) {
        this.folder = folder;
        this.environment = environment;
        command.add(checkout().resolve(script).toString());
    }

    /** A run of {@code script}, a path in the checkout, that keeps its files below {@code folder}. */
    static ExampleScript of(Path folder, String script, String... arguments) {
        return of(folder, Map.of(), script, arguments);
    }

    /** The same with further variables in its environment. */
    static ExampleScript of(Path folder, Map<String, String> environment, String script, String... arguments) {
        ExampleScript run = new ExampleScript(folder, script, environment);
        run.command.addAll(List.of(arguments));
        return run;
    }

    /** How long it may take. */
    ExampleScript within(Duration longest) {
        limit = longest;
        return this;
    }

    /** The checkout's top. */
    static Path checkout() {
        return Path.of(System.getProperty("wayferry.home"));
    }

    /** How a run ended: its exit status and all that it printed. */
    record Result(List<String> command, int status, String output) {
        /** Fails with the script's output if it ended otherwise. */
        Result expect(int expected) {
            assertEquals(expected, status, () -> String.join(" ", command) + "\n" + output);
            return this;
        }

        /** Skips the test if the host has not what the script needs, with the script's own words. */
        Result skipIfHostLacksSomething() {
            if (status == HOST_LACKS_SOMETHING && output.contains(LACKING)) {
                Assumptions.abort(output.strip());
            }
            return this;
        }
    }

    /** Runs it to its end. */
    Result run() throws IOException, InterruptedException {
        return start().end();
    }

    /** Starts it. */
    Running start() throws IOException {
        // Sway, as another user, passes through it.
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx--x--x"));
        Path output = Files.createTempFile(folder, "output", ".txt");
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(output.toFile());
        builder.environment().remove("WAYFERRY");
        builder.environment().put("TMPDIR", folder.toString());
        builder.environment().putAll(environment);
        Process process = builder.start();
        process.getOutputStream().close();
        return new Running(process, output);
    }

    /** A script that runs. */
    final class Running {
        private final Process process;
        private final Path output;

        private Running(Process process, Path output) {
            this.process = process;
            this.output = output;
        }

        /** Waits until it has printed {@code text}. */
        Running await(String text) throws IOException, InterruptedException {
            long deadline = System.nanoTime() + limit.toNanos();
            while (!Files.readString(output).contains(text)) {
                if (!process.isAlive() || System.nanoTime() > deadline) {
                    process.destroy();
                    fail("never printed \"" + text + "\":\n" + end().output());
                }
                Thread.sleep(20);
            }
            return this;
        }

        /** Sends it SIGTERM. */
        Running terminate() {
            process.destroy();
            return this;
        }

        /** Waits for its end. */
        Result end() throws IOException, InterruptedException {
            boolean ended = process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS);
            if (!ended) {
                // Not killed: it ends what it has started.
                process.destroy();
                if (!process.waitFor(LAST_WORDS.toMillis(), TimeUnit.MILLISECONDS)) {
                    process.destroyForcibly();
                }
            }
            String printed = Files.readString(output);
            Files.delete(output);
            if (!ended) {
                fail(String.join(" ", command) + " did not end within " + limit.toSeconds() + " s:\n" + printed);
            }
            return new Result(command, process.exitValue(), printed);
        }
    }

    /** The command lines of processes that have to do with {@code folder}; those that were killed have time to go. */
    static List<String> processesOf(Path folder) throws InterruptedException {
        long deadline = System.nanoTime() + LAST_WORDS.toNanos();
        List<String> left = processesNow(folder);
        while (!left.isEmpty() && System.nanoTime() < deadline) {
            Thread.sleep(20);
            left = processesNow(folder);
        }
        return left;
    }

    private static List<String> processesNow(Path folder) {
        try (Stream<ProcessHandle> all = ProcessHandle.allProcesses()) {
            return all.map(ExampleScript::commandLine)
                    .filter(line -> line.contains(folder.toString()))
                    .toList();
        }
    }

    private static String commandLine(ProcessHandle process) {
        try {
            return Files.readString(Path.of("/proc/" + process.pid() + "/cmdline")).replace('\0', ' ');
        } catch (IOException hasEnded) {
            return "";
        }
    }

    /** What a run has left in {@code folder}. */
    static List<Path> leftIn(Path folder) {
        try (Stream<Path> files = Files.list(folder)) {
            return files.toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
