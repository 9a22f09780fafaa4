package dev.wayferry.examples.scripts;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wayferry.examples.picture.Picture;
import dev.wayferry.examples.picture.Png;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code examples/multi-vm/run}, run as a user runs it. */
final class MultiVmIT {
    private static final Pattern COLORS = Pattern.compile("cluster in ([0-9a-f]{6}), media in ([0-9a-f]{6})");

    @TempDir
    Path folder;

    @TempDir
    Path pictures;

    @ParameterizedTest
    @ValueSource(strings = {"embedded", "weston", "sway"})
    void keepsOneVmsFramesWhenTheOtherIsKilled(String compositor) throws Exception {
        Path both = pictures.resolve("both.png");

        ExampleScript.Result result = ExampleScript.of(
                        folder,
                        "examples/multi-vm/run",
                        "--no-build",
                        "--seconds=2",
                        "--compositor=" + compositor,
                        "--screenshot=" + both)
                .run()
                .skipIfHostLacksSomething()
                .expect(0);

        Matcher colors = COLORS.matcher(result.output());
        assertTrue(colors.find(), result.output());
        int cluster = Integer.parseInt(colors.group(1), 16);
        int media = Integer.parseInt(colors.group(2), 16);
        assertTrue(pixels(both, cluster) > 10_000, result.output());
        assertTrue(pixels(both, media) > 10_000, result.output());
        Path after = pictures.resolve("both-2.png");
        assertTrue(pixels(after, cluster) > 10_000, result.output());
        assertEquals(0, pixels(after, media), result.output());
        assertEquals(List.of(), ExampleScript.processesOf(folder));
        assertEquals(List.of(), ExampleScript.leftIn(folder));
    }

    private static int pixels(Path file, int color) throws Exception {
        Picture picture = Png.read(file);
        return picture.count(color);
    }
}
