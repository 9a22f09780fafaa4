package dev.wayferry.fuzz;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Runs an input against the host process itself and says what it made of it. */
public final class ReplayServed {
    private ReplayServed() {}

    /** {@code ReplayServed LAUNCHER TARGET FILE}. */
    public static void main(String[] arguments) throws IOException {
        Path folder = Files.createTempDirectory("wayferry");
        folder.toFile().deleteOnExit();
        String outcome = "it lives, and has no descriptor more than before";
        try (Target target = TargetKind.of(arguments[1]).served(Path.of(arguments[0]), folder)) {
            target.run(new Input(Replay.read(Path.of(arguments[2]))));
        } catch (Finding e) {
            outcome = String.valueOf(e.getMessage());
        }
        System.err.println("  replayed against the host process itself: " + outcome);
        System.exit(0);
    }
}
