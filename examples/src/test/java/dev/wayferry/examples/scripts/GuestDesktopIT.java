package dev.wayferry.examples.scripts;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wayferry.examples.picture.Picture;
import dev.wayferry.examples.picture.Png;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code examples/guest-desktop/run}: a real guest under QEMU. */
final class GuestDesktopIT {
    private static final Duration LIMIT = Duration.ofMinutes(10);
    private static final Pattern COLORS = Pattern.compile("every colour has been seen: ([0-9a-f ]+)");

    @TempDir
    Path folder;

    @TempDir
    Path pictures;

    @Test
    void showsAClientOfTheGuestOnWeston() throws Exception {
        ExampleScript.Result result = run("6.12");

        assertPicturesHoldEveryColour(1, result);
    }

    @Test
    void showsFourClientsAtOnce() throws Exception {
        ExampleScript.Result result = run("6.12", "--clients", "4");

        assertPicturesHoldEveryColour(4, result);
    }

    @Test
    void showsAClientOfAGuestWithTheKernelOfDebian12() throws Exception {
        ExampleScript.Result result = run("6.1");

        assertPicturesHoldEveryColour(1, result);
    }

    @Test
    void showsAProgramOfTheHostsFilesOnSway() throws Exception {
        ExampleScript.Result result = run("6.12", "--compositor", "sway", "--app", "weston-flower");

        assertTrue(result.output().contains("the picture differs from the empty desktop"), result.output());
        assertTrue(Files.exists(screenshot()));
    }

    @Test
    void runsInAGuestTheTestsOfWhatThisKernelMayLack() throws Exception {
        ExampleScript.Result result = run("6.12", List.of("--tests"));

        String lastLine = result.output().strip().lines().toList().getLast();
        assertTrue(lastLine.matches("in guest: udmabuf [1-9]\\d* run, dma_heap [1-9]\\d* run, \\d+ skipped"), result.output());
    }

    private Path screenshot() {
        return pictures.resolve("screen.png");
    }

    private ExampleScript.Result run(String kernel, String... options) throws Exception {
        List<String> all = new ArrayList<>(List.of("--seconds", "1", "--screenshot", screenshot().toString()));
        all.addAll(Arrays.asList(options));
        return run(kernel, all);
    }

    private ExampleScript.Result run(String kernel, List<String> options) throws Exception {
        GuestParts.need(folder, kernel);
        List<String> arguments = new ArrayList<>(List.of("--no-build", "--kernel", kernel));
        arguments.addAll(options);
        ExampleScript.Result result = GuestParts.mayLackSomething(
                ExampleScript.of(folder, "examples/guest-desktop/run", arguments.toArray(String[]::new))
                        .within(LIMIT)
                        .run());
        result.expect(0);
        assertEquals(List.of(), ExampleScript.processesOf(folder));
        assertEquals(List.of(), ExampleScript.leftIn(folder));
        return result;
    }

    private void assertPicturesHoldEveryColour(int clients, ExampleScript.Result result) throws Exception {
        Matcher matcher = COLORS.matcher(result.output());
        assertTrue(matcher.find(), result.output());
        List<String> colors = Arrays.asList(matcher.group(1).strip().split(" "));
        assertEquals(clients, colors.size());
        List<Picture> seen = new ArrayList<>();
        for (Path file : ExampleScript.leftIn(pictures)) {
            seen.add(Png.read(file));
        }
        for (String color : colors) {
            int rgb = Integer.parseInt(color, 16);
            assertTrue(
                    seen.stream().anyMatch(picture -> picture.count(rgb) >= 500), color + "\n" + result.output());
        }
    }
}
