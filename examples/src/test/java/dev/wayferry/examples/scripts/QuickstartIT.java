package dev.wayferry.examples.scripts;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wayferry.examples.picture.Picture;
import dev.wayferry.examples.picture.Png;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code examples/quickstart}, run as a user runs it. */
final class QuickstartIT {
    private static final String SCRIPT = "examples/quickstart";
    private static final Path PICTURE = ExampleScript.checkout().resolve("examples/target/quickstart.png");
    private static final Pattern COLOR = Pattern.compile("in the colour ([0-9a-f]{6})");

    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"embedded", "weston", "sway"})
    void findsTheColourOfThisRunInThePicture(String compositor) throws Exception {
        ExampleScript.Result result = ExampleScript.of(folder, SCRIPT, "--no-build", "--compositor", compositor)
                .run()
                .skipIfHostLacksSomething()
                .expect(0);

        Matcher color = COLOR.matcher(result.output());
        assertTrue(color.find(), result.output());
        Picture picture = Png.read(PICTURE);
        int pixels = picture.count(Integer.parseInt(color.group(1), 16));
        assertTrue(pixels > 10_000, pixels + " pixels of the client's window\n" + result.output());
        assertTrue(result.output().contains("1000 round trips of wl_display.sync: p50 "), result.output());
        assertNothingIsLeft();
    }

    @Test
    void showsAForeignProgram() throws Exception {
        ExampleScript.of(
                        folder, SCRIPT, "--no-build", "--compositor=weston", "--", "weston-simple-damage", "--width=300")
                .run()
                .skipIfHostLacksSomething()
                .expect(0);

        assertTrue(Files.exists(PICTURE));
        assertNothingIsLeft();
    }

    @Test
    void failsWithoutAPictureWhenAForeignProgramShowsNoWindow() throws Exception {
        ExampleScript.Result result = ExampleScript.of(
                        folder, SCRIPT, "--no-build", "--compositor=embedded", "--", "sleep", "0.5")
                .run()
                .expect(1);

        assertTrue(result.output().contains("the program of vm ended with 0"), result.output());
        assertFalse(Files.exists(PICTURE));
    }

    @Test
    void failsAtOnceWithoutAPictureWhenTheHostProcessFails() throws Exception {
        ExampleScript.Result result = withHostProcess("/bin/false").run().expect(1);

        assertTrue(result.output().contains("wayferry serve ended with 1"), result.output());
        assertFalse(Files.exists(PICTURE));
        assertEquals(List.of(), ExampleScript.processesOf(folder));
    }

    @Test
    void givesUpAHostProcessThatHangs() throws Exception {
        Path hangs = Files.writeString(folder.resolve("hangs"), "#!/bin/sh\nexec sleep 600\n");
        Files.setPosixFilePermissions(hangs, PosixFilePermissions.fromString("rwx------"));

        ExampleScript.Result result = withHostProcess(hangs.toString()).run().expect(1);

        assertTrue(result.output().contains("wayferry serve does not listen"), result.output());
        assertFalse(Files.exists(PICTURE));
        assertEquals(List.of(), ExampleScript.processesOf(folder));
    }

    private ExampleScript withHostProcess(String program) throws IOException {
        // What an earlier run left must not pass for this run's.
        Files.createDirectories(PICTURE.getParent());
        Files.write(PICTURE, new byte[1]);
        return ExampleScript.of(
                folder, Map.of("WAYFERRY", program), SCRIPT, "--no-build", "--compositor", "embedded");
    }

    @Test
    void endsAllThatItHasStartedOnSigterm() throws Exception {
        ExampleScript.of(folder, SCRIPT, "--no-build", "--compositor=embedded", "--", "sleep", "600")
                .start()
                .await("starts in the guest")
                .terminate()
                .end()
                .expect(143);

        assertEquals(List.of(), ExampleScript.processesOf(folder));
    }

    @Test
    void namesItsWrongUse() throws Exception {
        ExampleScript.Result result =
                ExampleScript.of(folder, SCRIPT, "--no-build", "--compositor=nobody").run().expect(2);

        assertTrue(result.output().contains("--compositor is auto, embedded, weston, sway"), result.output());
    }

    private void assertNothingIsLeft() throws InterruptedException {
        assertEquals(List.of(), ExampleScript.processesOf(folder));
        assertEquals(List.of(), ExampleScript.leftIn(folder));
    }
}
