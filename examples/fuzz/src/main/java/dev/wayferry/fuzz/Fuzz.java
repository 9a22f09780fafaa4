package dev.wayferry.fuzz;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What Jazzer calls with each of its inputs; the system property {@code fuzz.target} names the target. */
public final class Fuzz {
    private static final Target TARGET = target();
    private static final Status STATUS = status();

    private Fuzz() {}

    private static Target target() {
        try {
            return TargetKind.of(System.getProperty("fuzz.target", "streams")).here(Files.createTempDirectory("wayferry"));
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static Status status() {
        try {
            return Status.in(Path.of(System.getProperty("fuzz.status", "fuzz.status")));
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    /**
     * Runs an input that says nothing, before Jazzer looks at the time that inputs take: on a busy machine it takes longer to
     * load and to instrument the classes than an input may.
     */
    public static void fuzzerInitialize() throws IOException {
        TARGET.run(new Input(new byte[0]));
    }

    /** Runs one input. */
    public static void fuzzerTestOneInput(byte[] bytes) throws IOException {
        STATUS.begin(bytes);
        TARGET.run(new Input(bytes));
    }
}
