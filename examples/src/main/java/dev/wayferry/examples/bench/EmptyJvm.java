package dev.wayferry.examples.bench;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;

/** A running {@link EmptyMain}, with which the JVM's own share of a Java process is told from the program's. */
public final class EmptyJvm implements AutoCloseable {
    /** How rows call it. */
    public static final String NAME = "empty-jvm";

    private static final int END_LIMIT_SECONDS = 10;

    private final Process process;

    private EmptyJvm(Process process) {
        this.process = process;
    }

    /**
     * The options that a running JVM was started with: what stands between {@code java} and {@code -jar}, {@code -cp} or the
     * main class. Those of an archive are left out, since it holds that program's classes and no other's.
     */
    public static List<String> optionsOf(long pid) throws IOException {
        String[] line = Files.readString(Path.of("/proc", Long.toString(pid), "cmdline")).split("\0");
        List<String> options = new ArrayList<>();
        for (int i = 1; i < line.length && line[i].startsWith("-"); i++) {
            if (List.of("-jar", "-cp", "-classpath", "--class-path").contains(line[i])) {
                break;
            }
            if (!line[i].startsWith("-XX:AOT") && !line[i].startsWith("-XX:SharedArchiveFile")) {
                options.add(line[i]);
            }
        }
        return options;
    }

    /**
     * Starts it, and waits until it is in its {@code main}.
     *
     * @param options of the JVM
     * @param folder where its class is put, alone, so that no large jar has to be opened for it
     */
    public static EmptyJvm start(List<String> options, Path folder) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(System.getProperty("java.home") + "/bin/java");
        command.addAll(options);
        command.addAll(List.of("-cp", prepare(folder).toString(), EmptyMain.class.getName()));
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        var jvm = new EmptyJvm(process);
        if (process.getInputStream().read() < 0) {
            jvm.close();
            throw new IOException(String.join(" ", command) + " ended with " + process.exitValue());
        }
        return jvm;
    }

    /** Puts its class where {@link #start} wants it, if it is not there. */
    static Path prepare(Path folder) throws IOException {
        Path classes = folder.resolve("empty");
        String name = EmptyMain.class.getName().replace('.', '/') + ".class";
        Path file = classes.resolve(name);
        if (!Files.exists(file)) {
            Files.createDirectories(Objects.requireNonNull(file.getParent()));
            try (InputStream code = Objects.requireNonNull(EmptyMain.class.getResourceAsStream("/" + name), name)) {
                long unused = Files.copy(code, file, StandardCopyOption.REPLACE_EXISTING);
            }
        }
        return classes;
    }

    public long pid() {
        return process.pid();
    }

    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(END_LIMIT_SECONDS, TimeUnit.SECONDS)) {
                Process unused = process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            Process unused = process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
