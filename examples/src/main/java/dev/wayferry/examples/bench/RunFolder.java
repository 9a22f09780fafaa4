package dev.wayferry.examples.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** A run's sockets and logs, in a new folder for temporary files. */
final class RunFolder implements AutoCloseable {
    private final Path path;
    private boolean discarded;

    RunFolder() throws IOException {
        path = Files.createTempDirectory("bench");
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
