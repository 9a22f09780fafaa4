package dev.wayferry.examples.bench;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Counts the system calls that all threads of a process enter between {@link #attach} and {@link #stop}, those of threads
 * that begin meanwhile included.
 *
 * <p>By {@code perf stat} where that is permitted: the kernel counts, and the process goes on as quick as ever. Else by
 * {@code strace}, which stops the process at each call; what waits for it piles up the longer, so where a back-end takes
 * as much in one turn as there is, it will be seen making fewer calls an operation than it does by itself. And it interrupts
 * the call that a thread is in when it attaches and when it ends, which adds or takes up to two a thread.
 */
public final class SyscallCounter implements AutoCloseable {
    private static final String EVENT = "raw_syscalls:sys_enter";
    private static final Pattern PERF_COUNT = Pattern.compile("^(\\d+),[^,]*," + EVENT, Pattern.MULTILINE);
    /** % time, seconds, usecs/call, calls, errors (or nothing), "total". */
    private static final Pattern STRACE_TOTAL =
            Pattern.compile("^\\s*[\\d.]+\\s+[\\d.]+\\s+(?:\\d+\\s+)?(\\d+)\\s+(?:\\d+\\s+)?total$", Pattern.MULTILINE);
    private static final byte[] ACK = "ack\n\0".getBytes(StandardCharsets.US_ASCII);
    private static final int END_LIMIT_SECONDS = 20;
    private static final AtomicBoolean SAID = new AtomicBoolean();
    private static final AtomicReference<@Nullable String> LAST = new AtomicReference<>();

    private final Process tool;
    private final boolean perf;

    private SyscallCounter(Process tool, boolean perf) {
        this.tool = tool;
        this.perf = perf;
    }

    /**
     * Counts from its return on.
     *
     * @return null where neither tool is there, or permitted to look at that process; one line on standard error says what
     *     they said, the first time
     */
    public static @Nullable SyscallCounter attach(long pid) throws IOException {
        var errors = new StringBuilder();
        SyscallCounter counter = byPerf(pid, errors);
        if (counter == null) {
            counter = byStrace(pid, errors);
        }
        if (counter != null) {
            LAST.set(counter.tool());
        } else if (!SAID.getAndSet(true)) {
            System.err.println("bench: system calls are not counted:" + errors);
        }
        return counter;
    }

    static @Nullable SyscallCounter byPerf(long pid, StringBuilder errors) throws IOException {
        // -D -1: counts nothing until it is told to. Descriptors 0 and 1 are where it is told, and where it acknowledges.
        Process perf = start(
                errors, "perf", "stat", "-D", "-1", "--control", "fd:0,1", "-x", ",", "-e", EVENT, "-p", Long.toString(pid));
        if (perf == null) {
            return null;
        }
        var counter = new SyscallCounter(perf, true);
        if (!counter.tell("enable")) {
            try (counter) {
                errors.append(" perf: ").append(counter.complaint()).append('.');
            }
            return null;
        }
        return counter;
    }

    static @Nullable SyscallCounter byStrace(long pid, StringBuilder errors) throws IOException {
        Process strace = start(errors, "strace", "-c", "-f", "-p", Long.toString(pid));
        if (strace == null) {
            return null;
        }
        var counter = new SyscallCounter(strace, false);
        // "strace: Process 7 attached with 12 threads" comes when it is attached to all of them.
        String line = counter.errorLine();
        if (line == null || !line.contains(" attached")) {
            if (line != null) {
                errors.append(' ').append(line).append('.');
            }
            counter.close();
            return null;
        }
        return counter;
    }

    private static @Nullable Process start(StringBuilder errors, String... command) {
        var builder = new ProcessBuilder(List.of(command));
        builder.environment().put("LC_ALL", "C");
        try {
            return builder.start();
        } catch (IOException e) {
            errors.append(' ').append(command[0]).append(" is not there.");
            return null;
        }
    }

    /** Which program has counted last; null if none could. */
    static @Nullable String last() {
        return LAST.get();
    }

    /** Which program counts. */
    public String tool() {
        return perf ? "perf" : "strace";
    }

    /**
     * Counts no longer.
     *
     * @return how many calls were entered
     * @throws IOException when the tool fails; it is ended then
     */
    public long stop() throws IOException {
        try (this) {
            if (perf) {
                // If it does not answer, the process has ended, and so has perf, with its count.
                if (tell("disable")) {
                    interrupt();
                }
            } else {
                // SIGTERM. Not Process.destroy(), which closes the streams too.
                boolean unused = tool.toHandle().destroy();
            }
            String said = new String(tool.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
            Matcher count = (perf ? PERF_COUNT : STRACE_TOTAL).matcher(said);
            if (count.find()) {
                return Long.parseLong(count.group(1));
            }
            // perf has seen no thread run, strace has no table to show.
            if (perf ? said.contains("<not counted>") : !said.contains("syscall")) {
                return 0;
            }
            throw new IOException(tool() + " said no count: " + said.strip());
        }
    }

    /** SIGINT, which only perf takes for an order to say its count, and Java can't send. */
    private void interrupt() throws IOException {
        Process unused = new ProcessBuilder("sh", "-c", "kill -INT " + tool.pid()).inheritIO().start();
    }

    /** Sends perf a command, and awaits its acknowledgement; false if it ends instead. */
    private boolean tell(String command) throws IOException {
        try {
            OutputStream control = tool.getOutputStream();
            control.write((command + "\n").getBytes(StandardCharsets.US_ASCII));
            control.flush();
        } catch (IOException ended) {
            return false;
        }
        InputStream acknowledgements = tool.getInputStream();
        return acknowledgements.readNBytes(ACK.length).length == ACK.length;
    }

    /** Why perf has not started: its line "Error: reason" if there is one, else its first that says something. */
    private String complaint() throws IOException {
        List<String> lines = new String(tool.getErrorStream().readAllBytes(), StandardCharsets.UTF_8)
                .lines()
                .map(String::strip)
                .filter(line -> !line.isEmpty())
                .toList();
        return lines.stream()
                .filter(line -> line.matches("Error:\\s+.*"))
                .findFirst()
                .or(() -> lines.stream().findFirst())
                .orElse("perf ended");
    }

    private @Nullable String errorLine() throws IOException {
        // Unbuffered, as the rest is read elsewhere.
        var line = new StringBuilder();
        int next = tool.getErrorStream().read();
        if (next < 0) {
            return null;
        }
        while (next >= 0 && next != '\n') {
            line.append((char) next);
            next = tool.getErrorStream().read();
        }
        return line.toString();
    }

    /** Ends the tool, which lets the process go; to be called if not {@link #stop}. */
    @Override
    public void close() throws IOException {
        try {
            tool.destroy();
            if (!tool.waitFor(END_LIMIT_SECONDS, TimeUnit.SECONDS)) {
                Process unused = tool.destroyForcibly();
            }
        } catch (InterruptedException e) {
            Process unused = tool.destroyForcibly();
            Thread.currentThread().interrupt();
        } finally {
            tool.getInputStream().close();
            tool.getErrorStream().close();
            try {
                tool.getOutputStream().close();
            } catch (IOException brokenPipe) {
                // It has ended.
            }
        }
    }
}
