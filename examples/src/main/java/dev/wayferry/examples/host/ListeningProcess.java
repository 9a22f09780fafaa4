package dev.wayferry.examples.host;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A process that listens at a socket, and writes to a log. */
public final class ListeningProcess {
    /** How long it may take until it listens: cold, on a busy machine. */
    private static final Duration START_LIMIT = Duration.ofSeconds(60);

    /** How long it may take to end after SIGTERM, far more than the 200 ms that the host process is meant to take. */
    private static final Duration STOP_LIMIT = Duration.ofSeconds(20);

    private static final int PATIENCE_MILLIS = 5;

    private final Process process;
    private final Path socket;
    private final Path logFile;

    private ListeningProcess(Process process, Path socket, Path logFile) {
        this.process = process;
        this.socket = socket;
        this.logFile = logFile;
    }

    /** How a command becomes a process. */
    @FunctionalInterface
    interface Launch {
        Process start(ProcessBuilder builder) throws IOException;
    }

    /** Starts {@code command}, whose output is appended to {@code logFile}, and waits until it listens at {@code socket}. */
    public static ListeningProcess start(Path socket, Path logFile, List<String> command) throws IOException {
        return start(socket, logFile, command, ProcessBuilder::start);
    }

    static ListeningProcess start(Path socket, Path logFile, List<String> command, Launch launch) throws IOException {
        Process process = launch.start(new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(logFile.toFile())));
        ListeningProcess started = new ListeningProcess(process, socket, logFile);
        try {
            process.getOutputStream().close();
            started.awaitListening(command);
            return started;
        } catch (IOException | RuntimeException e) {
            process.destroyForcibly();
            throw e;
        }
    }

    private void awaitListening(List<String> command) throws IOException {
        long deadline = System.nanoTime() + START_LIMIT.toNanos();
        while (!isListening(socket)) {
            if (!process.isAlive()) {
                throw new IOException(String.join(" ", command) + " ended with " + process.exitValue()
                        + " before it listened:\n" + log());
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

    /**
     * Whether some process listens at {@code socket}. Read from the kernel's table, since a connection made to find out
     * would be the device's first VMM.
     */
    public static boolean isListening(Path socket) throws IOException {
        String ending = " " + socket;
        for (String line : Files.readAllLines(Path.of("/proc/net/unix"))) {
            // Num RefCount Protocol Flags Type St Inode Path, flag 0x10000 being SO_ACCEPTCON
            if (line.endsWith(ending) && line.split(" +")[3].equals("00010000")) {
                return true;
            }
        }
        return false;
    }

    public long pid() {
        return process.pid();
    }

    public Path socket() {
        return socket;
    }

    public boolean isAlive() {
        return process.isAlive();
    }

    /** What it has written so far, standard error and output together. */
    public String log() throws IOException {
        return Files.exists(logFile) ? Files.readString(logFile) : "";
    }

    /** Kills it, as a crash would. */
    public void kill() {
        process.destroyForcibly();
        boolean unused = awaitEnd();
    }

    /** Sends SIGTERM and waits for the end; false if it had to be killed. */
    public boolean end() {
        process.destroy();
        boolean ended = awaitEnd();
        if (!ended) {
            kill();
        }
        return ended;
    }

    /** The exit status of a process that has ended. */
    public int exitStatus() {
        return process.exitValue();
    }

    private boolean awaitEnd() {
        try {
            return process.waitFor(STOP_LIMIT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
