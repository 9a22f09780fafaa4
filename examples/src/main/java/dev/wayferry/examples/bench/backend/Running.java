package dev.wayferry.examples.bench.backend;

import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** A process that is measured, or that one is measured by. */
public interface Running extends AutoCloseable {
    long pid();

    /** Where guests connect. */
    Path socket();

    /** What it has written so far. */
    String log() throws IOException;

    /** What it tells of itself, null where it tells nothing. */
    default @Nullable OwnFigures ownFigures() throws IOException {
        return null;
    }

    @Override
    void close() throws IOException;
}
