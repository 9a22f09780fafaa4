package dev.wayferry.examples.bench;

import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What a process does while nothing is asked of it.
 *
 * @param seconds how long it was looked at
 * @param cpuNanos of all its threads
 * @param sleeps by the threads' names (cut to 15 bytes), how often they went to sleep by themselves, each after a wake-up
 * @param rssKb of {@link ProcessFigures#rssKb} at the end
 */
public record IdleFigures(double seconds, long cpuNanos, Map<String, Long> sleeps, long rssKb) {
    /** How the host process calls its loop and its control thread, with the VM's name after it. */
    private static final List<String> LOOP_AND_CONTROL = List.of("loop ", "vhost-user ");

    /** Looks at {@code pid} for so long. */
    public static IdleFigures measure(long pid, Duration duration) throws IOException {
        ProcessFigures process = ProcessFigures.of(pid);
        long start = System.nanoTime();
        Map<Integer, Long> before = new HashMap<>();
        process.voluntarySwitches().forEach(thread -> before.put(thread.tid(), thread.voluntary()));
        long cpu = process.cpuNanos();
        try {
            Thread.sleep(duration);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while looking at process " + pid, e);
        }
        Map<String, Long> sleeps = new TreeMap<>();
        for (ProcessFigures.ThreadSwitches thread : process.voluntarySwitches()) {
            long sum = thread.voluntary() - before.getOrDefault(thread.tid(), 0L);
            sleeps.merge(thread.name(), sum, Long::sum);
        }
        if (sleeps.isEmpty()) {
            throw new IOException("process " + pid + " has ended");
        }
        return new IdleFigures((System.nanoTime() - start) / 1e9, process.cpuNanos() - cpu, sleeps, process.rssKb());
    }

    /** Of all threads. */
    public long allSleeps() {
        return sleeps.values().stream().mapToLong(Long::longValue).sum();
    }

    /** Of the host process's loop and control threads. */
    public long loopAndControlSleeps() {
        return sleeps.entrySet().stream()
                .filter(thread -> LOOP_AND_CONTROL.stream().anyMatch(thread.getKey()::startsWith))
                .mapToLong(Map.Entry::getValue)
                .sum();
    }

    /** The row {@code idle}: an operation is a wake-up of any thread. */
    public Row row(String backend) {
        return row("idle", backend, allSleeps(), (double) cpuNanos, rssKb, describe());
    }

    /** The row {@code idle-threads}: an operation is a wake-up of a loop or a control thread. */
    public Row threadsRow(String backend) {
        return row("idle-threads", backend, loopAndControlSleeps(), null, null, null);
    }

    private Row row(
            String workload,
            String backend,
            long wakeUps,
            @Nullable Double nanos,
            @Nullable Long rss,
            @Nullable String note) {
        return new Row(
                workload, backend, null, null, null, null, null, wakeUps / seconds,
                nanos == null || wakeUps == 0 ? null : nanos / 1e3 / wakeUps,
                null, null, null, null, rss, List.of(), note);
    }

    private String describe() {
        var text = new StringBuilder();
        sleeps.forEach((name, number) -> {
            if (number > 0) {
                text.append(text.isEmpty() ? "woken in " + Math.round(seconds) + " s: " : ", ");
                text.append(name).append(' ').append(number);
            }
        });
        return text.isEmpty() ? "no thread was woken in " + Math.round(seconds) + " s" : text.toString();
    }
}
