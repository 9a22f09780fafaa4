package dev.wayferry.fuzz;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The inputs that fuzzing begins with, and those that once found something: those of each target in a JVM of its own. */
class SeedsTest {
    @TempDir
    Path folder;

    @ParameterizedTest
    @EnumSource(TargetKind.class)
    void nothingComesOfTheSeedsThatMustNot(TargetKind target) throws Exception {
        Path seeds = Path.of("seeds", target.key()).toAbsolutePath();
        long count;
        try (Stream<Path> all = Files.list(seeds)) {
            count = all.count();
        }
        assertTrue(count > 0);
        Ended replay = replay(target, target == TargetKind.RINGS ? "reads" : "", seeds);
        assertEquals(0, replay.status, replay.said);
        assertTrue(replay.said.endsWith("ran " + count + " inputs\n"), replay.said);
    }

    @Test
    void aBoundThatIsTakenAwayIsFound() throws Exception {
        Ended replay = replay(TargetKind.COMPOSITOR, "planted", Path.of("seeds", "planted").toAbsolutePath());
        assertEquals(1, replay.status, replay.said);
        assertTrue(replay.said.contains("a RECEIVE names 30 identifiers"), replay.said);
    }

    private record Ended(int status, String said) {}

    private Ended replay(TargetKind target, String variants, Path inputs) throws Exception {
        String classPath = System.getProperty("java.class.path");
        if (!variants.isEmpty()) {
            Path before = folder.resolve("variants");
            Variants.main(new String[] {before.toString(), variants});
            classPath = before + File.pathSeparator + classPath;
        }
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(), "--enable-native-access=ALL-UNNAMED",
                "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Djava.io.tmpdir=" + folder,
                "-Dorg.slf4j.simpleLogger.defaultLogLevel=off", "-cp", classPath,
                Replay.class.getName(), target.key(), inputs.toString()));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Ended(process.waitFor(), said);
    }
}
