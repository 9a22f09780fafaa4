package dev.wayferry.proxy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** The descriptors that a process has open, by kind, but for the JVM's own files. */
final class OpenFds {
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(60);

    private OpenFds() {}

    /** This process's: how many of each kind. */
    static Map<String, Integer> now() {
        return now(ProcessHandle.current().pid());
    }

    /** This process's of one kind. */
    static int count(String kind) {
        return now().getOrDefault(kind, 0);
    }

    /** Waits until this process has so many of one kind; what another thread closes takes its time. */
    static void await(String kind, int wanted) {
        long deadline = System.nanoTime() + PATIENCE_NANOS;
        int count = count(kind);
        while (count != wanted) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError(count + " of " + kind + " are open, not " + wanted);
            }
            Thread.onSpinWait();
            count = count(kind);
        }
    }

    /** Those of process {@code pid}. */
    static Map<String, Integer> now(long pid) {
        Map<String, Integer> kinds = new TreeMap<>();
        for (String link : links(Path.of("/proc/" + pid + "/fd"))) {
            if (!link.isEmpty() && (!link.startsWith("/") || link.startsWith("/memfd:") || link.startsWith("/dmabuf:"))) {
                kinds.merge(link.replaceAll("\\[\\d+\\]", ""), 1, Integer::sum);
            }
        }
        return kinds;
    }

    private static List<String> links(Path folder) {
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.map(OpenFds::link).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String link(Path entry) {
        try {
            return Files.readSymbolicLink(entry).toString();
        } catch (IOException closedMeanwhile) {
            return "";
        }
    }

    /** Waits until no more are open than before; what is closed late by another thread takes its time. */
    static void awaitNoMoreThan(Map<String, Integer> before) {
        awaitNoMoreThan(ProcessHandle.current().pid(), before);
    }

    /**
     * Waits until process {@code pid} has no more of any kind than before. There may be fewer: what an earlier test had,
     * the pipes of a program that has ended for one, may have been closed only after {@code before} was looked at.
     */
    static void awaitNoMoreThan(long pid, Map<String, Integer> before) {
        long deadline = System.nanoTime() + PATIENCE_NANOS;
        Map<String, Integer> now = now(pid);
        while (isMore(now, before)) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError("descriptors left open: before " + before + ", now " + now);
            }
            Thread.onSpinWait();
            now = now(pid);
        }
    }
    private static boolean isMore(Map<String, Integer> now, Map<String, Integer> before) {
        return now.entrySet().stream().anyMatch(kind -> kind.getValue() > before.getOrDefault(kind.getKey(), 0));
    }
}
