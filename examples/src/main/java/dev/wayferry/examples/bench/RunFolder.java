package dev.wayferry.examples.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** A run's sockets and logs, in a new folder for temporary files. */
final class RunFolder implements AutoCloseable {
    private static final Set<PosixFilePermission> OWNER_ONLY = PosixFilePermissions.fromString("rwx------");

    private final Path path;
    private boolean discarded;

    RunFolder() throws IOException {
        // A short name, as there are sockets in it, whose paths may have 107 characters.
        Path folder = Path.of(System.getProperty("java.io.tmpdir"))
                .resolve("bench" + ProcessHandle.current().pid());
        path = Files.createDirectory(folder, PosixFilePermissions.asFileAttribute(OWNER_ONLY));
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
