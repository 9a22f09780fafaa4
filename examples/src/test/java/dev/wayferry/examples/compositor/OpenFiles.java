package dev.wayferry.examples.compositor;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Assertions;

/** The descriptors of this process that Wayland could have left, by kind; the virtual machine's own files come and go. */
final class OpenFiles {
    private static final List<String> KINDS = List.of("socket:", "pipe:", "/memfd:");
    private static final int PATIENCE = 6000;
    private static final int PAUSE_MILLIS = 10;

    private OpenFiles() {}

    /**
     * Waits until no more of any kind are open than before. There may be fewer: what an earlier test had, the pipes of a
     * program that has ended for one, may have been closed only after {@code before} was counted.
     */
    static void awaitNoMoreThan(Map<String, Integer> before) throws IOException, InterruptedException {
        Map<String, Integer> now = count();
        for (int i = 0; i < PATIENCE && isMore(now, before); i++) {
            Thread.sleep(PAUSE_MILLIS);
            now = count();
        }
        Assertions.assertFalse(isMore(now, before), "open before " + before + ", now " + now);
    }

    private static boolean isMore(Map<String, Integer> now, Map<String, Integer> before) {
        return now.entrySet().stream().anyMatch(kind -> kind.getValue() > before.getOrDefault(kind.getKey(), 0));
    }

    static Map<String, Integer> count() throws IOException {
        var counts = new TreeMap<String, Integer>();
        try (var descriptors = Files.list(Path.of("/proc/self/fd"))) {
            for (Path descriptor : descriptors.toList()) {
                String target;
                try {
                    target = Files.readSymbolicLink(descriptor).toString();
                } catch (IOException listedByItself) {
                    continue;
                }
                for (String kind : KINDS) {
                    if (target.startsWith(kind)) {
                        counts.merge(kind, 1, Integer::sum);
                    }
                }
            }
        }
        return counts;
    }
}
