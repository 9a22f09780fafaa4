package dev.wayferry.examples.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** A run's sockets, logs and shared files, in memory where the machine has a place for that: no disk takes part. */
final class RunFolder implements AutoCloseable {
    private static final Path SHARED_MEMORY = Path.of("/dev/shm");
    private static final String PREFIX = "wayferry-bench";

    private final Path path;
    private boolean discarded;

    RunFolder() throws IOException {
        path = Files.isWritable(SHARED_MEMORY)
                ? Files.createTempDirectory(SHARED_MEMORY, PREFIX)
                : Files.createTempDirectory(PREFIX);
    }

    Path path() {
        return path;
    }

    /** Lets it go at the end; without this it stays, for its logs. */
    void discard() {
        discarded = true;
    }

    @Override
    public void close() throws IOException {
        if (!discarded) {
            System.err.println("bench: logs are in " + path);
            return;
        }
        List<Path> all;
        try (Stream<Path> found = Files.walk(path)) {
            all = found.sorted(Comparator.reverseOrder()).toList();
        }
        for (Path each : all) {
            Files.deleteIfExists(each);
        }
    }
}
