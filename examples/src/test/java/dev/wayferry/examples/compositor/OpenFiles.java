package dev.wayferry.examples.compositor;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The descriptors of this process that Wayland could have left, by kind; the virtual machine's own files come and go. */
final class OpenFiles {
    private static final List<String> KINDS = List.of("socket:", "pipe:", "/memfd:");

    private OpenFiles() {}

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
