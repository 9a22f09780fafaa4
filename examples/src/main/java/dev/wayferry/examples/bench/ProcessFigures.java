package dev.wayferry.examples.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the kernel tells of a process, whoever wrote it: its processor time, its memory, how often its threads were woken.
 * Source: proc(5), and Documentation/scheduler/sched-stats.rst of Linux for {@code schedstat}. Of a process that has ended
 * figures are those of the last time it was looked at, or zero. For one thread.
 */
public final class ProcessFigures {
    private static final long NANOS_PER_TICK = 10_000_000;
    private static final int STATE = 3;
    private static final int UTIME = 14;
    private static final int STIME = 15;

    private final Path process;
    private Map<String, Long> living = new HashMap<>();
    private long ended;
    private long unseen;

    /** One thread: its number, its name (15 bytes of it at most), and how often it has gone to sleep by itself. */
    public record ThreadSwitches(int tid, String name, long voluntary) {}

    private ProcessFigures(Path process) {
        this.process = process;
    }

    /** Looks at a process from now on. Create it before what is measured: time of threads that end is kept from then on. */
    public static ProcessFigures of(long pid) throws IOException {
        var figures = new ProcessFigures(Path.of("/proc", Long.toString(pid)));
        long unused = figures.cpuNanos();
        return figures;
    }

    /**
     * Nanoseconds that all its threads together have spent on a processor, in the kernel or out of it, those that have
     * ended included. Never falls. Exact while threads stay; of a thread that comes and goes between two calls up to 20 ms
     * may be missing.
     */
    public long cpuNanos() throws IOException {
        // A thread's exact time goes with it. The process's own total keeps it, but is rounded down to ticks twice, so it
        // says that something is missing only if it is ahead by two of them.
        long ticks = processTicks();
        Map<String, Long> now = new HashMap<>();
        long sum = 0;
        for (Path task : tasks()) {
            String text = read(task.resolve("schedstat"));
            if (text != null) {
                long nanos = Long.parseLong(text.substring(0, text.indexOf(' ')));
                now.put(task.getFileName().toString(), nanos);
                sum += nanos;
            }
        }
        for (Map.Entry<String, Long> before : living.entrySet()) {
            Long after = now.get(before.getKey());
            // Numbers come again: less time than before is another thread.
            if (after == null || after < before.getValue()) {
                ended += before.getValue();
            }
        }
        living = now;
        long missing = ticks * NANOS_PER_TICK - (sum + ended + unseen);
        if (missing > 2 * NANOS_PER_TICK) {
            unseen += missing;
        }
        return sum + ended + unseen;
    }

    /**
     * Memory of its own that is in RAM, in KiB: {@code RssAnon} and {@code RssFile}. {@code RssShmem} is left out: it is
     * what the process has mapped of others' memory files, guest memory above all, which counts in as many processes as map
     * it and is there without them.
     */
    public long rssKb() throws IOException {
        String status = read(process.resolve("status"));
        return status == null ? 0 : field(status, "RssAnon:") + field(status, "RssFile:");
    }

    /** Of each thread that lives, how often it has gone to sleep by itself since it began. */
    public List<ThreadSwitches> voluntarySwitches() throws IOException {
        List<ThreadSwitches> threads = new ArrayList<>();
        for (Path task : tasks()) {
            String status = read(task.resolve("status"));
            String name = read(task.resolve("comm"));
            if (status != null && name != null) {
                threads.add(new ThreadSwitches(
                        Integer.parseInt(task.getFileName().toString()),
                        name.strip(),
                        field(status, "voluntary_ctxt_switches:")));
            }
        }
        return threads;
    }

    /** How many threads it has. */
    public int threads() throws IOException {
        return tasks().size();
    }

    /** The numbers of its threads; none if it has ended. */
    public List<Integer> tids() throws IOException {
        return tasks().stream()
                .map(task -> Integer.valueOf(task.getFileName().toString()))
                .toList();
    }

    private List<Path> tasks() throws IOException {
        List<Path> tasks = new ArrayList<>();
        try (DirectoryStream<Path> folder = Files.newDirectoryStream(process.resolve("task"))) {
            folder.forEach(tasks::add);
        } catch (NoSuchFileException | DirectoryIteratorException e) {
            if (Files.exists(process)) {
                throw new IOException("threads of " + process, e);
            }
            return List.of();
        }
        return tasks;
    }

    /** utime and stime of the process: clock ticks, which are hundredths of a second for every program on Linux. */
    private long processTicks() throws IOException {
        String stat = read(process.resolve("stat"));
        if (stat == null) {
            return 0;
        }
        // The name, the second field, may have blanks and brackets in it.
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
        return Long.parseLong(fields[UTIME - STATE]) + Long.parseLong(fields[STIME - STATE]);
    }

    /** A field of a status file, at the beginning of a line; 0 if it is not there, as a zombie's memory. */
    private static long field(String status, String name) {
        for (String line : status.lines().toList()) {
            if (line.startsWith(name)) {
                return Long.parseLong(line.substring(name.length()).replace("kB", "").strip());
            }
        }
        return 0;
    }

    /** A file's text, or null if its thread has ended. */
    private static @Nullable String read(Path file) throws IOException {
        try {
            return Files.readString(file, StandardCharsets.ISO_8859_1);
        } catch (NoSuchFileException ended) {
            return null;
        } catch (IOException e) {
            // ESRCH if it ended between open and read.
            if (Files.notExists(file)) {
                return null;
            }
            throw e;
        }
    }
}
